import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlatformSimulator } from '../../src/simulators/platform/simulator.js';
import { eicar, maliciousUrl } from '../../src/simulators/virustotal/samples/demo-values.js';
import { EVERY_TYPE, startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import {
  calledNames,
  entityWith,
  messagesOf,
  notesAbout,
  objectsOf,
  refusals,
  relationshipsOf,
  watchForEarlyMessages,
  workOperations,
} from '../helpers/enrichment-results.js';
import { guiUrl, KIND_VARIABLES, kinds, requestEveryKind, sample } from '../helpers/kinds.js';

const AUTHOR = 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756';

describe('one request of each kind', () => {
  let world: ConnectorWorld;
  let platform: PlatformSimulator;
  let workIdOf: (type: string) => string;
  let entityIdOf: (type: string) => string;
  const publishedTooEarly: string[] = [];

  beforeAll(async () => {
    // With a latency the broker is much faster than the API: whoever does not await the API is found out.
    world = await startConnectorWorld({ platform: { latencyMs: 20 }, variables: KIND_VARIABLES });
    platform = world.platform;
    watchForEarlyMessages(platform, publishedTooEarly);
    ({ workIdOf, entityIdOf } = await requestEveryKind(world));
  });

  afterAll(async () => {
    await world.close();
  });

  it('registers with the fields of the version and pings with its state and how it does', () => {
    expect(
      platform.operations
        .slice(0, 3)
        .map(({ fields, variables }) => [fields[0], Object.keys(variables.input ?? variables)]),
    ).toEqual([
      ['about', []],
      [
        'registerConnector',
        [
          'id',
          'name',
          'type',
          'scope',
          'auto',
          'only_contextual',
          'playbook_compatible',
          'auto_update',
          'enrichment_resolution',
        ],
      ],
      ['pingConnector', ['id', 'state', 'connectorInfo']],
    ]);
    expect(platform.operationsOf('registerConnector')[0]?.variables).toEqual({
      input: {
        id: world.variables.CONNECTOR_ID,
        name: 'VirusTotal',
        type: 'INTERNAL_ENRICHMENT',
        scope: EVERY_TYPE.split(','),
        auto: false,
        only_contextual: false,
        playbook_compatible: true,
        auto_update: false,
        enrichment_resolution: 'none',
      },
    });
    expect(platform.operationsOf('pingConnector')[0]?.variables).toMatchObject({
      id: world.variables.CONNECTOR_ID,
      state: 'null',
      connectorInfo: {
        run_and_terminate: false,
        buffering: false,
        queue_threshold: 500,
        queue_messages_size: 0,
      },
    });
  });

  it('sends every GraphQL request with a draft header, without an applicant, and none that the platform refuses', () => {
    const wrong = platform.operations.filter(
      ({ headers, errors, authenticated }) =>
        headers['opencti-draft-id'] !== '' ||
        'opencti-applicant-id' in headers ||
        errors.length > 0 ||
        !authenticated,
    );
    expect(wrong).toEqual([]);
    expect(new Set(platform.operations.map(({ fields }) => fields.length))).toEqual(new Set([1]));
  });

  it('asks VirusTotal once for each value and once for each ruleset, and for nothing else', () => {
    expect(world.virusTotal.log.entries.map(({ path }) => path).toSorted()).toEqual(
      [
        `/files/${eicar.sha256}`,
        `/files/${eicar.md5}`,
        `/files/${sample.md5}`,
        '/ip_addresses/1.2.3.4',
        '/ip_addresses/2001:4860:4860::8888',
        '/ip_addresses/8.8.8.8',
        '/domains/evil.example.com',
        '/domains/c2.evil.example.com',
        `/urls/${Buffer.from(maliciousUrl).toString('base64url')}`,
        '/yara_rulesets/00dec00001',
        '/yara_rulesets/00dec00002',
        '/yara_rulesets/00dec00404',
      ].toSorted(),
    );
  });

  describe.each(kinds)('$type', ({ type, message, score, reference, objectTypes }) => {
    it('is received, announced once with the number of its objects, and reported as processed once', () => {
      const operations = workOperations(platform, workIdOf(type));
      expect(calledNames(operations)).toEqual(['toReceived', 'addExpectations', 'toProcessed']);
      expect(operations[1]?.variables.expectations).toBe(objectsOf(platform, workIdOf(type)).length);
      expect(publishedTooEarly).not.toContain(workIdOf(type));
      expect(operations[2]?.variables).toMatchObject({ message, inError: false });
    });

    it('completes with everything imported and nothing refused', () => {
      const { length } = objectsOf(platform, workIdOf(type));
      expect(platform.work(workIdOf(type))).toMatchObject({
        status: 'complete',
        expected: length,
        processed: length,
        errors: [],
      });
      expect(refusals(platform)).toEqual([]);
    });

    it('comes back as one message that is imported as a whole', () => {
      const messages = messagesOf(platform, workIdOf(type));
      const applicant = platform.connectors[0]?.userId;
      expect(messages.map(({ fields, action }) => ({ ...fields, action }))).toEqual([
        {
          bundle_type: 'QUEUE_BUNDLE',
          applicant_id: applicant,
          no_split: true,
          action_sequence: 1,
          entities_types: [],
          update: false,
          work_id: workIdOf(type),
          draft_id: '',
          action: 'import',
        },
      ]);
      expect(messages[0]?.properties).toMatchObject({ deliveryMode: 2, contentEncoding: 'utf-8' });
      expect(messages[0]?.bundle).toMatchObject({ type: 'bundle' });
    });

    it('sends no object before those it refers to, and each once', () => {
      const objects = objectsOf(platform, workIdOf(type));
      const order = objects.map(({ nb_deps: dependencies }) => Number(dependencies));
      expect(order).toEqual(order.toSorted((left, right) => left - right));
      expect(new Set(objects.map(({ id }) => id)).size).toBe(objects.length);
      const types = objects.map((object) => object.type).filter((name) => name !== 'relationship');
      expect(types.toSorted()).toEqual(objectTypes.toSorted());
    });

    it('leaves score, external reference and a Note of VirusTotal on the entity', () => {
      const entity = platform.entity(entityIdOf(type));
      expect(entity?.score).toBe(score);
      expect(entity?.externalReferences).toContainEqual({
        source_name: 'VirusTotal',
        description: 'VirusTotal Report',
        url: reference,
      });
      const [note] = notesAbout(platform, entityIdOf(type));
      expect(note?.createdByRef).toBe(AUTHOR);
      expect(String(note?.attributes.attribute_abstract ?? note?.attributes.abstract)).toContain(
        'VirusTotal results',
      );
    });
  });

  it('gives a file its other hashes, its size and names, labels, and Indicators from verdict and YARA rules', () => {
    const id = entityIdOf('StixFile');
    expect(platform.entity(id)).toMatchObject({
      labels: ['attachment', 'known-distributor', 'via-tor'],
      attributes: {
        name: 'eicar.com',
        size: 68,
        hashes: { MD5: eicar.md5, 'SHA-1': eicar.sha1, 'SHA-256': eicar.sha256 },
      },
      additionalNames: ['eicar.com.txt', 'test file | with pipe.txt'],
    });
    const indicator = entityWith(
      platform,
      'Indicator',
      'pattern',
      `[file:hashes.'SHA-256' = '${eicar.sha256}']`,
    );
    expect(indicator).toMatchObject({
      standardId: 'indicator--139a28ba-a759-5006-ac55-0f8e0fba0450',
      score: 94,
      detection: true,
      mainObservableType: 'StixFile',
      createdByRef: AUTHOR,
    });
    const yara = platform
      .entities('Indicator')
      .filter(({ attributes }) => attributes.pattern_type === 'yara');
    expect(yara.map(({ attributes }) => attributes.name).toSorted()).toEqual([
      'demo_eicar_digest',
      'demo_eicar_text',
      'demo_printable_start',
    ]);
    expect(relationshipsOf(platform, id).toSorted()).toEqual(
      [
        [indicator?.standardId, 'based-on', id],
        ...yara.map(({ standardId }) => [id, 'related-to', standardId]),
      ].toSorted(),
    );
  });

  it('gives an artifact its other hashes and seeks it as a file', () => {
    const id = entityIdOf('Artifact');
    expect(platform.entity(id)?.attributes.hashes).toEqual({
      MD5: sample.md5,
      'SHA-1': sample.sha1,
      'SHA-256': sample.sha256,
    });
    const indicator = entityWith(
      platform,
      'Indicator',
      'pattern',
      `[file:hashes.'SHA-256' = '${sample.sha256}']`,
    );
    expect(indicator).toMatchObject({ score: 50, mainObservableType: 'StixFile' });
    expect(relationshipsOf(platform, id)).toEqual([[indicator?.standardId, 'based-on', id]]);
  });

  it('gives an address its Indicator, its autonomous system and its country', () => {
    const id = entityIdOf('IPv4-Addr');
    expect(platform.entity('indicator--274128a4-2ad4-50b5-ae7b-b0dea1fa9861')).toMatchObject({
      score: 15,
      detection: true,
      mainObservableType: 'IPv4-Addr',
      attributes: { name: '1.2.3.4', pattern: "[ipv4-addr:value = '1.2.3.4']" },
    });
    const system = entityWith(platform, 'Autonomous-System', 'number', 64496);
    expect(system).toMatchObject({
      standardId: 'autonomous-system--9ad79ee3-2fde-5015-b0cc-7a96404effca',
      attributes: { name: 'EXAMPLE-NET Demonstration Network', rir: 'RIPE NCC' },
    });
    const country = entityWith(platform, 'Country', 'name', 'NL');
    expect(country?.standardId).toBe('location--13c7f6d7-f293-5c7d-8cb0-178a182329c2');
    expect(relationshipsOf(platform, id)).toEqual(
      expect.arrayContaining([
        ['indicator--274128a4-2ad4-50b5-ae7b-b0dea1fa9861', 'based-on', id],
        [id, 'belongs-to', 'autonomous-system--9ad79ee3-2fde-5015-b0cc-7a96404effca'],
        [id, 'located-at', 'location--13c7f6d7-f293-5c7d-8cb0-178a182329c2'],
      ]),
    );
  });

  it('makes an Indicator valid for two days', () => {
    const indicator = platform.entity('indicator--274128a4-2ad4-50b5-ae7b-b0dea1fa9861');
    const [from, until] = ['valid_from', 'valid_until'].map((name) =>
      Date.parse(String(indicator?.attributes[name])),
    );
    expect(((until ?? 0) - (from ?? 0)) / 60_000).toBe(2_880);
  });

  it('makes no Indicator of a harmless address', () => {
    expect(
      relationshipsOf(platform, entityIdOf('IPv6-Addr'))
        .map(([, kind]) => kind)
        .toSorted(),
    ).toEqual(['belongs-to', 'located-at', 'resolves-to']);
  });

  it('gives a domain the addresses it resolves to and what vendors take it for', () => {
    const id = entityIdOf('Domain-Name');
    expect(relationshipsOf(platform, id)).toEqual(
      expect.arrayContaining([
        ['indicator--251b41b7-1baf-527e-a251-5821a471dd65', 'based-on', id],
        [id, 'resolves-to', 'ipv4-addr--0198f97b-e65d-5025-87e5-58bc39d4bdb4'],
        [id, 'resolves-to', 'ipv6-addr--177929b5-cd78-5bed-b828-8d7aac4151b0'],
      ]),
    );
    const contents = notesAbout(platform, id).map(({ attributes }) => String(attributes.content));
    expect(
      contents.some((content) => content.includes('| Sophos | malware callhome, command and control |')),
    ).toBe(true);
  });

  it('bases the Indicators of a hostname and of a URL on them', () => {
    expect(relationshipsOf(platform, entityIdOf('Hostname'))).toEqual([
      ['indicator--923abb21-6ff7-5559-b34a-bb126fd9ba9f', 'based-on', entityIdOf('Hostname')],
    ]);
    expect(relationshipsOf(platform, entityIdOf('Url'))).toEqual([
      ['indicator--bde2f2f3-f95d-57f8-8661-3f5f2b19428a', 'based-on', entityIdOf('Url')],
    ]);
  });

  it('writes one Note for each value of an Indicator, and makes no Indicator from an Indicator', () => {
    const id = entityIdOf('Indicator');
    expect(
      notesAbout(platform, id)
        .map(({ attributes }) => String(attributes.abstract ?? attributes.attribute_abstract))
        .toSorted(),
    ).toEqual([`VirusTotal results: ${eicar.md5}`, 'VirusTotal results: 8.8.8.8'].toSorted());
    expect(
      objectsOf(platform, workIdOf('Indicator')).filter(({ type }) => type === 'indicator'),
    ).toHaveLength(1);
    expect(platform.entity(id)?.externalReferences.map(({ url }) => url)).toEqual([
      `${guiUrl}/file/${eicar.sha256}`,
      `${guiUrl}/ip-address/8.8.8.8`,
    ]);
  });
});
