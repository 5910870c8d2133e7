import { once } from 'node:events';
import { Command, CommanderError } from 'commander';
import { productVersion } from '../app/product.js';
import { ConnectorError, describeError } from '../shared/connector-error.js';
import type { CrashReport } from './crash-report.js';
import { addDeadLetterCommands } from './dead-letters-command.js';

interface GlobalOptions {
  readonly config?: string;
}

/**
 * Runs the command that the arguments name; `serve` when they name none. Commands load on demand, so that the daemon
 * never loads the simulators.
 *
 * @param argv - As in `process.argv`.
 * @param stop - Aborted when the process is asked to end.
 * @param crashes - Learns from the daemon where to log.
 * @returns the exit code.
 */
export async function runCommandLine(
  argv: readonly string[],
  stop: AbortSignal,
  crashes: CrashReport,
): Promise<number> {
  let exitCode = 0;
  const program = new Command('opencti-virustotal')
    .description('Enriches OpenCTI observables with VirusTotal.')
    .version(productVersion)
    .option(
      '-c, --config <file>',
      'configuration file (default: config.yml in the working directory, if there is one)',
    )
    .exitOverride();
  const config = (): string | undefined => program.opts<GlobalOptions>().config;

  program
    .command('serve', { isDefault: true })
    .description('run the connector until it is told to stop')
    .action(async () => {
      const { serve } = await import('./serve.js');
      exitCode = await serve(config(), stop, crashes);
    });
  program
    .command('check')
    .description('check configuration, platform, broker and VirusTotal key, one line each')
    .action(async () => {
      const { check } = await import('./check.js');
      exitCode = await Promise.race([check(config()), interrupted(stop)]);
    });
  program
    .command('enrich <value>')
    .description('look up one hash, address, domain or URL without a platform')
    .option('--json', 'print the STIX bundle instead of a table')
    .action(async (value: string, options: { json?: boolean }) => {
      const { enrichValue } = await import('./enrich.js');
      exitCode = await Promise.race([enrichValue(value, options.json === true, config()), interrupted(stop)]);
    });
  addDeadLetterCommands(program, {
    configFile: config,
    run: async (command) => {
      exitCode = await Promise.race([command(), interrupted(stop)]);
    },
  });
  program
    .command('library')
    .description('serve the IOC library: a page and an API to keep and look up IOCs, without a platform')
    .option('--new-password <email>', 'print a link by which this user sets another password, and end')
    .action(async ({ newPassword }: { newPassword?: string }) => {
      const { offerLibraryPassword, serveLibrary } = await import('./library.js');
      exitCode =
        newPassword === undefined
          ? await serveLibrary(config(), stop, crashes)
          : await offerLibraryPassword(newPassword, config());
    });
  program
    .command('demo')
    .description('run the connector against simulators and show what comes back')
    .action(async () => {
      const { demo } = await import('./demo.js');
      exitCode = await demo(stop);
    });

  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    console.error(error instanceof ConnectorError ? error.message : describeError(error));
    return 1;
  }
  return exitCode;
}

/** Resolves with the exit code that shells expect of a command ended by Ctrl-C. */
async function interrupted(stop: AbortSignal): Promise<number> {
  if (!stop.aborted) await once(stop, 'abort');
  return 130;
}
