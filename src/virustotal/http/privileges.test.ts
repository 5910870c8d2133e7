import { beforeEach, describe, expect, it } from 'vitest';
import { recordedLogger, type LogLine } from '../../../test/helpers/recorded-logger.js';
import { MemoryStore } from '../../state/memory-store.js';
import type { StateStore } from '../../state/port.js';
import { Privileges } from './privileges.js';

const DAY = 86_400_000;

let nowMs: number;
let lines: LogLine[];
let store: MemoryStore;

beforeEach(() => {
  nowMs = Date.parse('2026-03-01T12:00:00Z');
  store = new MemoryStore();
  lines = [];
});

/** As after a restart: nothing is known but what the store holds. */
function privileges(keyId = 'key-a', kept: Pick<StateStore, 'read' | 'write'> = store): Privileges {
  const recorded = recordedLogger();
  lines = recorded.lines;
  const clock = { now: () => new Date(nowMs) };
  return new Privileges({ clock, logger: recorded.logger, stored: { store: kept, keyId } });
}

describe('what the key may not use', () => {
  it('is refused without a call for a day, and said once', async () => {
    const known = privileges();
    await known.refused('yara_rulesets');
    await known.refused('yara_rulesets');
    expect(await known.lacks('yara_rulesets')).toBe(true);
    nowMs += DAY - 1;
    expect(await known.lacks('yara_rulesets')).toBe(true);
    nowMs += 1;
    expect(await known.lacks('yara_rulesets')).toBe(false);
    expect(lines).toEqual([
      {
        level: 'info',
        endpoint: 'yara_rulesets',
        until: '2026-03-02T12:00:00.000Z',
        msg: 'the VirusTotal key may not use this; it is not asked for again for a while',
      },
    ]);
  });

  it('is known after a restart, for as long as it was meant to be', async () => {
    await privileges().refused('yara_rulesets');
    nowMs += DAY / 2;
    const restarted = privileges();
    expect(await restarted.lacks('yara_rulesets')).toBe(true);
    nowMs += DAY / 2;
    expect(await restarted.lacks('yara_rulesets')).toBe(false);
  });

  it('does not concern other endpoints and other keys', async () => {
    await privileges().refused('yara_rulesets');
    expect(await privileges().lacks('file_behaviours')).toBe(false);
    expect(await privileges('key-b').lacks('yara_rulesets')).toBe(false);
  });

  it('can be learned again after it was unlearned', async () => {
    const known = privileges();
    expect(await known.lacks('yara_rulesets')).toBe(false);
    await known.refused('yara_rulesets');
    nowMs += DAY;
    expect(await known.lacks('yara_rulesets')).toBe(false);
    await known.refused('yara_rulesets');
    expect(await known.lacks('yara_rulesets')).toBe(true);
  });

  it('is remembered by the process when the store fails', async () => {
    const known = privileges('key-a', {
      read: () => Promise.reject(new Error('no disk')),
      write: () => Promise.reject(new Error('full')),
    });
    expect(await known.lacks('yara_rulesets')).toBe(false);
    await known.refused('yara_rulesets');
    expect(await known.lacks('yara_rulesets')).toBe(true);
  });
});
