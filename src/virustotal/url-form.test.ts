import { describe, expect, it } from 'vitest';
import { urlForm } from './url-form.js';

describe('urlForm', () => {
  it.each([
    ['https://intranet.example.com/x?y=1#part', 'intranet.example.com/x?y=1'],
    ['HTTP://INTRANET.Example.COM./x', 'intranet.example.com/x'],
    ['intranet.example.com/x', 'intranet.example.com/x'],
    ['intranet.example.com:8080/x', 'intranet.example.com:8080/x'],
    ['http://me:secret@intranet.example.com:80/x', 'intranet.example.com/x'],
    ['https://intranet.example.com:443', 'intranet.example.com/'],
    ['http://intranet.example.com:443/x', 'intranet.example.com/x'],
    ['https://intranet.example.com:80/x', 'intranet.example.com/x'],
    ['https://intranet.example.com:8080/x', 'intranet.example.com:8080/x'],
    ['https://intranet.example.com//x', 'intranet.example.com/x'],
    ['https://intranet.example.com\\\\/a//b///c?d=//e', 'intranet.example.com/a/b/c?d=//e'],
    ['https://intranet.example.com/a/../x', 'intranet.example.com/x'],
    ['https://intranet.example.com/a/%2e%2E/%78', 'intranet.example.com/x'],
    ['https:\\\\intranet.example.com\\x', 'intranet.example.com/x'],
    ['https://intranet.example.com/%c3%a4', 'intranet.example.com/%C3%A4'],
    ['https://intranet.example.com/ä', 'intranet.example.com/%C3%A4'],
    ['https://intranet.example.com/a,b%2cc', 'intranet.example.com/a%2Cb%2Cc'],
    ['https://bücher.example.com/', 'xn--bcher-kva.example.com/'],
    ['https://xn--a.example.com/xn--', 'xn--a.example.com/xn--'],
    ['http://0x0a000001/', '10.0.0.1/'],
    ['http://[::ffff:10.0.0.1]:8080/', '10.0.0.1:8080/'],
    ['http://[2001:DB8::1]:8080/', '[2001:db8::1]:8080/'],
  ])('reads %s as %s', (text, place) => {
    expect(urlForm(text)?.place).toBe(place);
  });

  it('names the host without brackets and port', () => {
    expect(urlForm('http://[2001:DB8::1]:8080/')?.host).toBe('2001:db8::1');
    expect(urlForm('Example.com.:8080')?.host).toBe('example.com');
  });

  it.each(['', 'http://', 'https://exa mple.com/', 'mailto:me@example.com'])(
    'finds no place in %j',
    (text) => {
      expect(urlForm(text)).toBeUndefined();
    },
  );
});
