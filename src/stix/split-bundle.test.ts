import { describe, expect, it } from 'vitest';
import { createBundle } from './bundle.js';
import { OCTI_EXTENSION } from './extensions.js';
import type { StixObject } from './objects.js';
import { arrangeBundle, splitBundle } from './split-bundle.js';

const ADDRESS = 'ipv4-addr--cbd67181-b9f8-595b-8bc3-3971e34fa1cc';
const MARKING = 'marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9';
const AUTHOR = 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756';
const INDICATOR = 'indicator--e49c6d75-277b-528f-8f47-40f2a7557c51';
const SYSTEM = 'autonomous-system--0204c07d-e4dd-5f14-a3d5-c93cb1c5a9fc';
const BASED_ON = 'relationship--7198c469-6aac-551e-aa93-7a2eda6f14c9';
const BELONGS_TO = 'relationship--3711db39-b33a-59bf-b0fd-e6949077d75d';
const NOTE = 'note--4058e6cc-4426-5da6-8a84-7df60bc1195c';

const objectsOf = (objects: StixObject[]): (StixObject | undefined)[] =>
  splitBundle(arrangeBundle(createBundle(objects))).map((message) => message.objects[0]);

describe('splitBundle', () => {
  const objects: StixObject[] = [
    { type: 'ipv4-addr', id: ADDRESS, value: '1.1.1.1', object_marking_refs: [MARKING] },
    { type: 'marking-definition', id: MARKING, definition_type: 'TLP' },
    { type: 'identity', id: AUTHOR, name: 'VirusTotal' },
    {
      type: 'indicator',
      id: INDICATOR,
      created_by_ref: AUTHOR,
      external_references: [
        { source_name: 'source only' },
        { source_name: 'first', url: 'https://example.com/' },
        { source_name: 'second', url: 'https://example.com/' },
      ],
    },
    {
      type: 'relationship',
      id: BASED_ON,
      relationship_type: 'based-on',
      created_by_ref: AUTHOR,
      source_ref: INDICATOR,
      target_ref: ADDRESS,
    },
    { type: 'autonomous-system', id: SYSTEM, number: 13335 },
    {
      type: 'relationship',
      id: BELONGS_TO,
      relationship_type: 'belongs-to',
      created_by_ref: AUTHOR,
      source_ref: ADDRESS,
      target_ref: SYSTEM,
    },
    { type: 'note', id: NOTE, created_by_ref: AUTHOR, object_refs: [ADDRESS] },
  ];

  it('sends each object behind what it refers to', () => {
    const messages = splitBundle(arrangeBundle({ type: 'bundle', id: 'bundle--1', objects }));
    expect(messages.map((message) => [message.objects[0]?.id, message.x_opencti_seq])).toEqual([
      [MARKING, 1],
      [AUTHOR, 1],
      [SYSTEM, 1],
      [ADDRESS, 2],
      [INDICATOR, 2],
      [NOTE, 4],
      [BELONGS_TO, 5],
      [BASED_ON, 6],
    ]);
  });

  it('wraps each object in a bundle of its own, with the id of the whole', () => {
    const [, , message] = splitBundle(arrangeBundle({ type: 'bundle', id: 'bundle--1', objects }));
    expect(message).toEqual({
      type: 'bundle',
      id: 'bundle--1',
      spec_version: '2.1',
      x_opencti_seq: 1,
      objects: [{ type: 'autonomous-system', id: SYSTEM, number: 13335, nb_deps: 1 }],
    });
  });

  it('drops references without address and those that are there already', () => {
    expect(objectsOf(objects).find((object) => object?.type === 'indicator')?.external_references).toEqual([
      { source_name: 'first', url: 'https://example.com/' },
    ]);
  });

  it('names each kill chain phase once', () => {
    const phase = { kill_chain_name: 'mitre-attack', phase_name: 'execution' };
    const [indicator] = objectsOf([
      { type: 'indicator', id: INDICATOR, kill_chain_phases: [phase, { ...phase }] },
    ]);
    expect(indicator?.kill_chain_phases).toEqual([phase]);
  });

  it('leaves its input as it was', () => {
    const before = structuredClone(objects);
    splitBundle(arrangeBundle(createBundle(objects)));
    expect(objects).toEqual(before);
  });

  it('opens a circle of two where it closes', () => {
    const first = 'identity--00000000-0000-4000-8000-00000000000a';
    const second = 'identity--00000000-0000-4000-8000-00000000000b';
    expect(
      objectsOf([
        { type: 'identity', id: first, created_by_ref: second },
        { type: 'identity', id: second, created_by_ref: first },
      ]),
    ).toEqual([
      { type: 'identity', id: second, created_by_ref: null, nb_deps: 1 },
      { type: 'identity', id: first, created_by_ref: second, nb_deps: 2 },
    ]);
  });

  it('opens a circle of three where it closes', () => {
    const id = (letter: string): `identity--${string}` =>
      `identity--00000000-0000-4000-8000-00000000000${letter}`;
    expect(
      objectsOf([
        { type: 'identity', id: id('a'), created_by_ref: id('b') },
        { type: 'identity', id: id('b'), created_by_ref: id('c') },
        { type: 'identity', id: id('c'), created_by_ref: id('a') },
      ]).map((object) => [object?.id, object?.created_by_ref, object?.nb_deps]),
    ).toEqual([
      [id('c'), null, 1],
      [id('b'), id('c'), 2],
      [id('a'), id('b'), 3],
    ]);
  });

  it('drops a relationship to something of an unsupported type', () => {
    expect(
      objectsOf([
        {
          type: 'relationship',
          id: BASED_ON,
          source_ref: INDICATOR,
          target_ref: 'x-foo--00000000-0000-4000-8000-000000000001',
        },
      ]),
    ).toEqual([]);
  });

  it('drops a sighting that nobody saw', () => {
    const sighting: StixObject = { type: 'sighting', id: 'sighting--1', sighting_of_ref: INDICATOR };
    expect(objectsOf([{ ...sighting, where_sighted_refs: ['x-foo--1'] }])).toEqual([]);
    expect(objectsOf([{ ...sighting, where_sighted_refs: [AUTHOR] }])).toHaveLength(1);
  });

  it('drops an object of an unsupported type', () => {
    expect(objectsOf([{ type: 'x-foo', id: 'x-foo--00000000-0000-4000-8000-000000000001' }])).toEqual([]);
  });

  it('keeps only the references of a note that can be imported, once each', () => {
    const [note] = objectsOf([
      {
        type: 'note',
        id: NOTE,
        object_refs: ['x-foo--00000000-0000-4000-8000-000000000001', NOTE, ADDRESS, ADDRESS, 7],
      },
    ]);
    expect(note).toEqual({ type: 'note', id: NOTE, object_refs: [ADDRESS], nb_deps: 1 });
  });

  it('keeps lists of references that are null', () => {
    expect(objectsOf([{ type: 'note', id: NOTE, object_marking_refs: null }])).toEqual([
      { type: 'note', id: NOTE, object_marking_refs: null, nb_deps: 1 },
    ]);
  });

  it('sends an object once, and in order, when others refer to it by its internal id', () => {
    expect(
      objectsOf([
        { type: 'note', id: NOTE, object_refs: ['internal'] },
        { type: 'ipv4-addr', id: ADDRESS, extensions: { [OCTI_EXTENSION]: { id: 'internal' } } },
      ]).map((object) => [object?.id, object?.nb_deps]),
    ).toEqual([
      [ADDRESS, 1],
      [NOTE, 2],
    ]);
  });

  it('takes the last of objects with the same id', () => {
    const { objects: arranged } = arrangeBundle({
      type: 'bundle',
      id: 'bundle--1',
      objects: [
        { type: 'identity', id: AUTHOR, name: 'first' },
        { type: 'identity', id: AUTHOR, name: 'last' },
      ],
    });
    expect(arranged.map(({ name }) => name)).toEqual(['last']);
  });

  it('makes no message of an empty bundle', () => {
    expect(splitBundle(arrangeBundle(createBundle([])))).toEqual([]);
  });

  it('gives the bundle an id if it has none', () => {
    const { id: _id, ...nameless } = createBundle([{ type: 'identity', id: AUTHOR }]);
    const [message] = splitBundle(arrangeBundle(nameless as unknown as Parameters<typeof arrangeBundle>[0]));
    expect(message?.id).toBe(createBundle([{ type: 'identity', id: AUTHOR }]).id);
  });
});
