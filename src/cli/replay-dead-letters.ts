import { connectorDescription, createPlatformClient } from '../app/platform-options.js';
import type { DeadLetter, DeadLetters } from '../dead-letters/dead-letters.js';
import { decodeRequest, UndecodableMessageError } from '../platform/inbound/message.js';
import { publishRequests } from '../platform/inbound/request-publisher.js';
import { registerConnector, type Registration } from '../platform/registration.js';
import { systemClock } from '../shared/clock.js';
import { ConnectorError } from '../shared/connector-error.js';
import { reportMissing, select, withDeadLetters, type Selection } from './dead-letters.js';
import { loadCommandContext, type CommandContext } from './load-config.js';
import { withBroker } from './with-broker.js';

/** A person waits for the answer. */
const ONE_ATTEMPT = { maxAttempts: 1, baseMs: 0, maxMs: 0 };

/** A dead letter that this version can read. */
interface Readable {
  readonly letter: DeadLetter;
  readonly body: Buffer;
}

/**
 * Puts dead letters that this version can read back into the listen queue, and forgets each as soon as the broker has
 * it. The others are kept, and it is said why. Should the process die in between, a letter is there twice, which does
 * no harm.
 *
 * @returns the exit code: 0 when all are with the broker, 1 when some are kept.
 * @throws ConnectorError when none is named, or the configuration, the state, the platform or the broker cannot be used.
 */
export async function replayDeadLetters(
  selection: Selection,
  configFile: string | undefined,
): Promise<number> {
  const context = loadCommandContext(configFile, ['virustotal']);
  return withDeadLetters(context, async (letters, store) => {
    const { found, missing } = await select(letters, selection);
    const readable: Readable[] = [];
    for (const letter of found) {
      const body = await letters.bodyOf(letter.id);
      const problem = problemOf(letter, body);
      if (problem === undefined && body !== undefined) readable.push({ letter, body });
      else console.log(`kept      ${letter.id}: ${problem ?? ''}`);
    }
    const missed = reportMissing(missing, store);
    if (readable.length > 0) await publish(readable, letters, context);
    else if (found.length === 0 && missed === 0) console.log(`No dead letters in ${store}.`);
    return readable.length === found.length ? missed : 1;
  });
}

/** Why it cannot be replayed. */
function problemOf({ kept, size }: DeadLetter, body: Buffer | undefined): string | undefined {
  if (body === undefined) return 'Its bytes were not kept; drop it.';
  if (kept < size) return `Only the first ${kept} of its ${size} bytes are kept.`;
  try {
    decodeRequest(body, systemClock.now());
    return undefined;
  } catch (error) {
    if (error instanceof UndecodableMessageError) return error.message;
    throw error;
  }
}

async function publish(
  readable: readonly Readable[],
  letters: DeadLetters,
  context: CommandContext,
): Promise<void> {
  const { config } = context;
  const registration = await register(context);
  const bodies = readable.map(({ body }) => body);
  try {
    await withBroker(config, registration, (link) =>
      publishRequests(link, registration.listen, bodies, async (index) => {
        const id = readable[index]?.letter.id ?? '';
        await letters.remove(id);
        console.log(`replayed  ${id}`);
      }),
    );
  } catch (error) {
    if (config.connector.listenProtocol !== 'API' || !(error instanceof ConnectorError)) throw error;
    throw new ConnectorError(
      `${error.message} Dead letters are replayed through RabbitMQ, also with CONNECTOR_LISTEN_PROTOCOL=API; run the command where it can be reached.`,
      error.kind,
      { cause: error },
    );
  }
}

/** Registers as the connector does, which changes nothing and tells where the broker and its queues are. */
async function register({ config, logger, secrets }: CommandContext): Promise<Registration> {
  const registration = await registerConnector(
    createPlatformClient(config, { logger, retry: ONE_ATTEMPT }),
    connectorDescription(config),
    logger,
  );
  secrets.add(registration.connection.pass);
  return registration;
}
