import type { Logger } from 'pino';
import { createVirusTotal } from '../app/create-virustotal.js';
import {
  brokerConnection,
  brokerTls,
  connectorDescription,
  createPlatformClient,
  needsBroker,
} from '../app/platform-options.js';
import type { Config } from '../config/schema.js';
import { AmqpLink } from '../platform/inbound/amqp-link.js';
import { registerConnector, type Registration } from '../platform/registration.js';
import { systemClock } from '../shared/clock.js';
import { ConnectorError, describeError } from '../shared/connector-error.js';
import { noTelemetry } from '../shared/telemetry.js';
import type { QuotaUse } from '../virustotal/schema.js';
import { loadCommandContext } from './load-config.js';

/** A person waits for the answer. */
const ONE_ATTEMPT = { maxAttempts: 1, baseMs: 0, maxMs: 0 };
/** A broker that does not answer in this time is reported as unreachable. */
const BROKER_TIMEOUT_MS = 20_000;

/**
 * Checks everything that `serve` needs and prints one line for each part.
 *
 * @returns the exit code: 0 when all is well, 1 otherwise.
 */
export async function check(configFile: string | undefined): Promise<number> {
  const results: boolean[] = [];
  const line = async <T>(part: string, run: () => Promise<readonly [T, string]>): Promise<T | undefined> => {
    try {
      const [value, text] = await run();
      console.log(`ok    ${part}: ${text}`);
      results.push(true);
      return value;
    } catch (error) {
      console.log(`FAIL  ${part}: ${describeError(error)}`);
      results.push(false);
      return undefined;
    }
  };

  const context = await line('configuration', () => {
    const loaded = loadCommandContext(configFile);
    return Promise.resolve([loaded, 'complete'] as const);
  });
  if (context === undefined) return 1;
  const { config, secrets } = context;
  const logger = context.logger.child({}, { level: 'silent' });

  const [registration] = await Promise.all([
    line('OpenCTI', async () => {
      const registered = await registerConnector(
        createPlatformClient(config, logger, ONE_ATTEMPT),
        connectorDescription(config),
        logger,
      );
      secrets.add(registered.connection.pass);
      return [
        registered,
        `version ${registered.versionText} at ${config.opencti.url}; registered as ${config.connector.name}`,
      ];
    }),
    line('VirusTotal', async () => {
      const quota = await createVirusTotal(config, {
        logger,
        clock: systemClock,
        telemetry: noTelemetry,
      }).quota();
      return [
        quota,
        `key accepted; ${quotaText('today', quota.daily)}, ${quotaText('this month', quota.monthly)}`,
      ];
    }),
  ]);
  if (registration !== undefined && needsBroker(config)) {
    await line('RabbitMQ', async () => [undefined, await checkBroker(config, registration, logger)]);
  }
  return results.every(Boolean) ? 0 : 1;
}

/** Connects, and looks whether the listen queue is there. */
async function checkBroker(config: Config, registration: Registration, logger: Logger): Promise<string> {
  const connection = brokerConnection(config, registration.connection);
  const link = new AmqpLink({
    connection: () => connection,
    tls: brokerTls(config),
    connectionName: `${config.connector.name} check`,
    logger,
  });
  const where = `${connection.host}:${connection.port}`;
  const late = new Promise<never>((_resolve, reject) => {
    setTimeout(() => {
      reject(
        new ConnectorError(
          `${where} does not answer; check MQ_HOST and MQ_PORT, or what the platform hands out.`,
          'transient',
        ),
      );
    }, BROKER_TIMEOUT_MS).unref();
  });
  try {
    await Promise.race([link.start(), late]);
    return `connected to ${where}; requests come from ${registration.listen.queue}`;
  } finally {
    await link.close();
  }
}

function quotaText(period: string, use: QuotaUse | undefined): string {
  return use === undefined
    ? `quota ${period} not told`
    : `${use.used} of ${use.allowed} look-ups used ${period}`;
}
