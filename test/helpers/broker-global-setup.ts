import type { TestProject } from 'vitest/node';
import { findBroker, HOW_TO_GET_A_BROKER } from '../../src/simulators/broker/find-broker.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** AMQP URI of the broker all test files of the run share. */
    amqpUrl: string;
  }
}

/** Finds one real broker for the whole run, and stops it afterwards if it was started here. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const broker = await findBroker({
    mayInstall: true,
    log: (message) => process.stderr.write(`broker: ${message}\n`),
  });
  if (broker === undefined) throw new Error(HOW_TO_GET_A_BROKER);
  process.stderr.write(`broker: using ${broker.origin}\n`);
  project.provide('amqpUrl', broker.url);
  return () => broker.stop();
}
