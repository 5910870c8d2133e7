import type { Logger } from 'pino';
import { configSecrets } from '../config/describe.js';
import { loadConfig, type ConfigSources } from '../config/load.js';
import type { Warning } from '../config/findings.js';
import type { Config } from '../config/schema.js';
import { createLogger } from '../observability/logger.js';
import { SecretRegistry } from '../observability/redact.js';

/** What every command begins with. */
export interface CommandContext {
  readonly config: Config;
  readonly logger: Logger;
  readonly secrets: SecretRegistry;
  /** What is odd about the configuration. */
  readonly warnings: readonly Warning[];
}

/**
 * Loads the configuration of this process, makes the logger that keeps its secrets, and logs the warnings, whatever the
 * log level is: with the default level nobody would see a misspelt option otherwise.
 *
 * @param file - Path given on the command line.
 * @param unused - Sections that the command does not use.
 * @throws ConfigError with every fault.
 */
export function loadCommandContext(
  file: string | undefined,
  unused?: ConfigSources['unused'],
): CommandContext {
  const context = readCommandContext(file, unused);
  const atLeastInfo = context.logger.child({}, { level: 'info' });
  for (const { level, message } of context.warnings) atLeastInfo[level === 'info' ? 'info' : 'warn'](message);
  return context;
}

/**
 * As `loadCommandContext`, for a command that shows the warnings itself.
 *
 * @throws ConfigError with every fault.
 */
export function readCommandContext(
  file: string | undefined,
  unused?: ConfigSources['unused'],
): CommandContext {
  const { config, warnings } = loadConfig({
    env: process.env,
    file,
    cwd: process.cwd(),
    ...(unused === undefined ? {} : { unused }),
  });
  const secrets = new SecretRegistry();
  for (const secret of configSecrets(config)) secrets.add(secret);
  const logger = createLogger({
    name: config.connector.name,
    level: config.connector.logLevel,
    json: config.opencti.jsonLogging,
    secrets,
  });
  return { config, logger, secrets, warnings };
}
