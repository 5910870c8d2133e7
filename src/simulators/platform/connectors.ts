import type { Clock } from '../../shared/clock.js';
import { functionalError } from './errors.js';
import { queueNames, type QueueNames } from './queues.js';
import type { Since } from './version.js';

/** What a connector says of itself at registration, in the platform's own spelling. */
export interface RegisterConnectorInput {
  id: string;
  name: string;
  type: string;
  scope?: (string | null)[] | null;
  auto?: boolean | null;
  only_contextual?: boolean | null;
  playbook_compatible?: boolean | null;
  listen_callback_uri?: string | null;
  auto_update?: boolean | null;
  enrichment_resolution?: string | null;
}

/** How a connector does, from its last ping (6.2.12 on). */
export interface ConnectorInfo {
  run_and_terminate: boolean;
  buffering: boolean;
  queue_threshold: number;
  queue_messages_size: number;
  next_run_datetime?: string | null;
  last_run_datetime?: string | null;
}

/** A connector the platform knows. */
export interface RegisteredConnector {
  readonly id: string;
  readonly queues: QueueNames;
  input: RegisterConnectorInput;
  userId: string;
  /** JSON text of its last ping; `null` before the first, empty after a reset. */
  state: string | null;
  /** Whether a person asked for a reset that the next ping is to learn of. */
  resetPending: boolean;
  info: ConnectorInfo | null;
  updatedAt: Date;
  registrations: number;
  pings: number;
}

const ACTIVE_FOR_MS = 5 * 60_000;

/** The connectors of the platform. */
export class Connectors {
  readonly #connectors = new Map<string, RegisteredConnector>();
  readonly #since: Since;
  readonly #clock: Clock;
  readonly #queuePrefix: string;

  constructor(since: Since, clock: Clock, queuePrefix: string) {
    this.#since = since;
    this.#clock = clock;
    this.#queuePrefix = queuePrefix;
  }

  /**
   * Registers a connector, or updates what is known of it; its state is kept.
   *
   * @throws {PlatformError} for a name the platform refuses (6.1.0 on: shorter than two characters or blank).
   */
  register(input: RegisterConnectorInput, userId: string): RegisteredConnector {
    if (this.#since('6.1.0') && (input.name.length < 2 || input.name.trim() === '')) {
      throw functionalError('The connector name must have at least 2 characters');
    }
    const known = this.#connectors.get(input.id);
    const connector: RegisteredConnector = known ?? {
      id: input.id,
      queues: queueNames(this.#queuePrefix, input.id),
      input,
      userId,
      state: null,
      resetPending: false,
      info: null,
      updatedAt: this.#clock.now(),
      registrations: 0,
      pings: 0,
    };
    connector.input = input;
    connector.userId = userId;
    connector.updatedAt = this.#clock.now();
    connector.registrations += 1;
    this.#connectors.set(input.id, connector);
    return connector;
  }

  /** @throws {PlatformError} when the connector was never registered or was deleted. */
  ping(id: string, state: string | null, info: ConnectorInfo | null): RegisteredConnector {
    const connector = this.#connectors.get(id);
    if (connector === undefined) throw functionalError('No connector found with the specified ID', { id });
    // After a reset the platform ignores what the connector sends once, and answers with the empty state.
    if (connector.resetPending) connector.resetPending = false;
    else connector.state = state;
    connector.info = info;
    connector.updatedAt = this.#clock.now();
    connector.pings += 1;
    return connector;
  }

  find(id: string): RegisteredConnector | undefined {
    return this.#connectors.get(id);
  }

  all(): RegisteredConnector[] {
    return [...this.#connectors.values()];
  }

  /** Whether it pinged in the last five minutes; only then is it offered and triggered automatically. */
  isActive(connector: RegisteredConnector): boolean {
    return this.#clock.now().getTime() - connector.updatedAt.getTime() < ACTIVE_FOR_MS;
  }

  /** Empties a connector's state, as "reset" in the interface does. */
  resetState(id: string): void {
    const connector = this.#connectors.get(id);
    if (connector === undefined) return;
    connector.state = '';
    connector.resetPending = true;
  }

  delete(id: string): RegisteredConnector | undefined {
    const connector = this.#connectors.get(id);
    this.#connectors.delete(id);
    return connector;
  }
}
