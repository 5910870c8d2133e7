import { describeError } from '../shared/connector-error.js';
import { addDemoCases } from './demo/cases.js';
import { Progress } from './demo/progress.js';
import { resultTable, writeBundles } from './demo/report.js';
import { newRun, refresh, send, type DemoRun } from './demo/runs.js';
import { startDemoWorld, type DemoWorld } from './demo/world.js';

const OUTPUT = 'demo-output';
/** With a simulator everything is over in seconds. */
const PATIENCE_MS = 60_000;
/** A free key allows four look-ups a minute, which the connector keeps to; all requests cost some thirty. */
const REAL_PATIENCE_MS = 900_000;

/**
 * Runs the real connector against simulators (or the real VirusTotal when `VIRUSTOTAL_TOKEN` is set), shows what
 * happens, and writes the bundles to `demo-output/`.
 *
 * @returns the exit code: 0 only if every request was settled.
 */
export async function demo(stop: AbortSignal): Promise<number> {
  console.log('Starting simulators and the connector …');
  const world = await startDemoWorld((message) => {
    console.log(`  ${message}`);
  });
  try {
    console.log(`Requests travel over ${world.transport}; reports come from ${world.source}.\n`);
    const runs = addDemoCases(world.platform).map(newRun);
    const settled = await runAll(runs, world, stop);
    console.log(`\n${resultTable(runs, world.platform)}`);
    const written = await writeBundles(runs, OUTPUT);
    console.log(`${settled} of ${runs.length} requests settled; ${written} bundles written to ${OUTPUT}/.`);
    return settled === runs.length ? 0 : 1;
  } finally {
    await world.close();
  }
}

/** Sends all requests and waits until the platform has everything that comes of them. */
async function runAll(runs: readonly DemoRun[], world: DemoWorld, stop: AbortSignal): Promise<number> {
  const { platform } = world;
  const progress = new Progress();
  const update = (): boolean => {
    for (const run of runs) refresh(run, platform);
    progress.show(runs);
    return runs.every(({ state }) => state === 'settled' || state === 'failed');
  };
  try {
    for (const run of runs) {
      await send(run, platform);
      update();
    }
    await Promise.race([
      platform.until(update, {
        timeoutMs: world.realVirusTotal ? REAL_PATIENCE_MS : PATIENCE_MS,
        description: 'the requests of the demonstration',
      }),
      world.connector.ended.then(() => {
        throw new Error(`The connector ended early:\n${world.connector.log()}`);
      }),
      new Promise((_resolve, reject) => {
        stop.addEventListener('abort', () => {
          reject(new Error('Stopped.'));
        });
      }),
    ]);
  } catch (error) {
    console.error(describeError(error));
  }
  update();
  progress.done();
  return runs.filter(({ state }) => state === 'settled').length;
}
