import { createClient } from '../app/create-virustotal.js';
import { openStateProper } from '../app/open-state.js';
import { connectorDescription, createPlatformClient, needsBroker } from '../app/platform-options.js';
import type { Config } from '../config/schema.js';
import type { AmqpLink } from '../platform/amqp/amqp-link.js';
import { registerConnector, type Registration } from '../platform/registration.js';
import { systemClock } from '../shared/clock.js';
import { ConnectorError, describeError } from '../shared/connector-error.js';
import { noTelemetry } from '../shared/telemetry.js';
import type { QuotaUse } from '../virustotal/schema.js';
import { readCommandContext } from './load-config.js';
import { brokerAddress, withBroker } from './with-broker.js';

/** A person waits for the answer. */
const ONE_ATTEMPT = { maxAttempts: 1, baseMs: 0, maxMs: 0 };

/**
 * Checks everything that `serve` needs and prints one line for each part, after one for each warning about the
 * configuration.
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
    const loaded = readCommandContext(configFile);
    for (const { message } of loaded.warnings) console.log(`warn  configuration: ${message}`);
    return Promise.resolve([loaded, 'complete'] as const);
  });
  if (context === undefined) return 1;
  const { config, secrets } = context;
  const logger = context.logger.child({}, { level: 'silent' });

  const [registration] = await Promise.all([
    line('OpenCTI', async () => {
      const registered = await registerConnector(
        createPlatformClient(config, { logger, retry: ONE_ATTEMPT }),
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
      const quota = await createClient(config, {
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
  await line('state', async () => {
    const store = await openStateProper(config, { logger, clock: systemClock });
    await store.close();
    return [undefined, store.description];
  });
  if (registration !== undefined && needsBroker(config)) {
    await line('RabbitMQ', async () => [undefined, await checkBroker(config, registration)]);
  }
  return results.every(Boolean) ? 0 : 1;
}

/**
 * Connects once, and looks whether the queues that are used are there.
 *
 * @throws ConnectorError when the broker cannot be reached or lacks a queue.
 */
async function checkBroker(config: Config, registration: Registration): Promise<string> {
  const where = brokerAddress(config, registration);
  const { listenProtocol, queueProtocol } = config.connector;
  const uses = [
    ...(listenProtocol === 'API' ? [] : [{ queue: registration.listen.queue, use: 'requests come from' }]),
    ...(queueProtocol === 'api' ? [] : [{ queue: registration.push.queue, use: 'results go to' }]),
  ];
  const queues = uses.map(({ queue }) => queue);
  await withBroker(config, registration, (link) => findQueues(link, where, queues));
  return [`connected to ${where}`, ...uses.map(({ queue, use }) => `${use} ${queue}`)].join('; ');
}

/**
 * Looks for queues without declaring them.
 *
 * @throws ConnectorError (`configuration`) for the first that is missing.
 */
async function findQueues(link: AmqpLink, where: string, queues: readonly string[]): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    link.keepChannel({
      name: 'check',
      setUp: async (channel) => {
        for (const queue of queues) {
          try {
            await channel.checkQueue(queue);
          } catch (error) {
            reject(noQueue(where, queue, error));
            throw error;
          }
        }
        resolve();
      },
      lost: () => undefined,
    });
  });
}

function noQueue(where: string, queue: string, cause: unknown): ConnectorError {
  const missing = cause instanceof Error && 'code' in cause && cause.code === 404;
  const message = missing
    ? `${where} has no queue ${queue}, which the platform makes at registration. Check that MQ_HOST, MQ_PORT and MQ_VHOST name the RabbitMQ of the platform.`
    : `The queue ${queue} on ${where} cannot be used: ${describeError(cause)}`;
  return new ConnectorError(message, 'configuration', { cause });
}

function quotaText(period: string, use: QuotaUse | undefined): string {
  return use === undefined
    ? `quota ${period} not told`
    : `${use.used} of ${use.allowed} look-ups used ${period}`;
}
