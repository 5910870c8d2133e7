import { describe, expect, it } from 'vitest';
import { createBundle, danglingReferences, shareWithOrganisations } from './bundle.js';
import { createAuthor, createCountry, createValueObservable, type Provenance } from './create.js';
import { OCTI_EXTENSION } from './extensions.js';
import { TLP_IDS } from './markings.js';
import type { StixObject } from './objects.js';

const ORGANISATION = 'identity--0f0f0f0f-1111-5222-8333-444444444444';
const OTHER = 'identity--0f0f0f0f-1111-5222-8333-555555555555';
const provenance: Provenance = {
  now: new Date('2026-03-04T05:06:07Z'),
  authorId: createAuthor().id,
  markings: [TLP_IDS['TLP:GREEN']],
};
const address = createValueObservable('ipv4-addr', '198.51.100.3', provenance);

describe('createBundle', () => {
  it('is byte-equal for the same objects', () => {
    const text = JSON.stringify(createBundle([createAuthor(), address]));
    expect(JSON.stringify(createBundle([createAuthor(), address]))).toBe(text);
    expect(createBundle([address]).id).not.toBe(createBundle([createAuthor(), address]).id);
  });

  it('has an id that follows from the SHA-256 of its objects as they are sent', () => {
    // uuid5(STIX namespace, '{"sha256":"4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"}')
    expect(createBundle([]).id).toBe('bundle--954cdfdc-2d54-551b-91da-5502e950461f');
    expect(createBundle([createAuthor()]).id).toBe('bundle--19a24471-726a-544e-9158-a2f710ea7789');
    const odd = { ...address, value: 'lone \uD800 surrogate' };
    expect(createBundle([odd]).id).toMatch(/^bundle--[\da-f-]{36}$/);
  });

  it('keeps the first of objects with the same id', () => {
    const again = { ...address, x_opencti_score: 1 };
    expect(createBundle([address, createAuthor(), again]).objects).toEqual([address, createAuthor()]);
  });
});

describe('shareWithOrganisations', () => {
  it('changes nothing without organisations', () => {
    const objects = [address];
    expect(shareWithOrganisations(objects, [])).toBe(objects);
  });

  it('continues the list in the extension when there is an extension', () => {
    const received: StixObject = {
      ...address,
      extensions: { [OCTI_EXTENSION]: { type: 'IPv4-Addr', granted_refs: [OTHER] }, more: {} },
    };
    expect(shareWithOrganisations([received], [ORGANISATION, OTHER])).toEqual([
      {
        ...address,
        extensions: {
          [OCTI_EXTENSION]: { type: 'IPv4-Addr', granted_refs: [OTHER, ORGANISATION] },
          more: {},
        },
      },
    ]);
  });

  it('writes the root when there is no extension, or when the root has the list already', () => {
    expect(shareWithOrganisations([address], [ORGANISATION])).toEqual([
      { ...address, x_opencti_granted_refs: [ORGANISATION] },
    ]);
    const received: StixObject = {
      ...address,
      x_opencti_granted_refs: [OTHER],
      extensions: { [OCTI_EXTENSION]: {} },
    };
    expect(shareWithOrganisations([received], [ORGANISATION])).toEqual([
      { ...received, x_opencti_granted_refs: [OTHER, ORGANISATION] },
    ]);
  });

  it('leaves what is shared already as it is', () => {
    const other: StixObject = { ...address, id: 'ipv4-addr--1' };
    expect(shareWithOrganisations([address, other], [ORGANISATION], [other.id])).toEqual([
      { ...address, x_opencti_granted_refs: [ORGANISATION] },
      other,
    ]);
  });

  it('leaves locations and markings alone', () => {
    const marking: StixObject = { type: 'marking-definition', id: TLP_IDS['TLP:RED'] };
    const objects = [createCountry('US', provenance), marking];
    expect(shareWithOrganisations(objects, [ORGANISATION])).toEqual(objects);
  });
});

describe('danglingReferences', () => {
  it('names each reference to what is neither in the bundle nor known elsewhere', () => {
    const bundle = createBundle([address]);
    expect(danglingReferences(bundle)).toEqual([
      { from: address.id, property: 'object_marking_refs', to: TLP_IDS['TLP:GREEN'] },
      { from: address.id, property: 'x_opencti_created_by_ref', to: createAuthor().id },
    ]);
    expect(danglingReferences(createBundle([createAuthor(), address]), [TLP_IDS['TLP:GREEN']])).toEqual([]);
  });
});
