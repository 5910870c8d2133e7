import type { ObservableType } from './context.js';

/** What an observable of this type is called in a sentence. */
export function nounOf(type: ObservableType): string {
  switch (type) {
    case 'StixFile':
      return 'file';
    case 'Artifact':
      return 'artifact';
    case 'IPv4-Addr':
    case 'IPv6-Addr':
      return 'IP address';
    case 'Domain-Name':
      return 'domain';
    case 'Hostname':
      return 'hostname';
    case 'Url':
      return 'URL';
  }
}

/**
 * The verdict as a clause, such as `42 of 70 engines call this malicious`.
 *
 * @param detection - `undefined` when the object was never analysed.
 * @param thing - What the engines judged, e.g. `this file`.
 */
export function detectionClause(
  detection: { readonly malicious: number; readonly engines: number } | undefined,
  thing: string,
): string {
  if (detection === undefined) return `${thing} is known but has never been analysed`;
  const { malicious, engines } = detection;
  if (engines === 0) return `no engine has given a verdict on ${thing}`;
  if (malicious === 0) return `none of ${engines} engines call ${thing} malicious`;
  return `${malicious} of ${engines} engines ${malicious === 1 ? 'calls' : 'call'} ${thing} malicious`;
}
