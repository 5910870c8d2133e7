import { describe, expect, it } from 'vitest';
import { stixDate } from './stix-date.js';

describe('stixDate', () => {
  it.each([new Date(0), new Date('2026-03-04T05:06:07.890Z'), new Date('9999-12-31T23:59:59.999Z')])(
    'keeps %s',
    (date) => {
      expect(stixDate(date)).toBe(date);
    },
  );

  it.each([undefined, new Date('nonsense'), new Date(-1), new Date('+010000-01-01T00:00:00Z')])(
    'drops %s',
    (date) => {
      expect(stixDate(date)).toBeUndefined();
    },
  );
});
