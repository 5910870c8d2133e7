import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalUrl, urlId } from './canonical-url.js';

describe('canonicalUrl', () => {
  it.each([
    ['https://www.youtube.com/', 'dbae2d0204aa489e234eb2f903a0127b17c712386428cab12b86c5f68aa75867'],
    ['http://www.google.com', 'dd014af5ed6b38d9130e3f466f850e46d21b951199d53a18ef29ee9341614eaf'],
    ['soclosebutyetqq.com/69.exe', '7d83e9f686ff0122ded311f27aababf6922800a45a23a4dacc860b56ccada4cb'],
    ['http://60.23.232.27:46088/bin.sh', 'c37530a489f7591dd197a2b3cafb26902e503325f217901302d803bbcc43e0c6'],
    [
      'http://lij-jg.blogspot.com/search/label/Libros juveniles',
      '66f23a9ef15127882b255679c8d5cda680335d770ca45a34310c584bedac69f0',
    ],
    [
      'https://reports.crashlytics.com/spi/v1/platforms/android/apps/%s/reports',
      '01b5e99c7bd0bd89a5359ab2ce67acffbc63d88ac24dca590734c59b82b3c31e',
    ],
    [
      'https://example.com/?q=a>b?c~~#part',
      'bf9f64c701d7f07f0d1d1a82e585fa7c94d4f6784c000bd411075bf0b12eb46e',
    ],
  ])('gives %s the id VirusTotal gives it', (url, id) => {
    expect(urlId(canonicalUrl(url) ?? '')).toBe(id);
  });

  it.each([
    ['HTTP://User:Pass@EXAMPLE.com:80', 'http://example.com/'],
    ['https://example.com:443/a', 'https://example.com/a'],
    ['https://example.com:8443/a/../b//c/./d/', 'https://example.com:8443/b/c/d/'],
    ['http://example.com/a%2525%2541|b', 'http://example.com/a%25A|b'],
    ['http://example.com/?u=https://example.org//x', 'http://example.com/?u=https://example.org//x'],
    ['http://example.com/http://x', 'http://example.com/http:/x'],
    ['example.com:8080/x', 'http://example.com:8080/x'],
    ['http://münchen.example.com/ü', 'http://xn--mnchen-3ya.example.com/%C3%BC'],
    ['http://exa\tmple.com/\r\nb', 'http://example.com/b'],
    ['http://0x08080808/', 'http://8.8.8.8/'],
    ['http://[2001:4860:4860:0:0:0:0:8888]/', 'http://[2001:4860:4860::8888]/'],
    ['http://example.com/Path.', 'http://example.com/Path.'],
    ['http://example.com?x=1', 'http://example.com/?x=1'],
  ])('files %s under %s', (url, canonical) => {
    expect(canonicalUrl(url)).toBe(canonical);
  });

  it.each([
    'ftp://example.com/',
    'mailto:someone@example.com',
    'http://',
    'http://localhost/',
    'http://host.invalid/',
    'http://example.com:99999/',
    'http://example.com%2Fx/',
    'hxxp://example.com/',
    'http://example[.]com/',
  ])('has no canonical form of %s', (url) => {
    expect(canonicalUrl(url)).toBeUndefined();
  });

  it('gives a canonical URL back unchanged, whatever the path', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (path) => {
        const canonical = canonicalUrl(`http://example.com/${path}`);
        expect(canonicalUrl(canonical ?? '')).toBe(canonical);
      }),
    );
  });
});
