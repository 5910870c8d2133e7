import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { vtObject } from '../../virustotal/object-id.js';
import { isBenign } from './benign-infrastructure.js';
import {
  BENIGN_ADDRESSES,
  BENIGN_DOMAINS,
  BENIGN_FILES,
  BENIGN_HOSTS,
  BENIGN_SITES,
} from './benign-lists.js';

const isBenignName = (value: string) => isBenign({ type: 'Domain-Name', value });
const isBenignUrl = (value: string) => isBenign({ type: 'Url', value });

describe('infrastructure that everything uses', () => {
  it.each(['windowsupdate.com', 'ctldl.windowsupdate.com', 'a.b.windowsupdate.com', 'www.google.com'])(
    'has %s in it',
    (name) => {
      expect(isBenignName(name)).toBe(true);
    },
  );

  it.each([
    'notwindowsupdate.com',
    'windowsupdate.com.evil.example',
    'com',
    'sites.google.com',
    'evil.www.google.com',
    'docs.google.com',
    'storage.googleapis.com',
    'onedrive.live.com',
    'x.blob.core.windows.net',
    'xn--ggle-0nda.com',
  ])('has nothing of %s in it', (name) => {
    expect(isBenignName(name)).toBe(false);
  });

  it('is told by the host of a URL, however that is written', () => {
    expect(isBenignUrl('HTTP://CTLDL.WindowsUpdate.com:80/x?y#z')).toBe(true);
    expect(isBenignUrl('http://ctldl.windowsupdate.com./x')).toBe(true);
    expect(isBenignUrl('ctldl.windowsupdate.com/x')).toBe(true);
    expect(isBenignUrl('https://8.8.8.8/dns-query')).toBe(true);
    expect(isBenignUrl('https://[2001:4860:4860:0::8888]/dns-query')).toBe(true);
    expect(isBenignUrl('http://ｗｗｗ.google.com/')).toBe(true);
    expect(isBenignUrl('http://windowsupdate.com@c2.example.com/')).toBe(false);
    expect(isBenignUrl('http://c2.example.com/windowsupdate.com')).toBe(false);
    expect(isBenignUrl('http://[broken/')).toBe(false);
  });

  it.each([
    'https://www.google.com/url?q=http://evil.example.com/login',
    'https://www.google.com/amp/s/evil.example.com',
    'https://www.google.com/?q=evil',
    'https://www.bing.com/ck/a?!&&u=a1aHR0cA',
    'https://duckduckgo.com/l/?uddg=http%3A%2F%2Fevil.example.com',
    'https://www.baidu.com/link?url=x',
    'https://yandex.ru/clck/jsredir?x',
    'https://login.microsoftonline.com/common/oauth2/authorize?redirect_uri=http://evil.example.com',
    'https://accounts.google.com/signout/chrome/landing?continue=https://evil.example.com',
  ])('is not %s, which leads where strangers want', (url) => {
    expect(isBenignUrl(url)).toBe(false);
  });

  it.each([
    'https://www.google.com',
    'https://www.google.com/#top',
    'http://ocsp.digicert.com/MFEwTzBNMEswSTAJ',
    'http://crl.microsoft.com/pki/crl/products/MicCodSigPCA_08-31-2010.crl',
    'http://www.microsoft.com/pkiops/crl/x.crl',
    'http://www.msftncsi.com/ncsi.txt',
  ])('is %s', (url) => {
    expect(isBenignUrl(url)).toBe(true);
  });

  it('has public resolvers in it, and not their neighbours', () => {
    expect(isBenign({ type: 'IPv4-Addr', value: '1.1.1.1' })).toBe(true);
    expect(isBenign({ type: 'IPv6-Addr', value: '2606:4700:4700::1111' })).toBe(true);
    expect(isBenign({ type: 'IPv4-Addr', value: '1.1.1.4' })).toBe(false);
  });

  it('has files in it that hold nothing of their own', () => {
    const contents = [
      '',
      '\n',
      '\r\n',
      '{}',
      '[]',
      '[ZoneTransfer]\r\n\r\nZoneId=3',
      '[ZoneTransfer]\r\nZoneId=3\r\n',
    ];
    const hashes = contents.map((content) => createHash('sha256').update(content).digest('hex'));
    expect(hashes).toEqual(BENIGN_FILES);
    expect(isBenign({ type: 'StixFile', value: hashes[0] ?? '' })).toBe(true);
    expect(isBenign({ type: 'StixFile', value: 'a'.repeat(64) })).toBe(false);
  });

  it('is listed in the form in which it is compared, each once', () => {
    for (const name of [...BENIGN_HOSTS, ...BENIGN_SITES, ...BENIGN_DOMAINS])
      expect(vtObject('Domain-Name', name)).toEqual({ object: { kind: 'domain', name } });
    for (const address of BENIGN_ADDRESSES)
      expect(vtObject(address.includes(':') ? 'IPv6-Addr' : 'IPv4-Addr', address)).toEqual({
        object: { kind: 'ip_address', address },
      });
    for (const list of [[...BENIGN_HOSTS, ...BENIGN_SITES], BENIGN_DOMAINS, BENIGN_ADDRESSES])
      expect(new Set(list).size).toBe(list.length);
    // A host below a domain that is listed would be listed twice.
    for (const host of [...BENIGN_HOSTS, ...BENIGN_SITES])
      expect(BENIGN_DOMAINS.filter((domain) => host === domain || host.endsWith(`.${domain}`))).toEqual([]);
  });
});
