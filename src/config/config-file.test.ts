import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfigFile } from './config-file.js';

const shape = {
  isSection: (name: string) => name === 'opencti' || name === 'connector',
  isOption: (path: string) => path === 'opencti.token' || path === 'connector.scope',
};

const parse = (source: string): ReturnType<typeof parseConfigFile> =>
  parseConfigFile(source, 'config.yml', shape);

describe('parseConfigFile', () => {
  it('keeps scalars as they are written, with their line', () => {
    const { entries } = parse('opencti:\n  token: 00123456789012345678901234567890\n  json_logging: yes\n');
    expect(entries).toEqual([
      { path: 'opencti.token', value: '00123456789012345678901234567890', line: 2 },
      { path: 'opencti.json_logging', value: 'yes', line: 3 },
    ]);
  });

  it('takes an empty entry and a plain null for nothing, but not a quoted one', () => {
    const { entries } = parse('opencti:\n  a:\n  b: null\n  c: ~\n  d: "null"\n');
    expect(entries.map(({ value }) => value)).toEqual(['', '', '', 'null']);
  });

  it('reads lists of texts', () => {
    expect(parse('connector:\n  scope: [ StixFile, Url ]\n').entries).toEqual([
      { path: 'connector.scope', value: ['StixFile', 'Url'], line: 2 },
    ]);
  });

  it('resolves anchors and merge keys', () => {
    const { entries } = parse('x: &base\n  auto: true\nconnector:\n  <<: *base\n  name: Lab\n');
    expect(entries).toContainEqual({ path: 'connector.auto', value: 'true', line: undefined });
    expect(entries).toContainEqual({ path: 'connector.name', value: 'Lab', line: 5 });
  });

  it.each(['', '# nothing\n', 'opencti:\nconnector:\n', '---\n', '{}'])('finds nothing in %j', (source) => {
    expect(parse(source)).toEqual({ readable: true, entries: [], faults: [] });
  });

  it('tells line and column of a syntax error without quoting the file', () => {
    const { faults } = parse('opencti:\n  token: "hunter22\n');
    expect(faults).toHaveLength(1);
    expect(faults[0]?.problem).toMatch(/^is not valid YAML: missing char at line \d, column \d+$/);
    expect(JSON.stringify(faults)).not.toContain('hunter22');
  });

  it('lists every syntax error, and says that nothing of the file counts', () => {
    const { readable, entries, faults } = parse(
      'opencti:\n  token: a\n  token: b\nconnector:\n  auto: yes\n  auto: no\n',
    );
    expect(readable).toBe(false);
    expect(entries).toEqual([]);
    expect(faults.map(({ path, problem }) => [path, problem])).toEqual([
      ['config.yml', 'is not valid YAML: duplicate key at line 3, column 3'],
      ['config.yml', 'is not valid YAML: duplicate key at line 6, column 3'],
    ]);
  });

  it('refuses a key that stands twice', () => {
    expect(parse('opencti:\n  token: a\n  token: b\n').faults[0]?.problem).toBe(
      'is not valid YAML: duplicate key at line 3, column 3',
    );
  });

  it('refuses a list or a text in place of the sections', () => {
    expect(parse('- opencti\n').faults[0]?.problem).toBe('is not a mapping of sections');
    expect(parse('opencti\n').faults[0]?.problem).toBe('is not a mapping of sections');
  });

  it('refuses a section that is a text, and an option that is nested', () => {
    const { faults } = parse('opencti: http://opencti.example.com\nconnector:\n  scope:\n    type: Url\n');
    expect(faults).toEqual([
      {
        path: 'opencti',
        source: 'config.yml line 1',
        problem: 'is not a mapping',
        remedy: 'Write its options indented below it.',
      },
      {
        path: 'connector.scope',
        source: 'config.yml line 4',
        problem: 'is nested, but takes one value',
        remedy: 'Write the value on the same line.',
      },
    ]);
  });

  it.each(['[]', '[Url]', '[{ name: Lab }]', 'Lab'])('refuses %s in place of a section', (value) => {
    expect(parse(`opencti:\n  token: a\nconnector: ${value}\n`)).toEqual({
      readable: true,
      entries: [{ path: 'opencti.token', value: 'a', line: 2 }],
      faults: [
        {
          path: 'connector',
          source: 'config.yml line 3',
          problem: 'is not a mapping',
          remedy: 'Write its options indented below it.',
        },
      ],
    });
  });

  it('refuses aliases that grow without bound', () => {
    const rows = Array.from({ length: 12 }, (_, row) => {
      const items =
        row === 0
          ? 'x'
          : Array(9)
              .fill(`*a${row - 1}`)
              .join(', ');
      return `a${row}: &a${row} [${items}]`;
    });
    expect(parse(rows.join('\n')).faults[0]?.problem).toBe('has aliases that cannot be resolved');
  });

  it('never throws, whatever the file holds', () => {
    const line = fc
      .tuple(fc.constantFrom('', '  ', '    ', '\t'), fc.string(), fc.constantFrom(':', ': ', '-', ''))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
        const { entries, faults } = parse(lines.join('\n'));
        expect(Array.isArray(entries) && Array.isArray(faults)).toBe(true);
      }),
    );
  });
});
