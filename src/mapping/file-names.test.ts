import { describe, expect, it } from 'vitest';
import { artifactNames, fileName, stixFileNames } from './file-names.js';

describe('fileName', () => {
  it.each([
    ['invoice.exe', 'invoice.exe'],
    ['C:\\Users\\a\\invoice.exe', 'invoice.exe'],
    ['/scratch/zoo/2025/44d88612', '44d88612'],
    ['https://example.com/a/setup.exe', 'setup.exe'],
    ['C:\\Users\\dir\\', 'dir'],
    [' in\u0000vo\u202Eice\n.exe ', 'invoice .exe'],
    ['отчёт.docx', 'отчёт.docx'],
    ['.bashrc', '.bashrc'],
  ])('finds the name in %j', (submitted, expected) => {
    expect(fileName(submitted)).toBe(expected);
  });

  it.each(['', ' ', '.', '..', '/', '\\\\', 'a/..', '\u0000', '/tmp/./'])('finds none in %j', (submitted) => {
    expect(fileName(submitted)).toBeUndefined();
  });

  it('cuts a name that is too long', () => {
    expect(fileName('x'.repeat(1000))).toBe(`${'x'.repeat(254)}…`);
  });
});

describe('stixFileNames', () => {
  it('takes the meaningful name as the name and the others as additional names', () => {
    expect(stixFileNames('good.exe', ['a.exe', 'good.exe', '.', 'a.exe', 'C:\\b.exe'], undefined)).toEqual({
      name: 'good.exe',
      additionalNames: ['a.exe', 'b.exe'],
    });
  });

  it('takes the first usable name when there is no meaningful one', () => {
    expect(stixFileNames(undefined, ['.', '', '/', 'a.exe', 'b.exe'], '  ')).toEqual({
      name: 'a.exe',
      additionalNames: ['b.exe'],
    });
  });

  it('never replaces the name that the file has', () => {
    expect(stixFileNames('good.exe', ['mine.exe', 'a.exe'], 'mine.exe')).toEqual({
      name: undefined,
      additionalNames: ['good.exe', 'a.exe'],
    });
  });

  it('gives nothing when there is nothing', () => {
    expect(stixFileNames(undefined, [], undefined)).toEqual({ name: undefined, additionalNames: [] });
  });

  it('stops at 50 additional names', () => {
    const names = Array.from({ length: 3000 }, (_, index) => `${index}.exe`);
    const { name, additionalNames } = stixFileNames(undefined, names, undefined);
    expect(name).toBe('0.exe');
    expect(additionalNames).toHaveLength(50);
    expect(additionalNames[49]).toBe('50.exe');
  });
});

describe('artifactNames', () => {
  it('keeps all names, at most 50', () => {
    expect(artifactNames('good.exe', ['a.exe', 'good.exe'])).toEqual(['good.exe', 'a.exe']);
    expect(
      artifactNames(
        undefined,
        Array.from({ length: 60 }, (_, index) => `${index}`),
      ),
    ).toHaveLength(50);
  });
});
