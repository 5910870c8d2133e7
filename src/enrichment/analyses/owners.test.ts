import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  parkedKeys,
  startAnalysesWorld,
  urlRequest,
  type AnalysesWorld,
  type AnalysesWorldOptions,
} from '../../../test/helpers/analyses-world.js';
import { FakeAnalyses } from '../../../test/helpers/fake-analyses.js';
import { VirtualTime } from '../../../test/helpers/virtual-time.js';
import { MemoryStore } from '../../state/memory-store.js';

const MINUTE_MS = 60_000;
const URL_TEXT = 'https://new.example.com/';
const RESULT = 'processed work_1: VirusTotal: 3 of 10 engines call this malicious';

describe('connectors of different ids that share one state', () => {
  let time: VirtualTime;
  let virusTotal: FakeAnalyses;
  let store: MemoryStore;
  const worlds: AnalysesWorld[] = [];

  beforeEach(() => {
    time = new VirtualTime('2026-01-02T03:04:00Z');
    virusTotal = new FakeAnalyses(time);
    store = new MemoryStore({ isDurable: true });
  });

  afterEach(() => {
    for (const world of worlds.splice(0)) world.watch.stop();
  });

  const start = (options: Partial<AnalysesWorldOptions>): AnalysesWorld => {
    const world = startAnalysesWorld({ store, time, virusTotal, ...options });
    worlds.push(world);
    return world;
  };

  /** A connector parks a request, and is gone. */
  const parkedBy = async (options: Partial<AnalysesWorldOptions>): Promise<void> => {
    const connector = start(options);
    connector.deliver(urlRequest(URL_TEXT));
    await time.pass(MINUTE_MS / 6);
    expect(connector.acked).toEqual(['work_1']);
    connector.watch.stop();
  };

  it('leave the parked requests of each other alone, however long', async () => {
    await parkedBy({ owner: 'a' });
    const other = start({ owner: 'b' });
    await time.pass(90 * MINUTE_MS);
    expect(other.told).toEqual([]);
    expect(await parkedKeys(store)).toEqual(['work_1']);

    // Meanwhile the other one has seen to the analysis, which is of the same key of VirusTotal.
    const again = start({ owner: 'a' });
    await time.pass(MINUTE_MS);
    expect(again.told).toContainEqual(expect.stringContaining(RESULT));
    expect(virusTotal.submitted).toHaveLength(1);
    expect(await parkedKeys(store)).toEqual([]);
  });

  it('take up what an earlier version has parked without saying whose it is', async () => {
    await parkedBy({});
    const connector = start({ owner: 'b' });
    await time.pass(10 * MINUTE_MS);
    expect(connector.told).toContainEqual(expect.stringContaining(RESULT));
  });

  it('resume all that is parked where the state is their own, also after their id was changed', async () => {
    await parkedBy({ owner: 'a' });
    const connector = start({});
    await time.pass(10 * MINUTE_MS);
    expect(connector.told).toContainEqual(expect.stringContaining(RESULT));
  });
});
