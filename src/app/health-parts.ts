import type { PartHealth } from '../observability/health.js';
import type { AmqpLink, LinkHealth } from '../platform/amqp/amqp-link.js';
import { PLATFORM_REMEDY, type Heartbeat } from '../platform/heartbeat.js';
import type { ResilientStore } from '../state/resilient-store.js';
import type { Outage } from '../virustotal/http/circuit-breaker.js';
import type { KeyRefusal } from '../virustotal/http/transport.js';

/**
 * A ping ends within minutes, whatever happens: it is one call or two, and registers the connector twice at most, each
 * within its time-out; the next begins 40 seconds later.
 */
const HEARTBEAT_QUIET_MS = 10 * 60_000;

const WELL: PartHealth = { ok: true };

/** What the connector is about to do while it starts, or has stopped to do; `undefined`: requests are taken. */
export function startHealth(stage: string | undefined): PartHealth {
  if (stage === undefined) return WELL;
  return {
    ok: false,
    detail: `no requests are taken yet or any more: ${stage}`,
    remedy: 'Wait; if it does not pass, the log says what is in the way.',
  };
}

/** Before there is a heartbeat. `trouble`: why the connector could not be registered. */
export function registrationHealth(trouble: string | undefined): PartHealth {
  return { ok: false, detail: trouble ?? 'the connector is not registered yet', remedy: PLATFORM_REMEDY };
}

export function platformHealth({ silence }: Pick<Heartbeat, 'silence'>): PartHealth {
  if (silence === undefined) return WELL;
  return {
    ok: false,
    since: silence.since,
    detail: silence.reason,
    remedy: PLATFORM_REMEDY,
  };
}

/** How the worst of the connections to RabbitMQ is. */
export function brokerHealth(links: readonly Pick<AmqpLink, 'connected' | 'health'>[]): PartHealth {
  const ill = links.find(({ connected }) => !connected) ?? links.find(({ health }) => !health.ok);
  if (ill === undefined) return WELL;
  return {
    ...ill.health,
    remedy: ill.connected
      ? 'Give RabbitMQ memory or disk space; it goes on by itself.'
      : 'Check that RabbitMQ is up and can be reached under the address that the platform gives, or MQ_HOST.',
  };
}

/** Whether results leave. */
export function publisherHealth(health: LinkHealth): PartHealth {
  if (health.ok) return health;
  return {
    ...health,
    remedy:
      'Make room in the queues of the platform, or see to the part broker; results go on by themselves.',
  };
}

/** Requests are served without it, so that nobody has to be told to go elsewhere. */
export function stateHealth(store: Pick<ResilientStore, 'health'>): PartHealth {
  const health = store.health();
  if (health.ok) return health;
  return {
    ...health,
    remedy:
      'Check STATE_PATH and its disk, or STATE_REDIS_URL; until then a restart forgets quota, cache and waiting requests.',
  };
}

/** @param outage - `undefined` unless VirusTotal is down. */
export function virusTotalHealth(outage: Outage | undefined, refusal: KeyRefusal | undefined): PartHealth {
  if (refusal !== undefined) {
    return {
      ok: false,
      since: refusal.since,
      detail: refusal.reason,
      remedy:
        'Set VIRUSTOTAL_TOKEN to a valid key and restart; the next call that succeeds clears this as well.',
    };
  }
  if (outage === undefined) return WELL;
  const { since, retryAt, reason } = outage;
  return {
    ok: false,
    since,
    detail: `VirusTotal cannot be reached since ${since.toISOString()}, and is tried again from ${retryAt.toISOString()} on: ${reason}`,
    remedy: 'Wait, and check the proxy and VIRUSTOTAL_API_URL if others can reach it; it goes on by itself.',
  };
}

/** The pings have come to a standstill. */
export function heartbeatLife({ quietMs }: Pick<Heartbeat, 'quietMs'>): PartHealth {
  if (quietMs < HEARTBEAT_QUIET_MS) return WELL;
  return {
    ok: false,
    detail: 'no ping has ended for 10 minutes',
    remedy: 'Restart the connector, and report this.',
  };
}

/**
 * The queue is not read although nothing is in the way.
 *
 * @param trouble - Why the connector could not be registered again: then a restart could not do it either.
 */
export function consumerLife(
  link: Pick<AmqpLink, 'connected'>,
  consumer: PartHealth,
  trouble: string | undefined,
): PartHealth {
  if (consumer.ok || !link.connected || trouble !== undefined) return WELL;
  return {
    ok: false,
    detail: 'the queue is not read although RabbitMQ is there',
    remedy: 'Restart the connector: it registers again and reads the names of its queues anew.',
  };
}

/** Callbacks that cannot be kept are refused. */
export function keepingHealth(health: PartHealth): PartHealth {
  if (health.ok) return health;
  return { ...health, remedy: 'Check STATE_PATH and its disk, or STATE_REDIS_URL; callbacks come again.' };
}
