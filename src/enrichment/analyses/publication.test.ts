import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { playbookStepOf, requestOf } from '../../../test/helpers/enrichment-requests.js';
import { ConnectorError } from '../../shared/connector-error.js';
import type { JsonObject } from '../../shared/json.js';
import { PAP_IDS, TLP_IDS } from '../../stix/markings.js';
import type { VtObject } from '../../virustotal/schema.js';
import { compileExclusions } from '../exclusions.js';
import { HandBackError } from '../platform-call.js';
import type { ArtifactFile } from '../ports.js';
import type { EnrichmentRequest } from '../request.js';
import { Publication, type Clearance } from './publication.js';

const MD5 = 'fe01ce2a7fbac8fafaed7c982a04e229';
const SHA256 = '2a97516c354b68848cdbd8f54a226a0a55b21ed138e207ad6c5cbb9c00aa5aea';
const OWN_MARKING = 'marking-definition--11111111-2222-4333-8444-555555555555';

const url: JsonObject = { type: 'url', value: 'https://new.example.com/' };
const urlObject: VtObject = { kind: 'url', url: 'https://new.example.com/' };
const artifact: JsonObject = { type: 'artifact', hashes: { 'SHA-256': SHA256 } };
const fileObject: VtObject = { kind: 'file', hash: SHA256 };

const file: ArtifactFile = {
  name: 'sample.bin',
  sizeBytes: 4,
  hash: SHA256,
  markings: [],
  open: () => Promise.resolve(Readable.from([Buffer.from('demo')])),
};

const playbook = playbookStepOf('https://new.example.com/');

interface Held {
  /** What the platform holds of the entity; an error when it cannot be asked. */
  readonly entity: JsonObject | undefined | Error;
  readonly file?: ArtifactFile | undefined | Error;
  readonly exclude?: readonly string[];
}

function valueOrError<T>(value: T | Error): Promise<T> {
  return value instanceof Error ? Promise.reject(value) : Promise.resolve(value);
}

/** Asks for the clearance of what the platform holds, with nothing above TLP:GREEN to be published. */
function clear(object: VtObject, held: Held, changes: Partial<EnrichmentRequest> = {}): Promise<Clearance> {
  const publication = new Publication({
    entities: { readEntity: () => valueOrError(held.entity) },
    artifacts: { contentOf: () => valueOrError('file' in held ? held.file : file) },
    exclusions: compileExclusions(held.exclude ?? []),
    maxTlp: 'TLP:GREEN',
  });
  return publication.clear(requestOf({ entity: { type: 'old' }, ...changes }), object);
}

describe('what may be published', () => {
  it('is a URL that the platform still holds, and the file of an Artifact', async () => {
    expect(await clear(urlObject, { entity: url })).toEqual({ content: undefined });
    expect(await clear(fileObject, { entity: artifact })).toEqual({ content: file });
    const green = { object_marking_refs: [TLP_IDS['TLP:GREEN']] };
    expect(await clear(urlObject, { entity: { ...url, ...green } })).toEqual({ content: undefined });
  });

  it('is a file that was looked up by a weaker hash than is known meanwhile', async () => {
    expect(await clear({ kind: 'file', hash: MD5 }, { entity: artifact })).toEqual({ content: file });
  });
});

describe('what must not be published', () => {
  it.each<[string, JsonObject[string], string]>([
    ['a TLP that rose', [TLP_IDS['TLP:RED']], 'is above TLP:GREEN'],
    ['a PAP', [PAP_IDS['PAP:AMBER']], 'is a PAP above PAP:CLEAR, which counts as above TLP:GREEN'],
    ['a marking of the platform', [OWN_MARKING], 'is no known TLP, which counts as above TLP:GREEN'],
    ['no readable marking', [7], 'cannot be read, which counts as above TLP:GREEN'],
  ])('is what has got %s while it waited', async (_name, markings, reason) => {
    const refusal = `It was not submitted: its marking ${reason}, the highest that may be published there (VIRUSTOTAL_UPLOAD_MAX_TLP).`;
    const marked = { object_marking_refs: markings };
    expect(await clear(urlObject, { entity: { ...url, ...marked } })).toEqual({ refusal });
    expect(await clear(fileObject, { entity: { ...artifact, ...marked } })).toEqual({ refusal });
  });

  it.each<[string, readonly string[] | undefined, string]>([
    ['TLP:RED', [TLP_IDS['TLP:RED']], 'is above TLP:GREEN'],
    ['unknown', [OWN_MARKING], 'is no known TLP, which counts as above TLP:GREEN'],
    ['unreadable', undefined, 'cannot be read, which counts as above TLP:GREEN'],
  ])('is a file whose own marking is %s', async (_name, markings, reason) => {
    expect(await clear(fileObject, { entity: artifact, file: { ...file, markings } })).toEqual({
      refusal: `It was not submitted: the marking of its file ${reason}, the highest that may be published there (VIRUSTOTAL_UPLOAD_MAX_TLP).`,
    });
  });

  it.each<[string, VtObject, Held, string]>([
    ['is gone', urlObject, { entity: undefined }, 'OpenCTI does not show it to this connector any more.'],
    ['is gone', fileObject, { entity: undefined }, 'OpenCTI does not show it to this connector any more.'],
    [
      'is excluded',
      urlObject,
      { entity: url, exclude: ['example.com'] },
      'it is excluded (VIRUSTOTAL_EXCLUDE).',
    ],
    [
      'is excluded by a hash that came later',
      fileObject,
      { entity: { ...artifact, hashes: { 'SHA-256': SHA256, MD5 } }, exclude: [MD5] },
      'it is excluded (VIRUSTOTAL_EXCLUDE).',
    ],
    [
      'became something else',
      urlObject,
      { entity: { ...url, value: 'https://other.example.com/' } },
      'its value or hashes were changed meanwhile; enrich it again.',
    ],
    [
      'has lost its hash',
      fileObject,
      { entity: { type: 'artifact' } },
      'its value or hashes were changed meanwhile; enrich it again.',
    ],
    ['has no file', fileObject, { entity: artifact, file: undefined }, 'no file is attached to it.'],
    [
      'has a file that is too large',
      fileObject,
      { entity: artifact, file: new ConnectorError('The file is too large.', 'invalid') },
      'The file is too large.',
    ],
  ])('is what %s', async (_name, object, held, reason) => {
    expect(await clear(object, held)).toEqual({ refusal: `It was not submitted: ${reason}` });
  });
});

describe('while the platform cannot be asked', () => {
  const away = new ConnectorError('OpenCTI is away.', 'transient');

  it.each<[string, Held]>([
    ['the entity', { entity: away }],
    ['the file', { entity: artifact, file: away }],
  ])('about %s, the request goes back, but a playbook step is answered', async (_name, held) => {
    await expect(clear(fileObject, held)).rejects.toBeInstanceOf(HandBackError);
    expect(await clear(fileObject, held, { mode: 'playbook', playbook })).toEqual({
      refusal: 'It was not submitted: OpenCTI is away.',
    });
  });
});
