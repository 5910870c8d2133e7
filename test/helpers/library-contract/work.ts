import { beforeEach, describe, expect, it } from 'vitest';
import { EnrichmentStore, type NewEnrichment } from '../../../src/library/store/enrichment-store.js';
import { JobStore } from '../../../src/library/store/job-store.js';
import { DEFAULT_THRESHOLDS, verdictOf } from '../../../src/library/verdict/badge.js';
import type { LibraryDatabase } from '../../../src/library/store/open-database.js';
import { RelationStore } from '../../../src/library/store/relation-store.js';
import type { JobState } from '../../../src/library/store/tables.js';
import { UsageStore } from '../../../src/library/store/usage-store.js';
import { domains, libraryWorld } from './world.js';

const MISSING = '00000000-0000-7000-8000-000000000000';

/** What the stores of look-ups, relations, jobs and budgets must do on every database. */
export function itKeepsWork(open: () => Promise<LibraryDatabase>): void {
  const world = libraryWorld(open);
  let ids: readonly string[];
  beforeEach(async () => {
    ({ ids } = await world.iocs.import(world.own, domains(5)));
  });

  describe('an enrichment', () => {
    const found = (changes: Partial<NewEnrichment> = {}): NewEnrichment => ({
      fetchedAt: new Date('2026-02-01T00:00:00.000Z'),
      known: true,
      verdict: 'malicious',
      malicious: 45,
      suspicious: 1,
      engines: 72,
      threatLabel: 'trojan.agent',
      report: { data: { id: 'x', attributes: { note: 'NUL \0 and ключ' } } },
      changes: [{ label: 'Malicious', before: 0, after: 45 }],
      ...changes,
    });

    it('is kept with its report and shows at the IOC', async () => {
      const store = new EnrichmentStore(world.database, world.clock);
      const id = await store.save(world.own, ids[0]!, found());
      expect(await store.latest(world.own, ids[0]!)).toMatchObject({
        id,
        known: true,
        fetchedAt: '2026-02-01T00:00:00.000Z',
        report: found().report,
        changes: found().changes,
      });
      expect(await world.iocs.get(world.own, ids[0]!)).toMatchObject({
        verdict: 'malicious',
        malicious: 45,
        suspicious: 1,
        engines: 72,
        threatLabel: 'trojan.agent',
        enrichedAt: '2026-02-01T00:00:00.000Z',
      });
    });

    it('takes a long report back as it was, and less room than it', async () => {
      const store = new EnrichmentStore(world.database, world.clock);
      const report = Array.from({ length: 500 }, (_, index) => ({ engine: `engine ${index}`, result: null }));
      const id = await store.save(world.own, ids[0]!, found({ report }));
      expect((await store.latest(world.own, ids[0]!))?.report).toEqual(report);
      const { report: stored } = await world.database.kysely
        .selectFrom('enrichments')
        .select('report')
        .where('id', '=', id!)
        .executeTakeFirstOrThrow();
      expect(stored!.byteLength).toBeLessThan(JSON.stringify(report).length / 3);
    });

    it('of what VirusTotal does not know has no report', async () => {
      const store = new EnrichmentStore(world.database, world.clock);
      await store.save(world.own, ids[0]!, found({ known: false, verdict: 'unknown', report: null }));
      expect(await store.latest(world.own, ids[0]!)).toMatchObject({ known: false, report: null });
    });

    it('of the cache, which may be older than a change of the IOC, never takes back when that was', async () => {
      const store = new EnrichmentStore(world.database, world.clock);
      world.clock.pass(1_000);
      await world.iocs.patch(world.own, ids[0]!, { note: 'seen in a mail' });
      world.clock.pass(1_000);
      const fetchedAt = new Date('2026-01-01T00:00:00.000Z');
      await store.save(world.own, ids[0]!, found({ fetchedAt }));
      expect(await world.iocs.get(world.own, ids[0]!)).toMatchObject({
        enrichedAt: fetchedAt.toISOString(),
        updatedAt: world.clock.now().toISOString(),
      });
    });

    it('that is older than the one shown goes into the history alone', async () => {
      const store = new EnrichmentStore(world.database, world.clock);
      await store.save(world.own, ids[0]!, found());
      await store.save(
        world.own,
        ids[0]!,
        found({ fetchedAt: new Date('2026-01-01T00:00:00.000Z'), verdict: 'clean', malicious: 0 }),
      );
      expect((await world.iocs.get(world.own, ids[0]!))?.verdict).toBe('malicious');
      expect((await store.history(world.own, ids[0]!)).map(({ verdict }) => verdict)).toEqual([
        'malicious',
        'clean',
      ]);
    });

    it('that no engine judged has no counts', async () => {
      const store = new EnrichmentStore(world.database, world.clock);
      const none = { malicious: null, suspicious: null, engines: null };
      await store.save(world.own, ids[0]!, found({ verdict: 'unknown', ...none }));
      expect(await store.latest(world.own, ids[0]!)).toMatchObject({ verdict: 'unknown', ...none });
      expect(await world.iocs.get(world.own, ids[0]!)).toMatchObject({ verdict: 'unknown', ...none });
    });

    it('of the same moment is kept once, whoever keeps it', async () => {
      const store = new EnrichmentStore(world.database, world.clock);
      const kept = await Promise.all([0, 1, 2].map(() => store.save(world.own, ids[0]!, found())));
      expect(new Set(kept).size).toBe(1);
      expect(await store.history(world.own, ids[0]!)).toHaveLength(1);
    });

    it('of a simulator goes, and its IOC shows the latest from before, judged by the thresholds of today', async () => {
      const store = new EnrichmentStore(world.database, world.clock);
      const none = { malicious: null, suspicious: null, engines: null };
      const [first, before, since, later] = [1, 2, 3, 4].map(
        (day) => new Date(`2026-02-0${day}T00:00:00.000Z`),
      );
      const made = { verdict: 'clean', malicious: 0, threatLabel: 'invented' } as const;
      for (const id of ids.slice(0, 2)) {
        await store.save(world.own, id, found({ fetchedAt: first!, malicious: 20, threatLabel: 'older' }));
        await store.save(world.own, id, found({ fetchedAt: before!, malicious: 3, verdict: 'suspicious' }));
      }
      await store.save(world.own, ids[3]!, found({ fetchedAt: before!, verdict: 'unknown', ...none }));
      await world.organisations.patch(world.own, { suspiciousFrom: 2, maliciousFrom: 3 });
      await world.iocs.rejudge(world.own, { suspiciousFrom: 2, maliciousFrom: 3 });
      for (const id of ids.slice(1, 4)) {
        await store.save(world.own, id, found({ ...made, fetchedAt: since! }));
        await store.save(world.own, id, found({ ...made, fetchedAt: later! }));
      }
      world.clock.pass(1_000);
      expect(await store.removeSince(since!)).toBe(3);
      for (const id of ids.slice(0, 2)) {
        expect(await store.history(world.own, id)).toHaveLength(2);
        expect(await world.iocs.get(world.own, id)).toMatchObject({
          verdict: 'malicious',
          malicious: 3,
          suspicious: 1,
          engines: 72,
          threatLabel: 'trojan.agent',
          enrichedAt: before!.toISOString(),
        });
      }
      expect(await store.history(world.own, ids[2]!)).toEqual([]);
      expect(await world.iocs.get(world.own, ids[2]!)).toMatchObject({
        ...none,
        verdict: null,
        threatLabel: null,
        enrichedAt: null,
        updatedAt: world.clock.now().toISOString(),
      });
      expect(await world.iocs.get(world.own, ids[3]!)).toMatchObject({ verdict: 'unknown', ...none });
      expect(await store.removeSince(since!)).toBe(0);
    });

    it('of a simulator goes from the items of jobs too, and what was said before stays there', async () => {
      const jobs = new JobStore(world.database, world.clock);
      const { id } = await jobs.create(world.own, { kind: 'enrich', selection: { ids: ids.slice(0, 2) } });
      for (const { position } of await jobs.claim(id, 1)) {
        await jobs.finish(id, position, { state: 'done', verdict: 'malicious' });
      }
      world.clock.pass(1_000);
      for (const { position } of await jobs.claim(id, 1)) {
        await jobs.finish(id, position, { state: 'done', verdict: 'clean' });
      }
      await new EnrichmentStore(world.database, world.clock).removeSince(world.clock.now());
      const { items } = await jobs.items(world.own, id, { page: 1, pageSize: 10 });
      expect(items.map(({ state, verdict }) => [state, verdict])).toEqual([
        ['done', 'malicious'],
        ['done', null],
      ]);
    });

    it('is judged anew when thresholds change, by the rule of the badge, in one organisation', async () => {
      const store = new EnrichmentStore(world.database, world.clock);
      const counts = [0, 1, 3, 7, null];
      for (const [index, malicious] of counts.entries()) {
        const engines = malicious === null ? null : 70;
        const judged = { malicious, suspicious: engines && 0, engines };
        const verdict = verdictOf(judged, DEFAULT_THRESHOLDS);
        await store.save(world.own, ids[index]!, found({ ...judged, verdict }));
      }
      const [foreign] = (await world.iocs.import(world.other, domains(1))).ids;
      await store.save(world.other, foreign!, found({ malicious: 2, verdict: 'suspicious' }));
      const [unseen] = (await world.iocs.import(world.own, domains(1, 'unseen'))).ids;
      const thresholds = { suspiciousFrom: 2, maliciousFrom: 3 };
      expect(await world.iocs.rejudge(world.own, thresholds)).toBe(2);
      for (const [index, malicious] of counts.entries()) {
        const engines = malicious === null ? null : 70;
        expect(await world.iocs.get(world.own, ids[index]!)).toMatchObject({
          verdict: verdictOf({ malicious, engines }, thresholds),
        });
      }
      expect(await world.iocs.get(world.own, unseen!)).toMatchObject({ verdict: null });
      expect(await world.iocs.get(world.other, foreign!)).toMatchObject({ verdict: 'suspicious' });
    });

    it('of an IOC that is not there, or of another organisation, is not kept', async () => {
      const store = new EnrichmentStore(world.database, world.clock);
      expect(await store.save(world.own, MISSING, found())).toBeUndefined();
      expect(await store.save(world.other, ids[0]!, found())).toBeUndefined();
      await store.save(world.own, ids[0]!, found());
      expect(await store.history(world.other, ids[0]!)).toEqual([]);
      expect(await store.latest(world.other, ids[0]!)).toBeUndefined();
    });
  });

  describe('a relation', () => {
    it('is kept once and seen from both sides', async () => {
      const store = new RelationStore(world.database, world.clock);
      const relations = [
        { targetId: ids[1]!, relation: 'resolutions' },
        { targetId: ids[2]!, relation: 'resolutions' },
      ];
      expect(await store.add(world.own, ids[0]!, relations)).toBe(2);
      expect(await store.add(world.own, ids[0]!, relations)).toBe(0);
      expect(await store.of(world.own, ids[0]!)).toMatchObject([
        { relation: 'resolutions', direction: 'to', ioc: { id: ids[1], value: 'd1.example' } },
        { relation: 'resolutions', direction: 'to', ioc: { id: ids[2], value: 'd2.example' } },
      ]);
      expect(await store.of(world.own, ids[1]!)).toMatchObject([{ direction: 'from', ioc: { id: ids[0] } }]);
    });

    it('stays within the organisation, and does not lead to itself', async () => {
      const store = new RelationStore(world.database, world.clock);
      const theirs = (await world.iocs.import(world.other, domains(1))).ids[0]!;
      const to = (targetId: string): { targetId: string; relation: string } => ({ targetId, relation: 'r' });
      expect(await store.add(world.own, ids[0]!, [to(theirs), to(MISSING), to(ids[0]!)])).toBe(0);
      expect(await store.add(world.own, theirs, [to(ids[0]!)])).toBe(0);
      await store.add(world.own, ids[0]!, [to(ids[1]!)]);
      expect(await store.of(world.other, ids[0]!)).toEqual([]);
    });
  });

  describe('a job', () => {
    let jobs: JobStore;
    let jobId: string;
    beforeEach(async () => {
      jobs = new JobStore(world.database, world.clock);
      jobId = (await jobs.create(world.own, { kind: 'enrich', selection: { ids } })).id;
    });

    it('begins with an open item for each IOC', async () => {
      expect(await jobs.get(world.own, jobId)).toMatchObject({
        state: 'running',
        total: 5,
        done: 0,
        failed: 0,
      });
      const page = await jobs.items(world.own, jobId, { page: 2, pageSize: 2 });
      expect(page.total).toBe(5);
      expect(page.items).toMatchObject([
        { position: 2, state: 'open', iocId: ids[2], type: 'domain', value: 'd2.example' },
        { position: 3, state: 'open', iocId: ids[3] },
      ]);
    });

    it('over a filter has what it lets through, and over ids what is the organisation’s', async () => {
      const theirs = (await world.iocs.import(world.other, domains(2))).ids;
      const filtered = await jobs.create(world.own, {
        kind: 'enrich',
        selection: { filter: { search: 'd1' } },
        options: { fresh: true },
        createdBy: 'somebody',
      });
      expect(filtered).toMatchObject({ total: 1, options: { fresh: true }, createdBy: 'somebody' });
      const picked = await jobs.create(world.own, {
        kind: 'enrich',
        selection: { ids: [theirs[0]!, ids[4]!, ids[4]!, ids[0]!] },
      });
      const { items } = await jobs.items(world.own, picked.id, { page: 1, pageSize: 10 });
      expect(items.map(({ iocId }) => iocId)).toEqual([ids[4], ids[0]]);
    });

    it('over nothing is finished', async () => {
      expect(await jobs.create(world.own, { kind: 'enrich', selection: { ids: [MISSING] } })).toMatchObject({
        state: 'finished',
        total: 0,
      });
    });

    it('gives each item to one of those who ask at the same time', async () => {
      const claimed = await Promise.all([1, 2, 3, 4].map(() => jobs.claim(jobId, 2)));
      const positions = claimed.flat().map(({ position }) => position);
      expect(new Set(positions).size).toBe(positions.length);
      const rest = await jobs.claim(jobId, 5);
      expect([...positions, ...rest.map(({ position }) => position)].sort()).toEqual([0, 1, 2, 3, 4]);
      expect(await jobs.claim(jobId, 1)).toEqual([]);
    });

    it('is finished by its last item, and counts how each ended', async () => {
      const items = await jobs.claim(jobId, 5);
      expect(items[0]).toEqual({ position: 0, iocId: ids[0], type: 'domain', value: 'd0.example' });
      await jobs.finish(jobId, 0, { state: 'done', verdict: 'clean' });
      await jobs.finish(jobId, 1, { state: 'failed', message: 'no answer' });
      await jobs.finish(jobId, 2, { state: 'skipped' });
      expect(await jobs.finish(jobId, 3, { state: 'done' })).toMatchObject({
        state: 'running',
        done: 3,
        failed: 1,
      });
      expect(await jobs.counts(jobId)).toEqual({ open: 0, in_work: 1, done: 2, failed: 1, skipped: 1 });
      expect(await jobs.finish(jobId, 4, { state: 'done' })).toMatchObject({
        state: 'finished',
        done: 4,
        failed: 1,
        finishedAt: world.clock.now().toISOString(),
      });
      const failed = await jobs.items(world.own, jobId, { page: 1, pageSize: 10, state: 'failed' });
      expect(failed).toMatchObject({ total: 1, items: [{ position: 1, message: 'no answer' }] });
    });

    it('counts an item once that is finished twice', async () => {
      await jobs.claim(jobId, 1);
      await jobs.finish(jobId, 0, { state: 'done' });
      expect(await jobs.finish(jobId, 0, { state: 'failed' })).toMatchObject({ done: 1, failed: 0 });
      expect(await jobs.finish(MISSING, 0, { state: 'done' })).toBeUndefined();
    });

    it('skips the items of IOCs that were deleted, and finishes with them', async () => {
      await world.iocs.delete(world.own, { ids: [ids[0]!, ids[1]!] });
      expect((await jobs.claim(jobId, 2)).map(({ position }) => position)).toEqual([2, 3]);
      expect(await jobs.get(world.own, jobId)).toMatchObject({ done: 2, total: 5 });
      await world.iocs.delete(world.own, { filter: {} });
      await jobs.finish(jobId, 2, { state: 'done' });
      await jobs.finish(jobId, 3, { state: 'done' });
      expect(await jobs.claim(jobId, 2)).toEqual([]);
      expect(await jobs.get(world.own, jobId)).toMatchObject({ state: 'finished', done: 5 });
    });

    it('gives what a killed process left to the next one, at once or when its lease is over', async () => {
      await jobs.claim(jobId, 2, 60_000);
      await jobs.finish(jobId, 0, { state: 'done' });
      expect((await jobs.claim(jobId, 5)).map(({ position }) => position)).toEqual([2, 3, 4]);
      world.clock.pass(60_001);
      expect((await jobs.claim(jobId, 5)).map(({ position }) => position)).toEqual([1]);
      expect(await jobs.reopen()).toBeGreaterThanOrEqual(4);
      expect((await jobs.claim(jobId, 5)).map(({ position }) => position)).toEqual([1, 2, 3, 4]);
    });

    it('takes back an item to which nothing was done', async () => {
      await jobs.claim(jobId, 1);
      await jobs.release(jobId, 0);
      expect((await jobs.claim(jobId, 1)).map(({ position }) => position)).toEqual([0]);
    });

    type Change = 'pause' | 'resume' | 'cancel';
    it.each<[JobState, Change[], Change, JobState]>([
      ['running', [], 'pause', 'paused'],
      ['running', [], 'resume', 'running'],
      ['running', [], 'cancel', 'cancelled'],
      ['paused', ['pause'], 'resume', 'running'],
      ['paused', ['pause'], 'cancel', 'cancelled'],
      ['cancelled', ['cancel'], 'resume', 'cancelled'],
      ['cancelled', ['cancel'], 'pause', 'cancelled'],
    ])('that is %s is, after %j and %s, %s', async (_state, before, change, state) => {
      for (const earlier of before) await jobs[earlier](world.own, jobId);
      expect((await jobs[change](world.own, jobId))?.state).toBe(state);
      expect(await jobs.claim(jobId, 1)).toHaveLength(state === 'running' ? 1 : 0);
      expect((await jobs.running()).some(({ id }) => id === jobId)).toBe(state === 'running');
    });

    it('waits until its moment comes', async () => {
      const at = new Date(world.clock.now().getTime() + 5_000);
      expect(await jobs.wait(jobId, at, 'the quota is spent')).toMatchObject({
        state: 'waiting',
        resumeAt: at.toISOString(),
        reason: 'the quota is spent',
      });
      expect(await jobs.claim(jobId, 1)).toEqual([]);
      world.clock.pass(4_999);
      expect((await jobs.wake()).map(({ id }) => id)).not.toContain(jobId);
      world.clock.pass(1);
      expect((await jobs.wake()).map(({ id }) => id)).toContain(jobId);
      expect(await jobs.get(world.own, jobId)).toMatchObject({
        state: 'running',
        resumeAt: null,
        reason: null,
      });
    });

    it('is nothing to another organisation', async () => {
      expect(await jobs.get(world.other, jobId)).toBeUndefined();
      expect(await jobs.list(world.other)).toEqual([]);
      expect(await jobs.items(world.other, jobId, { page: 1, pageSize: 10 })).toEqual({
        items: [],
        total: 0,
      });
      for (const change of ['pause', 'resume', 'cancel'] as const) {
        expect(await jobs[change](world.other, jobId)).toBeUndefined();
      }
      expect((await jobs.list(world.own)).map(({ id, state }) => [id, state])).toEqual([[jobId, 'running']]);
    });
  });

  describe('a budget', () => {
    const at = new Date('2026-02-27T23:00:00.000Z');
    const tomorrow = new Date('2026-02-28T00:00:00.000Z');

    it('of look-ups is not exceeded by those that come at the same time', async () => {
      await world.organisations.patch(world.own, { budgetPerDay: 5 });
      const usage = new UsageStore(world.database);
      const answers = await Promise.all(Array.from({ length: 12 }, () => usage.take(world.own, at)));
      expect(answers.filter((answer) => answer === undefined)).toHaveLength(5);
      expect(answers.find((answer) => answer !== undefined)).toEqual({
        budget: 'day',
        limit: 5,
        resetsAt: '2026-02-28T00:00:00.000Z',
      });
      expect(await usage.read(world.own, at)).toEqual({
        day: { used: 5, limit: 5, resetsAt: '2026-02-28T00:00:00.000Z' },
        month: { used: 5, limit: null, resetsAt: '2026-03-01T00:00:00.000Z' },
      });
    });

    it('of a month goes on through its days and begins anew with the next', async () => {
      await world.organisations.patch(world.own, { budgetPerMonth: 2 });
      const usage = new UsageStore(world.database);
      expect(await usage.take(world.own, at)).toBeUndefined();
      expect(await usage.take(world.own, tomorrow)).toBeUndefined();
      expect(await usage.take(world.own, tomorrow)).toMatchObject({
        budget: 'month',
        resetsAt: '2026-03-01T00:00:00.000Z',
      });
      expect(await usage.take(world.own, new Date('2026-03-01T00:00:00.000Z'))).toBeUndefined();
    });

    it('gets a look-up back that was not done', async () => {
      const usage = new UsageStore(world.database);
      await usage.giveBack(world.own, at);
      expect(await usage.take(world.own, at)).toBeUndefined();
      await usage.giveBack(world.own, at);
      expect((await usage.read(world.own, at)).day.used).toBe(0);
      expect((await usage.read(world.other, at)).day.used).toBe(0);
    });
  });
}
