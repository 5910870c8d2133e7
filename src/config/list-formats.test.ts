import { describe, expect, it } from 'vitest';
import { BadValue } from './format.js';
import { anyOf, colour, texts } from './list-formats.js';

function remedyFor(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    if (error instanceof BadValue) return error.remedy;
  }
  throw new Error('the value was accepted');
}

describe('a choice of words', () => {
  const relations = anyOf(['contacted_domains', 'dropped_files', 'resolutions']);

  it('reads words in any case and order, each once, and nothing at all', () => {
    expect(relations.parse(' Dropped_Files,contacted_domains,,dropped_files ')).toEqual([
      'contacted_domains',
      'dropped_files',
    ]);
    expect(relations.parse(' , ')).toEqual([]);
    expect(relations.show(['contacted_domains', 'dropped_files'])).toBe('contacted_domains,dropped_files');
  });

  it('refuses other words, and names the one that was probably meant', () => {
    expect(remedyFor(() => relations.parse('droped_files'))).toBe('Did you mean dropped_files?');
    expect(remedyFor(() => relations.parse('xyz'))).toBe(
      'Write any of contacted_domains, dropped_files, resolutions.',
    );
  });
});

describe('a list of texts', () => {
  it('is read with blanks inside its entries', () => {
    expect(texts.parse('ESET-NOD32, AICC (MONITORAPP),ESET-NOD32,')).toEqual([
      'ESET-NOD32',
      'AICC (MONITORAPP)',
    ]);
  });
});

describe('a colour', () => {
  it.each(['ff8800', '#FF8800'])('%s is read in one form', (text) => {
    expect(colour.parse(text)).toBe('#ff8800');
  });

  it.each(['red', '#ff88', '#ff88001'])('%s is refused', (text) => {
    expect(remedyFor(() => colour.parse(text))).toBe('Write six hexadecimal digits, such as #ff8800.');
  });
});
