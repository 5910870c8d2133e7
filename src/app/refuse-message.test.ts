import { beforeEach, describe, expect, it, vi } from 'vitest';
import { recordedLogger, type LogLine } from '../../test/helpers/recorded-logger.js';
import type { EnrichmentRequest } from '../enrichment/request.js';
import { DeadLetters } from '../dead-letters/dead-letters.js';
import { readRequest } from '../platform/inbound/message.js';
import { UnreadableMessage, type RefuseMessage } from '../platform/inbound/unreadable-message.js';
import { noTelemetry } from '../shared/telemetry.js';
import { MemoryStore } from '../state/memory-store.js';
import { createRefuseMessage } from './refuse-message.js';

function messageOf(body: string): UnreadableMessage {
  const message = readRequest(Buffer.from(body), new Date('2026-01-02T03:04:05Z'));
  if (!(message instanceof UnreadableMessage)) throw new Error('it can be read');
  return message;
}

describe('a message that cannot be read', () => {
  let isDurable: boolean;
  let letters: DeadLetters;
  let lines: LogLine[];
  let refuse: RefuseMessage;
  const settle = vi.fn<(request: EnrichmentRequest) => Promise<void>>();
  const counted = vi.fn<() => void>();

  beforeEach(() => {
    isDurable = true;
    settle.mockReset().mockResolvedValue(undefined);
    counted.mockReset();
    const recorded = recordedLogger();
    lines = recorded.lines;
    const memory = new MemoryStore();
    const store = new Proxy(memory, {
      get: (target, name) => {
        if (name === 'isDurable') return isDurable;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    letters = new DeadLetters({ store, logger: recorded.logger });
    refuse = createRefuseMessage({
      deadLetters: letters,
      handler: settle,
      source: 'queue',
      telemetry: { ...noTelemetry, messageUnreadable: counted },
      logger: recorded.logger,
    });
  });

  const naming = (workId: string): UnreadableMessage =>
    messageOf(JSON.stringify({ internal: { work_id: workId }, event: { entity_id: 42 } }));

  it('is kept first, then its work is ended with the id of the letter', async () => {
    await refuse(naming('work_1'));
    const [letter] = await letters.list();
    expect(settle).toHaveBeenCalledWith(
      expect.objectContaining({ workId: 'work_1', refusal: expect.stringContaining(letter!.id) as string }),
      undefined,
    );
    expect(counted).toHaveBeenCalledTimes(1);
  });

  it('is handed back while the state is in memory only, which is said once, and taken when it is not', async () => {
    isDurable = false;
    await expect(refuse(naming('work_1'))).rejects.toThrow();
    await expect(refuse(naming('work_1'))).rejects.toThrow();
    await expect(refuse(messageOf('{not json'))).rejects.toThrow();
    expect(settle).not.toHaveBeenCalled();
    expect(counted).not.toHaveBeenCalled();
    expect(lines.filter(({ level }) => level !== 'debug')).toEqual([
      expect.objectContaining({
        level: 'error',
        msg: 'messages that cannot be read cannot be kept either, and come again until the state can be written',
      }),
    ]);

    isDurable = true;
    await refuse(naming('work_1'));
    expect(await letters.count()).toBe(1);
    expect(settle).toHaveBeenCalledTimes(1);
    expect(lines.map(({ msg }) => msg)).toContain('messages that cannot be read are kept again');
  });

  it('is settled as one that came before when the broker or its dead letter says so', async () => {
    await refuse(naming('work_1'));
    await refuse(naming('work_1'));
    await refuse(naming('work_2'), undefined, true);
    expect(settle.mock.calls.map(([{ workId, redelivered }]) => [workId, redelivered])).toEqual([
      ['work_1', undefined],
      // A process may have died over it.
      ['work_1', true],
      ['work_2', true],
    ]);
  });

  it('is an error also when memory, which stood in while it was kept, has counted it already', async () => {
    vi.spyOn(letters, 'keep').mockImplementationOnce(async (letter) => {
      await letters.keep(letter);
      throw new Error('the state is kept in memory');
    });
    await expect(refuse(naming('work_1'))).rejects.toThrow('in memory');
    expect(counted).not.toHaveBeenCalled();
    await refuse(naming('work_1'));
    expect(counted).toHaveBeenCalledTimes(1);
    expect(lines.filter(({ deadLetter }) => deadLetter !== undefined)).toEqual([
      expect.objectContaining({ level: 'error', times: 2 }),
    ]);
  });

  it('is a warning and counts when it comes afresh, once it was done with', async () => {
    await refuse(naming('work_1'));
    settle.mockRejectedValueOnce(new Error('the platform is away'));
    await expect(refuse(naming('work_1'))).rejects.toThrow();
    await refuse(naming('work_1'));
    expect(counted).toHaveBeenCalledTimes(2);
    expect(lines.map(({ level, times }) => [level, times])).toEqual([
      ['error', 1],
      ['warn', 2],
      ['debug', 3],
    ]);
  });

  it('is an error and counts once, however often it comes until its work could be ended', async () => {
    settle.mockRejectedValue(new Error('the platform is away'));
    for (let delivery = 0; delivery < 3; delivery += 1)
      await expect(refuse(naming('work_1'))).rejects.toThrow('the platform is away');
    expect(counted).toHaveBeenCalledTimes(1);
    expect(lines.map(({ level, times }) => [level, times])).toEqual([
      ['error', 1],
      ['debug', 2],
      ['debug', 3],
    ]);
  });
});
