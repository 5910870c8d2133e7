import { createLibrary, offerPassword, type FirstAdmin, type Library } from '../app/create-library.js';
import { systemClock } from '../shared/clock.js';
import { describeError } from '../shared/connector-error.js';
import type { CrashReport } from './crash-report.js';
import { startLibrarySimulator } from './library/simulator.js';
import { loadCommandContext } from './load-config.js';

/** A container is killed 10 seconds after it was told to stop. */
const STOP_DEADLINE_MS = 8_500;

/**
 * Runs the IOC library until it is told to stop.
 *
 * @returns the exit code: 0 after a clean stop, 1 when it could not start or stop.
 * @throws ConfigError when the configuration has faults.
 */
export async function serveLibrary(
  configFile: string | undefined,
  stop: AbortSignal,
  crashes: CrashReport,
): Promise<number> {
  const { config, logger, secrets } = loadCommandContext(configFile, ['opencti', 'virustotal']);
  crashes.logTo(logger);
  let library: Library;
  try {
    library = await createLibrary(config, {
      logger,
      secrets,
      clock: systemClock,
      startSimulator: startLibrarySimulator,
    });
  } catch (error) {
    logger.error({ error }, `the library cannot start: ${describeError(error)}`);
    return 1;
  }
  try {
    const url = await library.listen();
    await library.startJobs();
    // Not before it listens: a start that fails would void the link of the one that runs.
    console.log(greeting(url, library, await library.inviteFirstAdmin()));
    if (!stop.aborted) await stopped(stop);
    logger.info({ signal: String(stop.reason) }, 'stopping');
  } catch (error) {
    logger.error({ error }, `the library cannot start: ${describeError(error)}`);
    await library.close();
    return 1;
  }
  const deadline = new Promise<'late'>((resolve) => {
    setTimeout(resolve, STOP_DEADLINE_MS, 'late').unref();
  });
  if ((await Promise.race([library.close(), deadline])) === 'late') {
    logger.error('the library did not stop in time; what was under way goes on at the next start');
    return 1;
  }
  logger.info('stopped');
  return 0;
}

/**
 * Prints a link by which somebody who forgot their password sets another one.
 *
 * @returns the exit code.
 * @throws ConnectorError when there is no such user, or the configuration or the database cannot be used.
 */
export async function offerLibraryPassword(email: string, configFile: string | undefined): Promise<number> {
  const { config, logger } = loadCommandContext(configFile, ['opencti', 'virustotal']);
  const { link, expiresAt } = await offerPassword(config, email, { logger, clock: systemClock });
  console.log(`With this link ${email} sets a password, once, until ${expiresAt}:\n${link}`);
  return 0;
}

/** For the person in front of the terminal; the log, which others may read, does not have the link. */
function greeting(
  url: string,
  { isSimulated, description }: Library,
  firstAdmin: FirstAdmin | undefined,
): string {
  const lines = [`The IOC library is at ${url}`, `It keeps its IOCs in: ${description}`];
  if (isSimulated) {
    lines.push(
      'VirusTotal is a simulator, as no key is set: nothing that it says is true. Set VIRUSTOTAL_TOKEN, or a key in the settings of the page.',
    );
  }
  if (firstAdmin !== undefined) {
    lines.push(
      '',
      `Open this link once to become the first super admin (${firstAdmin.email}), until ${firstAdmin.expiresAt}:`,
      firstAdmin.link,
    );
  }
  return `${lines.join('\n')}\n`;
}

function stopped(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    stop.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
  });
}
