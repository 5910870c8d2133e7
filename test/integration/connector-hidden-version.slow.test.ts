import { afterEach, describe, expect, it } from 'vitest';
import { eicar, unknownFile } from '../../src/simulators/virustotal/samples/demo-values.js';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { messagesOf, notesAbout, refusals, workSettled } from '../helpers/enrichment-results.js';

const VERSIONS = ['6.0.6', '6.8.8', '6.9.22', '7.260817.0'] as const;
const OTHERS = ['one.example.com', 'two.example.com', 'three.example.com'];

describe.each([
  ...VERSIONS.map((version) => ({ version, hidesVersion: 'unreadable' as const })),
  { version: '6.0.6', hidesVersion: 'refused' as const },
  { version: '7.260817.0', hidesVersion: 'refused' as const },
])('on OpenCTI $version, which does not say so ($hidesVersion)', ({ version, hidesVersion }) => {
  let world: ConnectorWorld | undefined;

  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  it('registers, pings, enriches, answers playbooks, and loses nothing when works overtake each other', async () => {
    world = await startConnectorWorld({ version, platform: { hidesVersion, workManagerIntervalMs: 0 } });
    const { platform, connector, gate, virusTotal } = world;

    // The results of the oldest come last, when the platform may have closed its work.
    const held = gate.hold(`/files/${eicar.md5}`);
    const file = platform.addObservable('StixFile', { hashes: { MD5: eicar.md5 } });
    await platform.requestEnrichment({ entityId: file.standardId, mode: 'auto' });
    await virusTotal.log.waitFor(1);
    const younger = await Promise.all(
      OTHERS.map((value) =>
        platform.requestEnrichment({
          entityId: platform.addObservable('Domain-Name', { value }).standardId,
          mode: 'manual',
        }),
      ),
    );
    await virusTotal.log.waitFor(1 + OTHERS.length);
    platform.closeOvertakenWorks();
    held.open();
    for (const id of younger) expect(await workSettled(platform, id)).toMatchObject({ errors: [] });
    await platform.until(() => notesAbout(platform, file.standardId).length > 0, {
      description: 'the results of the oldest',
    });

    const unknown = platform.addObservable('StixFile', { hashes: { 'SHA-256': unknownFile.sha256 } });
    const empty = await platform.requestEnrichment({ entityId: unknown.standardId });
    expect(await workSettled(platform, empty)).toMatchObject({ expected: 1, processed: 1, errors: [] });
    const step = await platform.requestPlaybookStep({ entityId: file.standardId });
    await platform.until(
      () => platform.playbookReplies.some(({ executionId }) => executionId === step.executionId),
      { description: 'the answer to the playbook step' },
    );

    expect(platform.entity(file.standardId)?.score).toBe(94);
    expect(refusals(platform)).toEqual([]);
    expect(platform.pushed.filter(({ action }) => action !== 'import')).toEqual([]);
    // Nothing may end up in the draft in which our user happens to be.
    expect(messagesOf(platform, empty).map(({ fields }) => fields?.draft_id)).toEqual(['']);
    // Only what is probed is refused, each once.
    expect(
      platform.operations
        .filter(({ errors }) => errors.length > 0)
        .map(({ fields }) => fields[0])
        .filter((field) => !(field === 'about' && hidesVersion === 'refused')),
    ).toEqual(
      version === '6.0.6'
        ? ['registerConnector', 'pingConnector']
        : version === '6.8.8'
          ? ['registerConnector']
          : [],
    );
    const warnings = connector
      .log()
      .split('\n')
      .filter((line) => line.includes('"level":"WARN"'));
    expect(warnings).toEqual([expect.stringContaining('version of OpenCTI is not known')]);
  }, 120_000);
});

describe.each(['6.5.7', '6.8.9', '7.260817.0'])(
  'without a broker, on OpenCTI %s, which does not say so',
  (version) => {
    it('is called back, and its results arrive', async () => {
      const world = await startConnectorWorld({
        version,
        transport: 'callback',
        // Workers of 6.5.7 show their own token (protocol reference §11).
        platform: { hidesVersion: 'unreadable', token: 'the-only-token', workerToken: 'the-only-token' },
      });
      try {
        const { platform } = world;
        const { standardId } = platform.addObservable('StixFile', { hashes: { MD5: eicar.md5 } });
        const id = await platform.requestEnrichment({ entityId: standardId });
        expect(await workSettled(platform, id)).toMatchObject({ errors: [] });
        await platform.until(() => notesAbout(platform, standardId).length > 0, {
          description: 'the results',
        });
        const unknown = platform.addObservable('StixFile', { hashes: { 'SHA-256': unknownFile.sha256 } });
        const empty = await platform.requestEnrichment({ entityId: unknown.standardId });
        expect(await workSettled(platform, empty)).toMatchObject({ expected: 1, processed: 1, errors: [] });
        expect(refusals(platform)).toEqual([]);
      } finally {
        await world.close();
      }
    }, 60_000);
  },
);
