import { describe, expect, it } from 'vitest';
import { labelsOf } from './labels.js';
import type { LabelOptions } from './options.js';

function labelled(names: readonly string[], changes: Partial<LabelOptions> = {}): readonly string[] {
  const options = { threat: true, verdict: true, prefix: '', allow: [], deny: [], ...changes };
  return labelsOf(undefined, names, options);
}

describe('labelsOf', () => {
  it('lower-cases names and keeps each once, in the order given, behind the verdict', () => {
    const names = ['PEEXE', 'overlay', 'peexe', ' Signed ', 'clean'];
    expect(labelled(names)).toEqual(['peexe', 'overlay', 'signed', 'clean']);
    const options = { threat: true, verdict: true, prefix: '', allow: [], deny: [] };
    expect(labelsOf('clean', names, options)).toEqual(['clean', 'peexe', 'overlay', 'signed']);
  });

  it('drops names without a visible character', () => {
    expect(labelled(['', ' ', '\u0000\u202E'], { prefix: 'vt:' })).toEqual([]);
  });

  it('limits their number and length', () => {
    const labels = labelled(Array.from({ length: 500 }, (_, index) => `tag-${index}-${'x'.repeat(500)}`));
    expect(labels).toHaveLength(100);
    expect(labels[0]).toBe(`tag-0-${'x'.repeat(93)}…`);
  });

  it('counts only what the lists let through', () => {
    const names = [...Array.from({ length: 120 }, (_, index) => `t${index}`), 'signed'];
    expect(labelled(names, { allow: ['signed'] })).toEqual(['signed']);
    expect(labelled(names, { deny: ['t*'], prefix: 'vt:' })).toEqual(['vt:signed']);
  });
});
