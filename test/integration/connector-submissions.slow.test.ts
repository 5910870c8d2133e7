import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { PlatformSimulator } from '../../src/simulators/platform/simulator.js';
import { digestOf, type FileBytes } from '../../src/simulators/platform/file-bytes.js';
import type { VirusTotalSimulator } from '../../src/simulators/virustotal/server.js';
import {
  startConnectorWorld,
  type ConnectorWorld,
  type ConnectorWorldOptions,
} from '../helpers/connector-world.js';
import {
  bundleObjects,
  calledNames,
  messagesOf,
  notesAbout,
  workOperations,
  workSettled,
} from '../helpers/enrichment-results.js';

const MEBIBYTE = 1024 * 1024;
const RUNNING = { by: 'time', queuedMs: 600_000, inProgressMs: 0 } as const;
const ENDED = { by: 'time', queuedMs: 0, inProgressMs: 0 } as const;

describe('what VirusTotal does not know', () => {
  let world: ConnectorWorld | undefined;

  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  /** Analyses run until a test says that they have ended. */
  const start = async (
    variables: Readonly<Record<string, string>> = {},
    options: Pick<ConnectorWorldOptions, 'transport' | 'version'> = {},
  ): Promise<ConnectorWorld> => {
    world = await startConnectorWorld({
      ...options,
      virusTotal: { behaviour: { analysisPace: RUNNING, analyse: () => ({ malicious: 12 }) } },
      variables: { VIRUSTOTAL_ANALYSIS_POLL_SECONDS: '1', ...variables },
    });
    return world;
  };

  const waits = async (platform: PlatformSimulator, workId: string): Promise<void> => {
    await platform.until(
      () => messages(platform, workId).some((message) => message.includes('is queued since')),
      {
        description: () => `the wait for the analysis: ${JSON.stringify(platform.work(workId))}`,
      },
    );
  };

  it('is submitted once when it is a URL, waited for across a kill, and enriched in the end', async () => {
    const { platform, virusTotal, connector, startConnector } = await start();
    const url = platform.addObservable('Url', { value: 'https://unseen.example.com/a' });
    const works = await Promise.all(
      [1, 2].map(() => platform.requestEnrichment({ entityId: url.standardId })),
    );
    for (const workId of works) await waits(platform, workId);
    const [workId = ''] = works;
    expect(platform.work(workId)).toMatchObject({ status: 'progress', expected: 0, processedTime: null });
    expect(messages(platform, workId).at(-1)).toMatch(
      /^VirusTotal: the analysis of https:\/\/unseen\.example\.com\/a is queued since [\d :-]+ UTC; the result follows by itself\.$/,
    );
    // The delivery is acknowledged, so a request that comes later is not held up by it.
    const other = platform.addObservable('Domain-Name', { value: 'example.com' });
    await workSettled(platform, await platform.requestEnrichment({ entityId: other.standardId }));

    await connector.stop('SIGKILL');
    await startConnector();
    virusTotal.behaviour.analysisPace = ENDED;
    for (const id of works) {
      expect(await workSettled(platform, id, 30_000)).toMatchObject({ status: 'complete', errors: [] });
      expect(messages(platform, id).at(-1)).toMatch(/^VirusTotal: 12 of \d+ engines call this malicious/);
    }
    expect(posts(virusTotal)).toEqual(['/urls']);
    expect(await platform.queueDepth('listen')).toBe(0);
  });

  // Memory is measured as Linux tells it.
  it.runIf(process.platform === 'linux')(
    'is uploaded once when it is an Artifact of 30 MB, without being held in memory, and finished after a kill',
    async () => {
      const { platform, virusTotal, startConnector, ...running } = await start();
      // What every upload needs is in memory from here on.
      virusTotal.behaviour.analysisPace = ENDED;
      const first = await platform.requestEnrichment({
        entityId: artifact(platform, { sizeBytes: MEBIBYTE, seed: 'a' }),
      });
      await workSettled(platform, first, 30_000);
      virusTotal.behaviour.analysisPace = RUNNING;

      const { connector } = running;
      const before = residentBytes(connector.pid, 'VmRSS');
      // From here on the peak is counted anew.
      writeFileSync(`/proc/${connector.pid ?? 'self'}/clear_refs`, '5');
      const samples: number[] = [];
      virusTotal.behaviour.uploadPace = () => {
        samples.push(residentBytes(connector.pid, 'VmRSS'));
        return undefined;
      };
      const workId = await platform.requestEnrichment({
        entityId: artifact(platform, { sizeBytes: 30 * MEBIBYTE, seed: 'b' }),
      });
      await waits(platform, workId);
      samples.push(residentBytes(connector.pid, 'VmHWM'));
      expect(samples.length).toBeGreaterThan(100);
      expect(Math.max(...samples) - before).toBeLessThan(20 * MEBIBYTE);

      await connector.stop('SIGKILL');
      await startConnector();
      virusTotal.behaviour.analysisPace = ENDED;
      expect(await workSettled(platform, workId, 30_000)).toMatchObject({ status: 'complete', errors: [] });
      expect(posts(virusTotal)).toEqual(['/files', '/files']);
      const sent = virusTotal.log
        .matching(({ method }) => method === 'POST')
        .map(({ uploadedBytes }) => uploadedBytes);
      expect(sent).toEqual([MEBIBYTE, 30 * MEBIBYTE]);
      // Following the analysis of a file that nobody had submitted is free; so was the upload.
      expect(
        virusTotal.log.matching(({ path, quotaUnits }) => path.startsWith('/analyses') && quotaUnits > 0),
      ).toEqual([]);
    },
  );

  it('leaves a playbook step unanswered until the analysis has ended, across a kill', async () => {
    const { platform, virusTotal, connector, startConnector } = await start();
    const entityId = artifact(platform, Buffer.from('a playbook wants to know'));
    const { executionId } = await platform.requestPlaybookStep({ entityId });
    const replies = (): PlatformSimulator['playbookReplies'] =>
      platform.playbookReplies.filter((reply) => reply.executionId === executionId);
    await virusTotal.log.waitFor(1, ({ path }) => path.startsWith('/analyses/'));
    expect(replies()).toEqual([]);
    await connector.stop('SIGKILL');
    await startConnector();
    virusTotal.behaviour.analysisPace = ENDED;
    await platform.until(() => replies().length > 0, {
      timeoutMs: 30_000,
      description: 'the answer to the step',
    });
    const [reply, ...more] = replies();
    expect(more).toEqual([]);
    expect(reply).toMatchObject({ expected: true, dataInstanceId: entityId });
    expect(bundleObjects(reply?.bundle).map(({ type }) => type)).toContain('note');
    expect(posts(virusTotal)).toEqual(['/files']);
  });

  it('is not lost with the process when requests come by HTTP callback, either', async () => {
    const { platform, virusTotal, connector, startConnector } = await start({}, { transport: 'callback' });
    const url = platform.addObservable('Url', { value: 'https://callback.example.com/' });
    const workId = await platform.requestEnrichment({ entityId: url.standardId });
    await waits(platform, workId);
    await connector.stop('SIGTERM');
    await startConnector();
    virusTotal.behaviour.analysisPace = ENDED;
    const notes = (): number => platform.entities('Note').length;
    await platform.until(() => notes() > 0 && platform.work(workId)?.processedTime !== null, {
      timeoutMs: 30_000,
      description: () => `the result: ${JSON.stringify(platform.work(workId))}`,
    });
    expect(posts(virusTotal)).toEqual(['/urls']);
  });

  it('is imported where the platform has closed the work meanwhile, and throws away what still names it', async () => {
    const { platform, virusTotal } = await start({}, { version: '6.9.22' });
    const url = platform.addObservable('Url', { value: 'https://overtaken.example.com/' });
    const workId = await platform.requestEnrichment({ entityId: url.standardId });
    await waits(platform, workId);
    // One with results: a work without any overtakes nobody on this version.
    const newer = platform.addObservable('Domain-Name', { value: 'example.com' });
    await workSettled(platform, await platform.requestEnrichment({ entityId: newer.standardId }));
    expect(platform.closeOvertakenWorks()).toEqual([workId]);
    virusTotal.behaviour.analysisPace = ENDED;
    await platform.until(() => notesAbout(platform, url.standardId).length > 0, {
      timeoutMs: 30_000,
      description: 'the note of a result whose work was closed',
    });
    expect(messagesOf(platform, workId)).toEqual([]);
  });

  it('comes back in the draft in which it was asked', async () => {
    const { platform, virusTotal } = await start();
    const draft = platform.createDraft('looks new');
    const url = platform.addObservable('Url', { value: 'https://draft.example.com/' }, { draftId: draft.id });
    const workId = await platform.requestEnrichment({ entityId: url.standardId, draftId: draft.id });
    await waits(platform, workId);
    virusTotal.behaviour.analysisPace = ENDED;
    await workSettled(platform, workId, 30_000);
    const drafts = messagesOf(platform, workId).map(({ fields }) => fields?.draft_id);
    expect(new Set(drafts)).toEqual(new Set([draft.id]));
  });

  it('goes on when somebody has deleted the work meanwhile', async () => {
    const { platform, virusTotal } = await start();
    const url = platform.addObservable('Url', { value: 'https://deleted.example.com/' });
    const workId = await platform.requestEnrichment({ entityId: url.standardId });
    await waits(platform, workId);
    platform.deleteWork(workId);
    virusTotal.behaviour.analysisPace = ENDED;
    await platform.until(() => platform.entities('Note').length > 0, {
      timeoutMs: 30_000,
      description: 'the note of a result without a work',
    });
  });

  it('is not submitted when its marking is above the ceiling, and says so', async () => {
    const { platform, virusTotal } = await start();
    const url = platform.addObservable(
      'Url',
      { value: 'https://green.example.com/' },
      { markings: ['TLP:GREEN'] },
    );
    for (const entityId of [artifact(platform, Buffer.from('green'), ['TLP:GREEN']), url.standardId]) {
      const work = await workSettled(platform, await platform.requestEnrichment({ entityId }));
      expect(work).toMatchObject({ status: 'complete', errors: [] });
      expect(messages(platform, work.id).at(-1)).toMatch(
        /^VirusTotal has no report on .+\. It was not submitted: its marking is above TLP:CLEAR, .*VIRUSTOTAL_UPLOAD_MAX_TLP/,
      );
      expect(calledNames(workOperations(platform, work.id))).not.toContain('ping');
    }
    expect(posts(virusTotal)).toEqual([]);
    expect(platform.downloads).toEqual([]);
  });

  it('is not submitted when the file itself has a stricter marking than its Artifact', async () => {
    const { platform, virusTotal } = await start();
    const content = Buffer.from('red');
    const files = [{ name: 'sample.bin', content, markings: ['TLP:RED'] }];
    const hashes = { 'SHA-256': digestOf(content, 'sha256') };
    const { standardId } = platform.addObservable('Artifact', { hashes }, { files, markings: ['TLP:CLEAR'] });
    const work = await workSettled(platform, await platform.requestEnrichment({ entityId: standardId }));
    expect(messages(platform, work.id).at(-1)).toMatch(
      /^VirusTotal has no report on .+\. It was not submitted: the marking of its file is above TLP:CLEAR, .*VIRUSTOTAL_UPLOAD_MAX_TLP/,
    );
    expect([posts(virusTotal), platform.downloads]).toEqual([[], []]);
  });

  it('is not submitted when it was marked after it was asked for', async () => {
    const { platform, virusTotal, connector, startConnector } = await start();
    await connector.stop('SIGTERM');
    const url = platform.addObservable('Url', { value: 'https://marked.example.com/' });
    const workId = await platform.requestEnrichment({ entityId: url.standardId });
    url.markingRefs.push('marking-definition--11111111-2222-4333-8444-555555555555');
    await startConnector();
    await workSettled(platform, workId, 30_000);
    expect(messages(platform, workId).at(-1)).toMatch(
      /^VirusTotal has no report on .+\. It was not submitted: its marking is no known TLP, .*VIRUSTOTAL_UPLOAD_MAX_TLP/,
    );
    expect(posts(virusTotal)).toEqual([]);
  });

  it('is not submitted when the options are off', async () => {
    const { platform, virusTotal } = await start({
      VIRUSTOTAL_FILE_UPLOAD_UNSEEN_ARTIFACTS: 'false',
      VIRUSTOTAL_URL_UPLOAD_UNSEEN: 'false',
    });
    const url = platform.addObservable('Url', { value: 'https://off.example.com/' });
    for (const entityId of [artifact(platform, Buffer.from('off')), url.standardId]) {
      const work = await workSettled(platform, await platform.requestEnrichment({ entityId }));
      expect(messages(platform, work.id).at(-1)).toMatch(/^VirusTotal has no report on \S+\.$/);
    }
    expect(posts(virusTotal)).toEqual([]);
  });
});

/** Adds an Artifact with its file, and returns its id. */
function artifact(platform: PlatformSimulator, content: FileBytes, markings: string[] = []): string {
  const hashes = { 'SHA-256': digestOf(content, 'sha256') };
  const files = [{ name: 'sample.bin', content }];
  return platform.addObservable('Artifact', { hashes }, { files, markings }).standardId;
}

function messages(platform: PlatformSimulator, workId: string): string[] {
  return platform.work(workId)?.messages.map(({ message }) => message) ?? [];
}

/** What VirusTotal was sent, in order. */
function posts({ log }: VirusTotalSimulator): string[] {
  return log.matching(({ method }) => method === 'POST').map(({ path }) => path);
}

/** Memory of a process that is in use now (`VmRSS`), or was at most (`VmHWM`). */
function residentBytes(pid: number | undefined, name: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid ?? 'self'}/status`, 'utf8');
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
}
