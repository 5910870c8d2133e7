import { randomBytes, randomUUID } from 'node:crypto';
import { systemClock, type Clock } from '../../shared/clock.js';
import { AmqpQueues } from './amqp-queues.js';
import type { CallbackOptions } from './callback-worker.js';
import { PlatformHttp } from './http.js';
import { MemoryQueues } from './memory-queues.js';
import { PlatformState } from './platform-state.js';
import type { QueueConnection } from './queues.js';
import { CONNECTOR_CAPABILITIES, type Capability, type PlatformUser } from './request-context.js';
import { PlatformSimulator } from './platform-simulator.js';
import { gateOf } from './version.js';
import type { DeadWorkAnswer } from './work-rules.js';

export type { PlatformSimulator };

/** Where RabbitMQ is, for connectors and for the platform itself. */
export interface AmqpCoordinates {
  host: string;
  port: number;
  user: string;
  password: string;
  vhost: string;
  useSsl?: boolean;
}

/** Options of {@link startPlatformSimulator}. */
export interface PlatformSimulatorOptions {
  /** Platform version from 6.0.6 on; `7.260817.0` by default. Everything the platform accepts and says depends on it. */
  version?: string;
  /** `about` is refused, or says something that is no version; it is answered by default. */
  hidesVersion?: 'refused' | 'unreadable' | undefined;
  /** Token of the connector's user; one in the form of the version by default. */
  token?: string;
  /** Token of the workers' user, which 6.5.7 – 6.5.9 present to callbacks; another one by default. */
  workerToken?: string;
  /** The broker. Without it queues live in memory: nothing but the API can reach the platform. */
  amqp?: AmqpCoordinates | undefined;
  /** The platform's `queue_prefix`; unique by default so that simulators can share a broker. Empty for none. */
  queuePrefix?: string;
  /** `x-queue-type` of the queues. */
  queueType?: 'classic' | 'quorum';
  /** TCP port; any free one by default. */
  port?: number;
  /** Interface to listen on; the loopback interface by default. */
  host?: string;
  /** Path of the platform, for example `/opencti`; none by default. */
  basePath?: string;
  /** Pause before every HTTP answer. */
  latencyMs?: number;
  /** Capabilities of the connector's user. */
  userCapabilities?: readonly Capability[];
  /**
   * Whether the connector's user has `MODULES`, which `isWorkAlive`, `work` and `connector` need (protocol reference
   * §1.3); she has by default.
   */
  userReadsWorks?: boolean;
  /** Largest body in bytes; 50 MiB by default. */
  maxBodyBytes?: number;
  /** How messages are handed to callbacks; real pauses by default. */
  callback?: Partial<CallbackOptions>;
  /** Whether the import worker runs from the start; it does by default. */
  workerRuns?: boolean;
  /** Pause between two runs of the manager that closes overtaken works; a minute by default, 0 for none but by hand. */
  workManagerIntervalMs?: number;
  /**
   * How `addExpectations` answers from 6.9.19 on for a work that was closed by force or deleted: `refused` by default.
   * The reference (§10) allows for both, and a connector has to cope with both.
   */
  deadWorks?: DeadWorkAnswer;
  clock?: Clock;
}

const WORK_MANAGER_INTERVAL_MS = 60_000;
const MAX_BODY_BYTES = 50 * 1024 * 1024;

/**
 * Starts a simulated OpenCTI platform: GraphQL over HTTP, queues on a real broker, an import worker and a callback
 * worker. It speaks the wire protocol of the version it is told to be, and records what connectors do.
 *
 * @throws {RangeError} for a version before 6.0.6.
 * @throws {Error} when the broker or the port cannot be had.
 */
export async function startPlatformSimulator(
  options: PlatformSimulatorOptions = {},
): Promise<PlatformSimulator> {
  const { version = '7.260817.0', clock = systemClock, amqp } = options;
  const since = gateOf(version);
  const token = options.token ?? newToken(since('7.260224.0'));
  const queues =
    amqp === undefined
      ? new MemoryQueues()
      : await AmqpQueues.connect(connectionOf(amqp), options.queueType ?? 'classic');
  const state = new PlatformState({
    version,
    token,
    workerToken: options.workerToken ?? newToken(since('7.260224.0')),
    user: {
      id: '6f1c1d4e-0000-4000-8000-00000000c0de',
      name: 'Connector',
      capabilities: capabilitiesOf(options),
    },
    otherUsers: [AUTOMATION_MANAGER],
    queuePrefix: options.queuePrefix ?? `simulator-${randomBytes(6).toString('hex')}`,
    queues,
    clock,
    callback: { retryDelayMs: 10_000, maxAttempts: 10, timeoutMs: 300_000, ...options.callback },
    workerRuns: options.workerRuns ?? true,
    workManagerIntervalMs: options.workManagerIntervalMs ?? WORK_MANAGER_INTERVAL_MS,
    deadWorks: options.deadWorks ?? 'refused',
    hidesVersion: options.hidesVersion,
  });
  const http = new PlatformHttp(state, {
    port: options.port ?? 0,
    host: options.host ?? '127.0.0.1',
    basePath: (options.basePath ?? '').replace(/\/+$/, ''),
    latencyMs: options.latencyMs ?? 0,
    maxBodyBytes: options.maxBodyBytes ?? MAX_BODY_BYTES,
  });
  try {
    return new PlatformSimulator(state, http, await http.listen(), token);
  } catch (error) {
    await state.close();
    throw error;
  }
}

/** The user in whose name playbooks run. */
const AUTOMATION_MANAGER: PlatformUser = {
  id: 'c49fe040-2dad-412d-af07-ce639204ad55',
  name: 'Automation manager',
  capabilities: ['BYPASS'],
};

function capabilitiesOf({
  userCapabilities = CONNECTOR_CAPABILITIES,
  userReadsWorks = true,
}: PlatformSimulatorOptions): readonly Capability[] {
  return userReadsWorks
    ? userCapabilities
    : userCapabilities.filter((capability) => !capability.startsWith('MODULES'));
}

function newToken(prefixed: boolean): string {
  return prefixed ? `flgrn_octi_tkn_${randomBytes(24).toString('base64url')}` : randomUUID();
}

function connectionOf(amqp: AmqpCoordinates): QueueConnection {
  const { host, port, user, password: pass, vhost, useSsl = false } = amqp;
  return { host, port, user, pass, vhost, use_ssl: useSsl };
}
