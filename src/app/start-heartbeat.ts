import type { Logger } from 'pino';
import type { Health } from '../observability/health.js';
import type { PlatformClient } from '../platform/graphql/client.js';
import { Heartbeat } from '../platform/heartbeat.js';
import type { Registrar } from '../platform/registrar.js';
import type { Clock } from '../shared/clock.js';
import { ConnectorError, describeError } from '../shared/connector-error.js';
import type { Telemetry } from '../shared/telemetry.js';
import { heartbeatLife, platformHealth } from './health-parts.js';
import type { IntakeControl } from './intake-control.js';
import type { Lifecycle } from './lifecycle.js';

/** What watching the platform needs of the rest of the connector. */
export interface HeartbeatServices {
  readonly client: PlatformClient;
  /** After the first registration. */
  readonly registrar: Registrar;
  /** Takes no requests while the platform is away. */
  readonly intake: IntakeControl;
  readonly telemetry: Telemetry;
  readonly lifecycle: Lifecycle;
  readonly health: Health;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Begins to tell the platform that the connector lives, and to watch whether the platform does (ADR 23). */
export function startHeartbeat(services: HeartbeatServices): Heartbeat {
  const { client, registrar, intake, telemetry, lifecycle, health, clock, logger } = services;
  const heartbeat = new Heartbeat({
    client,
    connectorId: registrar.current.connectorId,
    connectorInfo: () => registrar.current.capabilities.connectorInfo,
    clock,
    logger,
    telemetry,
    onUnknownConnector: async () => {
      await registrar.again();
    },
    // It may have been upgraded, and its broker may have moved.
    onAnswered: () => registerAgain(registrar, logger),
    onPlatformAway: intake.onPlatformAway,
    onPlatformBack: intake.onPlatformBack,
  });
  heartbeat.start();
  lifecycle.add('heartbeat', () => heartbeat.close());
  health.watch('platform', () => platformHealth(heartbeat));
  health.watchLife('heartbeat', 0, () => heartbeatLife(heartbeat));
  return heartbeat;
}

/** @throws ConnectorError while it is worth waiting for. */
async function registerAgain(registrar: Registrar, logger: Logger): Promise<void> {
  try {
    await registrar.again();
  } catch (error) {
    if (error instanceof ConnectorError && error.retryable) throw error;
    // The platform answers pings, so it serves the connector as it knows it.
    logger.warn({ reason: describeError(error) }, 'connector could not be registered again');
  }
}
