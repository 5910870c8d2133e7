import { describe, expect, it } from 'vitest';
import { labelsFromTags } from './labels.js';

describe('labelsFromTags', () => {
  it('lower-cases tags and keeps each once, in the order sent', () => {
    expect(labelsFromTags(['PEEXE', 'overlay', 'peexe', ' Signed '])).toEqual(['peexe', 'overlay', 'signed']);
  });

  it('drops tags without a visible character', () => {
    expect(labelsFromTags(['', ' ', '\u0000\u202E'])).toEqual([]);
  });

  it('limits their number and length', () => {
    const labels = labelsFromTags(
      Array.from({ length: 500 }, (_, index) => `tag-${index}-${'x'.repeat(500)}`),
    );
    expect(labels).toHaveLength(100);
    expect(labels[0]).toBe(`tag-0-${'x'.repeat(93)}…`);
  });
});
