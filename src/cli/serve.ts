import { createConnector } from '../app/create-connector.js';
import { describeConfig } from '../config/describe.js';
import { describeError } from '../shared/connector-error.js';
import type { CrashReport } from './crash-report.js';
import { loadCommandContext } from './load-config.js';

/** A container is killed 10 seconds after it was told to stop. */
const STOP_DEADLINE_MS = 8_500;

/**
 * Runs the connector until it is told to stop.
 *
 * @returns the exit code: 0 after a clean stop, 1 when it could not start or stop.
 * @throws ConfigError when the configuration has faults.
 */
export async function serve(
  configFile: string | undefined,
  stop: AbortSignal,
  crashes: CrashReport,
): Promise<number> {
  const { config, logger, secrets } = loadCommandContext(configFile);
  crashes.logTo(logger);
  logger.debug(describeConfig(config), 'configuration');
  const connector = createConnector(config, { logger, secrets });
  const stopped = new Promise<'stopped'>((resolve) => {
    if (stop.aborted) resolve('stopped');
    stop.addEventListener('abort', () => {
      resolve('stopped');
    });
  });
  let exitCode = 0;
  try {
    await Promise.race([connector.start(), stopped]);
    await stopped;
    logger.info({ signal: String(stop.reason) }, 'stopping');
  } catch (error) {
    logger.error({ error }, `connector cannot start: ${describeError(error)}`);
    exitCode = 1;
  }
  const deadline = new Promise<'late'>((resolve) => {
    setTimeout(resolve, STOP_DEADLINE_MS, 'late').unref();
  });
  if ((await Promise.race([connector.stop(), deadline])) === 'late') {
    logger.error('connector did not stop in time; unfinished requests are delivered again by the broker');
    return 1;
  }
  logger.info('stopped');
  return exitCode;
}
