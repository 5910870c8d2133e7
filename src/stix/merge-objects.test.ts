import { describe, expect, it } from 'vitest';
import { mergedById } from './merge-objects.js';
import type { StixId, StixObject } from './objects.js';

const ID: StixId = 'malware--36297121-bf18-56e1-b200-d39c9f9f5cee';
const LINK: StixId = 'relationship--167266df-a51f-5b4a-9499-f4c9c24f50a8';

const malware = (properties: object): StixObject => ({ type: 'malware', id: ID, ...properties });
const link = (description?: string): StixObject => ({
  type: 'relationship',
  id: LINK,
  ...(description === undefined ? {} : { description }),
});

describe('mergedById', () => {
  it('fills what the first leaves out, unites lists, and else keeps what the first says', () => {
    const reference = { source_name: 'one', url: 'https://one.example/' };
    expect(
      mergedById([
        malware({ name: 'EMOTET', aliases: ['Heodo'], external_references: [reference], description: 'x' }),
        link(),
        malware({
          name: 'Emotet',
          aliases: ['Heodo', 'Geodo'],
          external_references: [{ ...reference }],
          malware_types: ['trojan'],
          description: 'y',
        }),
      ]),
    ).toEqual([
      malware({
        name: 'EMOTET',
        aliases: ['Heodo', 'Geodo'],
        external_references: [reference],
        description: 'x',
        malware_types: ['trojan'],
      }),
      link(),
    ]);
  });

  it('adds hashes to those that are there', () => {
    const [merged] = mergedById([
      malware({ hashes: { MD5: 'a' } }),
      malware({ hashes: { MD5: 'b', 'SHA-1': 'c' } }),
    ]);
    expect(merged).toEqual(malware({ hashes: { MD5: 'a', 'SHA-1': 'c' } }));
  });

  it.each([
    [
      ['Name server (WHOIS)', 'The name is below the domain.'],
      'Name server (WHOIS). The name is below the domain.',
    ],
    [['One.', 'Two.', 'One.', 'Two.'], 'One. Two.'],
    [[undefined, 'One.'], 'One.'],
  ])('says of a relationship what each of %j says', (descriptions, expected) => {
    expect(mergedById(descriptions.map((text) => link(text)))).toEqual([link(expected)]);
  });
});
