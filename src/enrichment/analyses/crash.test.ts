import { describe, expect, it } from 'vitest';
import {
  parkedKeys,
  startAnalysesWorld,
  urlRequest,
  type AnalysesWorld,
} from '../../../test/helpers/analyses-world.js';
import { FakeAnalyses } from '../../../test/helpers/fake-analyses.js';
import { MortalStore, type Death } from '../../../test/helpers/mortal-store.js';
import { VirtualTime } from '../../../test/helpers/virtual-time.js';
import { playbookStepOf } from '../../../test/helpers/enrichment-requests.js';
import type { EnrichmentRequest } from '../request.js';
import { MemoryStore } from '../../state/memory-store.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const URL_TEXT = 'https://new.example.com/';
const RESULT = 'processed work_1: VirusTotal: 3 of 10 engines call this malicious';

interface Survived {
  readonly submitted: readonly string[];
  readonly processed: readonly string[];
  readonly changes: number;
  readonly buckets: readonly string[];
}

/**
 * Runs a request through a process that dies, and then through one that does not. What was not acknowledged is
 * delivered again.
 */
async function survive(
  death: Death | undefined,
  options: {
    readonly diesWhenSubmitted?: boolean;
    readonly restartAfterMs?: number;
    readonly request?: Partial<EnrichmentRequest>;
  } = {},
): Promise<Survived> {
  const time = new VirtualTime('2026-01-02T03:04:00Z');
  const virusTotal = new FakeAnalyses(time);
  const state = new MemoryStore({ isDurable: true });
  const doomed = new MortalStore(state, death);
  const request = urlRequest(URL_TEXT, options.request);
  const platform = (): Promise<void> => doomed.alive();
  if (options.diesWhenSubmitted === true) {
    virusTotal.beforeAnswer = () => {
      virusTotal.beforeAnswer = () => Promise.resolve();
      doomed.isDead = true;
      return doomed.alive();
    };
  }
  const first = startAnalysesWorld({ store: doomed, time, virusTotal, platform });
  first.deliver(request);
  for (let step = 0; step < 1800 && !doomed.isDead; step += 1) await time.pass(SECOND_MS);
  const worlds: AnalysesWorld[] = [first];
  if (doomed.isDead) {
    first.watch.stop();
    await time.pass(options.restartAfterMs ?? SECOND_MS);
    const second = startAnalysesWorld({ store: state, time, virusTotal });
    worlds.push(second);
    if (!first.acked.includes(request.key)) second.deliver(request);
    await time.pass(30 * MINUTE_MS);
  }
  expect(await parkedKeys(state)).toEqual([]);
  for (const world of worlds) world.watch.stop();
  const told = worlds.flatMap((world) => world.told);
  const ended = told.filter((line) => /^(processed|failed|reply)/.test(line));
  return { submitted: virusTotal.submitted, processed: ended, changes: doomed.changes, buckets: doomed.log };
}

describe('a process that is killed', () => {
  it('changes the state in this order', async () => {
    const { buckets, processed } = await survive(undefined);
    expect(processed).toEqual([RESULT]);
    expect(buckets).toEqual(['analyses', 'analyses', 'parked', 'analyses', 'analyses', 'parked', 'parked']);
  });

  const kills = Array.from({ length: 7 }, (_, atChange) => [
    { atChange, after: false },
    { atChange, after: true },
  ]).flat();

  it.each(kills)('at change $atChange of the state (after it: $after) has submitted once', async (death) => {
    for (const restartAfterMs of [SECOND_MS, 20 * MINUTE_MS]) {
      const { submitted, processed } = await survive(death, { restartAfterMs });
      // The second change records what VirusTotal answered. Lost, it is recovered by asking VirusTotal: while it still
      // analyses, a second submission is the same analysis; once it has ended, a look-up tells.
      const isAnswerLost = death.atChange === 1 && !death.after && restartAfterMs === SECOND_MS;
      expect(submitted).toHaveLength(isAnswerLost ? 2 : 1);
      expect(new Set(processed)).toEqual(new Set([RESULT]));
      // Only who dies between the settlement and its record does it again, as with any request.
      const isSettled = death.atChange === 6 && !death.after;
      expect(processed).toHaveLength(isSettled ? 2 : 1);
    }
  });

  it('before it knew that VirusTotal took the submission finds out by a look-up', async () => {
    const options = { diesWhenSubmitted: true, restartAfterMs: 20 * MINUTE_MS };
    const { submitted, processed } = await survive(undefined, options);
    expect(submitted).toHaveLength(1);
    expect(processed).toEqual([RESULT]);
  });

  it('answers its playbook step all the same', async () => {
    const playbook = playbookStepOf(URL_TEXT);
    for (const death of kills.slice(0, 12)) {
      const { submitted, processed } = await survive(death, {
        request: { key: 'playbook 1', mode: 'playbook', workId: undefined, playbook },
        restartAfterMs: 20 * MINUTE_MS,
      });
      expect(submitted).toHaveLength(1);
      expect(processed).toEqual([expect.stringMatching(/^reply playbook 1: [2-9] objects$/)]);
    }
  });
});
