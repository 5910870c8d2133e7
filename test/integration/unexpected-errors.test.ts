import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { API_KEY, startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';

/** Errors that nobody catches, as a defect of ours would throw them; each message and cause holds the API key. */
const DEFECTS = {
  unhandledRejection: 'Promise.reject(error())',
  uncaughtException: 'setImmediate(() => { throw error(); })',
};

const atSignal = (code: string): string => `
  const error = () => new TypeError('lost ' + process.env.VIRUSTOTAL_TOKEN, {
    cause: new Error('because of ' + process.env.VIRUSTOTAL_TOKEN),
  });
  process.on('SIGUSR2', () => { ${code} });
`;

describe('an error that nobody foresaw', () => {
  let world: ConnectorWorld | undefined;

  afterEach(async () => {
    // It says that the connector did not end well, which is what was wanted.
    await world?.close().catch(() => undefined);
    world = undefined;
  });

  it.each(
    Object.entries(DEFECTS).flatMap(([origin, code]) =>
      (['true', 'false'] as const).map((json) => ({ origin, code, json })),
    ),
  )('ends the connector with code 1, and is logged without secrets ($origin, JSON $json)', async (each) => {
    const { origin, code, json } = each;
    world = await startConnectorWorld({
      variables: { OPENCTI_JSON_LOGGING: json },
      prepareDirectory: async (directory) => {
        const file = join(directory, 'defect.cjs');
        await writeFile(file, atSignal(code));
        return { NODE_OPTIONS: `--require ${file}` };
      },
    });
    const { pid = 0, ended } = world.connector;
    process.kill(pid, 'SIGUSR2');
    expect(await ended).toBe(1);
    const log = world.connector.log();
    expect(log).toContain('unexpected error ends the process');
    for (const told of ['FATAL', origin, 'TypeError', 'defect.cjs:']) expect(log).toContain(told);
    expect(log).not.toContain(API_KEY);
  });
});
