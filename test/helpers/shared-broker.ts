import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import './broker-global-setup.js';
import { parseBrokerUrl } from '../../src/simulators/broker/broker.js';
import type { AmqpCoordinates } from '../../src/simulators/platform/simulator.js';

/** Coordinates of the broker that all test files share; names on it must be unique. */
export function sharedBroker(): AmqpCoordinates {
  return parseBrokerUrl(inject('amqpUrl'));
}

/** A connector id nobody else uses; without `_`, which the platform splits work ids on. */
export function uniqueConnectorId(): string {
  return `test-${randomUUID()}`;
}
