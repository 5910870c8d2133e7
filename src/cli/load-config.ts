import type { Logger } from 'pino';
import { configSecrets } from '../config/describe.js';
import { loadConfig, type ConfigSources } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { createLogger } from '../observability/logger.js';
import { SecretRegistry } from '../observability/redact.js';

/** What every command begins with. */
export interface CommandContext {
  readonly config: Config;
  readonly logger: Logger;
  readonly secrets: SecretRegistry;
}

/**
 * Loads the configuration of this process, and makes the logger that keeps its secrets.
 *
 * @param file - Path given on the command line.
 * @param unused - Sections that the command does not use.
 * @throws ConfigError with every fault.
 */
export function loadCommandContext(
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
  for (const { level, message } of warnings) logger[level === 'info' ? 'info' : 'warn'](message);
  return { config, logger, secrets };
}
