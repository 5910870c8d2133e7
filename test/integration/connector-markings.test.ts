import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlatformSimulator } from '../../src/simulators/platform/simulator.js';
import { eicar, maliciousUrl } from '../../src/simulators/virustotal/samples/demo-values.js';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import {
  calledNames,
  notesAbout,
  objectsOf,
  workOperations,
  workSettled,
} from '../helpers/enrichment-results.js';
import { KIND_VARIABLES } from '../helpers/kinds.js';

const AMBER = 'marking-definition--f88d31f6-486f-44da-b317-01333bde0b82';
const PAP_GREEN = 'marking-definition--89484dde-e3d2-547f-a6c6-d14824429eb1';

/** With the default ceiling, TLP:AMBER. */
describe('markings', () => {
  let world: ConnectorWorld;
  let platform: PlatformSimulator;

  beforeAll(async () => {
    world = await startConnectorWorld({ variables: KIND_VARIABLES });
    platform = world.platform;
  });

  afterAll(async () => {
    await world.close();
  });

  const markings = ['TLP:AMBER', 'PAP:GREEN'];
  it.each([
    { type: 'StixFile', attributes: { hashes: { MD5: eicar.md5 } }, derived: 9 },
    { type: 'IPv4-Addr', attributes: { value: '1.2.3.4' }, derived: 7 },
    { type: 'Domain-Name', attributes: { value: 'evil.example.com' }, derived: 8 },
    { type: 'Hostname', attributes: { value: 'c2.evil.example.com' }, derived: 4 },
    { type: 'Url', attributes: { value: maliciousUrl }, derived: 4 },
    { type: 'Indicator', attributes: {}, derived: 14 },
  ])('gives everything derived from a marked $type its markings', async ({ type, attributes, derived }) => {
    const entity =
      type === 'Indicator'
        ? platform.addIndicator({
            pattern: "[ipv4-addr:value = '1.2.3.4' OR domain-name:value = 'evil.example.com']",
            markings,
          })
        : platform.addObservable(type, attributes, { markings });
    const workId = await platform.requestEnrichment({ entityId: entity.standardId });
    await workSettled(platform, workId);
    const objects = objectsOf(platform, workId);
    expect(
      objects.filter((object) => object.object_marking_refs === undefined).map((object) => object.id),
    ).toEqual(['identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756']);
    const marked = objects.filter((object) => object.object_marking_refs !== undefined);
    expect(marked.map((object) => object.object_marking_refs)).toEqual(marked.map(() => [AMBER, PAP_GREEN]));
    // Beside the author and the entity itself.
    expect(objects).toHaveLength(derived + 2);
  });

  it.each([
    { value: 'red.example.com', marked: ['TLP:RED'] },
    { value: 'strict.example.com', marked: ['TLP:AMBER+STRICT'] },
    { value: 'several.example.com', marked: ['TLP:RED', 'TLP:GREEN'] },
    { value: 'others.example.com', marked: ['TLP:CLEAR', 'PAP:CLEAR', 'TLP:AMBER+STRICT'] },
  ])('keeps $value, which is $marked, to itself and says so in the work', async ({ value, marked }) => {
    const entity = platform.addObservable('Domain-Name', { value }, { markings: marked });
    const workId = await platform.requestEnrichment({ entityId: entity.standardId });
    const work = await workSettled(platform, workId);
    expect(work.errors.map(({ message }) => message)).toEqual([
      'VirusTotal: the marking of this object is above TLP:AMBER, the highest that may be sent to VirusTotal' +
        ' (VIRUSTOTAL_MAX_TLP); nothing was asked.',
    ]);
    expect(work).toMatchObject({ expected: 1, processed: 1 });
    expect(calledNames(workOperations(platform, workId))).toEqual([
      'toReceived',
      'addExpectations',
      'reportExpectation',
      'toProcessed',
    ]);
    expect(world.virusTotal.log.matching(({ path }) => path.includes(value))).toEqual([]);
  });

  it('asks about an object whose strictest marking is the ceiling', async () => {
    const entity = platform.addObservable(
      'Domain-Name',
      { value: 'example.com' },
      { markings: ['TLP:GREEN', 'TLP:AMBER'] },
    );
    const work = await workSettled(
      platform,
      await platform.requestEnrichment({ entityId: entity.standardId }),
    );
    expect(work.errors).toEqual([]);
    expect(platform.entity(entity.standardId)?.score).toBe(0);
  });
});

describe('sharing', () => {
  let world: ConnectorWorld;

  beforeAll(async () => {
    world = await startConnectorWorld({ variables: KIND_VARIABLES });
  });

  afterAll(async () => {
    await world.close();
  });

  it('shares everything derived with the organisations of the entity', async () => {
    const { platform } = world;
    const address = platform.addObservable('IPv4-Addr', { value: '1.2.3.4' }, { organizations: ['Police'] });
    const [organisation] = address.grantedRefs;
    await workSettled(platform, await platform.requestEnrichment({ entityId: address.standardId }));
    expect(organisation).toMatch(/^identity--/);
    const derived = [...notesAbout(platform, address.standardId), ...platform.entities('Indicator')].concat(
      platform.entities('Autonomous-System'),
      platform.entities('relationship'),
    );
    expect(derived).toHaveLength(6);
    expect(derived.map(({ grantedRefs }) => grantedRefs)).toEqual(derived.map(() => [organisation]));
  });
});

describe('the same observable enriched twice', () => {
  let world: ConnectorWorld;

  beforeAll(async () => {
    world = await startConnectorWorld({ variables: KIND_VARIABLES });
  });

  afterAll(async () => {
    await world.close();
  });

  it('comes back with the same ids, and adds no second Note and no second anything else', async () => {
    const { platform } = world;
    const file = platform.addObservable('StixFile', { hashes: { MD5: eicar.md5 } }).standardId;
    const domain = platform.addObservable('Domain-Name', { value: 'evil.example.com' }).standardId;
    const enrich = async (entityId: string): Promise<unknown[]> => {
      const workId = await platform.requestEnrichment({ entityId });
      await workSettled(platform, workId);
      return objectsOf(platform, workId).map(({ id }) => id);
    };
    const first = [await enrich(file), await enrich(domain)];
    const entities = platform.entities().map(({ standardId }) => standardId);

    expect([await enrich(file), await enrich(domain)]).toEqual(first);
    expect(platform.entities().map(({ standardId }) => standardId)).toEqual(entities);
    expect([notesAbout(platform, file).length, notesAbout(platform, domain).length]).toEqual([1, 2]);
  });
});
