import { describe, expect, it } from 'vitest';
import {
  isWithinTlp,
  PAP_IDS,
  parseTlp,
  publicationObstacle,
  strictestTlp,
  TLP_IDS,
  TLP_VALUES,
} from './markings.js';
import { markingDefinitionId } from './ids.js';

describe('parseTlp', () => {
  it.each([
    ['TLP:CLEAR', 'TLP:CLEAR'],
    ['tlp:white', 'TLP:CLEAR'],
    ['White', 'TLP:CLEAR'],
    ['green', 'TLP:GREEN'],
    [' TLP:Amber ', 'TLP:AMBER'],
    ['amber+strict', 'TLP:AMBER+STRICT'],
    ['TLP: RED', 'TLP:RED'],
  ])('reads %j as %s', (text, tlp) => {
    expect(parseTlp(text)).toBe(tlp);
  });

  it.each(['', 'TLP:', 'TLP:EX:CHR', 'PAP:RED', 'orange', 'TLP:TLP:RED'])('does not read %j', (text) => {
    expect(parseTlp(text)).toBeUndefined();
  });
});

describe('strictestTlp', () => {
  it('takes the strictest, not the last', () => {
    expect(strictestTlp([TLP_IDS['TLP:RED'], TLP_IDS['TLP:GREEN']])).toBe('TLP:RED');
    expect(strictestTlp([TLP_IDS['TLP:AMBER'], TLP_IDS['TLP:AMBER+STRICT']])).toBe('TLP:AMBER+STRICT');
  });

  it('finds none among other markings', () => {
    expect(strictestTlp([PAP_IDS['PAP:RED'], 'marking-definition--unknown'])).toBeUndefined();
    expect(strictestTlp([])).toBeUndefined();
  });

  it('knows the marking definitions of TLP 2.0 too', () => {
    expect(strictestTlp(['marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1'])).toBe('TLP:RED');
  });
});

describe('isWithinTlp', () => {
  it('allows up to the limit and refuses beyond, in the order of TLP', () => {
    const allowed = TLP_VALUES.map(
      (max) => TLP_VALUES.filter((tlp) => isWithinTlp([TLP_IDS[tlp]], max)).length,
    );
    expect(allowed).toEqual([1, 2, 3, 4, 5]);
  });

  it('refuses when one of several markings is too strict', () => {
    expect(isWithinTlp([TLP_IDS['TLP:RED'], TLP_IDS['TLP:CLEAR']], 'TLP:AMBER')).toBe(false);
  });

  it('allows what has no TLP marking', () => {
    expect(isWithinTlp([], 'TLP:CLEAR')).toBe(true);
    expect(isWithinTlp([PAP_IDS['PAP:RED']], 'TLP:CLEAR')).toBe(true);
  });

  it('allows everything when there is no limit', () => {
    expect(isWithinTlp([TLP_IDS['TLP:RED']], undefined)).toBe(true);
  });

  it('refuses a TLP text that nobody can rank, when the definition is known', () => {
    expect(isWithinTlp([{ definition_type: 'TLP', definition: 'TLP:EX:CHR' }], 'TLP:RED')).toBe(false);
    expect(isWithinTlp([{ definition_type: 'TLP', definition: 7 }], 'TLP:RED')).toBe(false);
  });

  it('reads definitions as GraphQL and as STIX have them', () => {
    expect(isWithinTlp([{ definition_type: 'TLP', definition: 'TLP:AMBER' }], 'TLP:AMBER')).toBe(true);
    expect(isWithinTlp([{ definition_type: 'tlp', definition: { tlp: 'amber' } }], 'TLP:GREEN')).toBe(false);
    expect(isWithinTlp([{ definition_type: 'PAP', definition: 'PAP:RED' }], 'TLP:CLEAR')).toBe(true);
  });
});

describe('publicationObstacle', () => {
  const ownMarking = 'marking-definition--11111111-2222-4333-8444-555555555555';

  it('is none without a marking, up to the ceiling, and for PAP:CLEAR', () => {
    expect(publicationObstacle([], 'TLP:CLEAR')).toBeUndefined();
    expect(publicationObstacle([TLP_IDS['TLP:CLEAR'], PAP_IDS['PAP:CLEAR']], 'TLP:CLEAR')).toBeUndefined();
    expect(publicationObstacle([TLP_IDS['TLP:AMBER']], 'TLP:AMBER')).toBeUndefined();
  });

  it.each([
    ['TLP:GREEN', [TLP_IDS['TLP:GREEN']], 'above'],
    ['TLP:RED of TLP 2.0', ['marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1'], 'above'],
    ['PAP:GREEN', [PAP_IDS['PAP:GREEN']], 'pap'],
    ['PAP:AMBER', [PAP_IDS['PAP:AMBER']], 'pap'],
    ['PAP:RED', [TLP_IDS['TLP:CLEAR'], PAP_IDS['PAP:RED']], 'pap'],
    ['a marking of the platform', [TLP_IDS['TLP:CLEAR'], ownMarking], 'unknown'],
    ['what is no marking id', [''], 'unknown'],
    ['everything', [ownMarking, PAP_IDS['PAP:RED'], TLP_IDS['TLP:RED']], 'above'],
  ])('is %s', (_name, markings, obstacle) => {
    expect(publicationObstacle(markings, 'TLP:CLEAR')).toBe(obstacle);
  });

  it('is a marking that cannot be ranked even where the strictest TLP may be published', () => {
    expect(publicationObstacle([ownMarking], 'TLP:RED')).toBe('unknown');
    expect(publicationObstacle([PAP_IDS['PAP:RED']], 'TLP:RED')).toBe('pap');
  });
});

describe('PAP ids', () => {
  it('follow the rule for markings', () => {
    expect(Object.values(PAP_IDS)).toEqual(
      Object.keys(PAP_IDS).map((definition) => markingDefinitionId('PAP', definition)),
    );
  });
});
