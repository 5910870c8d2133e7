import { describe, expect, it } from 'vitest';
import { recordedLogger } from '../../test/helpers/recorded-logger.js';
import { DeadLetters } from '../dead-letters/dead-letters.js';
import { readRequest } from '../platform/inbound/message.js';
import { UnreadableMessage } from '../platform/inbound/unreadable-message.js';
import { systemClock } from '../shared/clock.js';
import { noTelemetry } from '../shared/telemetry.js';
import { MemoryStore } from '../state/memory-store.js';
import { createRefuseMessage } from './refuse-message.js';

describe('a message that cannot be read', () => {
  it('is an error and counts once, however often it comes until its work could be ended', async () => {
    const { logger, lines } = recordedLogger();
    let counted = 0;
    const refuse = createRefuseMessage({
      deadLetters: new DeadLetters({ store: new MemoryStore(), logger, clock: systemClock }),
      handler: () => Promise.reject(new Error('the platform is away')),
      source: 'queue',
      telemetry: { ...noTelemetry, messageUnreadable: () => (counted += 1) },
      logger,
    });
    const body = JSON.stringify({ internal: { work_id: 'work_1' }, event: { entity_id: 7 } });
    const message = readRequest(Buffer.from(body), new Date(0));
    if (!(message instanceof UnreadableMessage)) throw new Error('it can be read');
    for (let delivery = 0; delivery < 3; delivery += 1)
      await expect(refuse(message)).rejects.toThrow('the platform is away');
    expect(counted).toBe(1);
    expect(lines.map(({ level, times }) => [level, times])).toEqual([
      ['error', 1],
      ['debug', 2],
      ['debug', 3],
    ]);
  });
});
