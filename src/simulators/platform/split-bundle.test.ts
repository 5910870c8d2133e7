import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../shared/json.js';
import { splitBundle } from './split-bundle.js';

const A = 'identity--a';
const B = 'identity--b';
const IP = 'ipv4-addr--1';

function split(...objects: JsonObject[]): [number, string, JsonObject][] {
  return splitBundle({ type: 'bundle', id: 'bundle--1', objects }).map((bundle) => {
    const [object] = bundle.objects as [JsonObject];
    return [bundle.x_opencti_seq as number, object.id as string, object];
  });
}

describe('splitBundle', () => {
  it('cuts a cycle at the reference that closes it', () => {
    const parts = split(
      { id: A, type: 'identity', created_by_ref: B },
      { id: B, type: 'identity', created_by_ref: A },
    );
    expect(parts.map(([seq, id, object]) => [seq, id, object.created_by_ref])).toEqual([
      [1, B, null],
      [2, A, B],
    ]);
  });

  it('leaves out a relationship to an unsupported type', () => {
    const relationship = {
      id: 'relationship--1',
      type: 'relationship',
      relationship_type: 'related-to',
      source_ref: IP,
      target_ref: 'x-foo--1',
    };
    expect(split(relationship)).toEqual([]);
  });

  it('keeps of a list the supported references, outside the bundle too, but not the object itself', () => {
    const note = { id: 'note--1', type: 'note', content: 'x', object_refs: ['x-foo--1', 'note--1', IP, IP] };
    expect(split(note)[0]?.[2].object_refs).toEqual([IP]);
  });
});
