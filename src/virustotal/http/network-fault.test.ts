import { describe, expect, it } from 'vitest';
import { ProxyError } from '../../shared/proxy-error.js';
import { faultName, isDistrusted, neverArrived } from './network-fault.js';

function fault(code: string, syscall?: string): Error {
  return Object.assign(new Error(`failed: ${code}`), { code, syscall });
}

const PROXY = { host: 'proxy.example.com:3128', variable: 'HTTPS_PROXY' } as const;

describe('a network fault', () => {
  it.each([
    fault('ECONNREFUSED', 'connect'),
    fault('ETIMEDOUT', 'connect'),
    fault('ENOTFOUND', 'getaddrinfo'),
    fault('EAI_AGAIN', 'getaddrinfo'),
    fault('UND_ERR_CONNECT_TIMEOUT'),
    fault('SELF_SIGNED_CERT_IN_CHAIN'),
    fault('CERT_HAS_EXPIRED'),
    fault('ERR_TLS_CERT_ALTNAME_INVALID'),
    ProxyError.refused(PROXY, 403),
    ProxyError.unreachable(PROXY, fault('ECONNRESET', 'read')),
  ])('before there is a connection never reached VirusTotal (%s)', (error) => {
    expect(neverArrived(error)).toBe(true);
  });

  it.each([
    fault('ECONNRESET', 'read'),
    fault('EPIPE', 'write'),
    fault('ETIMEDOUT', 'read'),
    fault('UND_ERR_SOCKET'),
    fault('UND_ERR_HEADERS_TIMEOUT'),
    new DOMException('no answer', 'TimeoutError'),
    undefined,
    'text',
  ])('on a connection may have (%s)', (error) => {
    expect(neverArrived(error)).toBe(false);
  });

  it('of a certificate is told from others', () => {
    expect(isDistrusted(fault('UNABLE_TO_VERIFY_LEAF_SIGNATURE'))).toBe(true);
    expect(isDistrusted(fault('ECONNREFUSED', 'connect'))).toBe(false);
  });

  it.each<[string, unknown]>([
    ['time-out', new DOMException('no answer', 'TimeoutError')],
    [
      'the proxy proxy.example.com:3128 of HTTPS_PROXY answered HTTP 407; it wants a user name and a password, or others than HTTPS_PROXY has',
      ProxyError.refused(PROXY, 407),
    ],
    ['ECONNRESET', fault('ECONNRESET', 'read')],
    ['TypeError', new TypeError('something else')],
    ['unknown fault', 'text'],
  ])('is called %s', (name, error) => {
    expect(faultName(error)).toBe(name);
  });
});
