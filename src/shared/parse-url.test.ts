import { describe, expect, it } from 'vitest';
import { parseUrl } from './parse-url.js';

describe('parseUrl', () => {
  it('reads a URL as the standard says', () => {
    expect(parseUrl('HTTPS://Example.com/a/../x')?.href).toBe('https://example.com/x');
  });

  it.each(['', '/x', 'example.com', 'http://', 'https://exa mple.com/'])(
    'finds no absolute URL in %j',
    (text) => {
      expect(parseUrl(text)).toBeUndefined();
    },
  );

  it('reads umlauts however often it is called', () => {
    const read = (): string | undefined => parseUrl('https://bücher.example.com/')?.hostname;
    expect(new Set(Array.from({ length: 20_000 }, read))).toEqual(new Set(['xn--bcher-kva.example.com']));
  });
});
