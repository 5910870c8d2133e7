import { NetworkSet, parseAddress, parseNetwork } from './network-set.js';

/** Whether a server is reached without a proxy. */
export type NoProxyRule = (url: URL) => boolean;

/**
 * The rule that `NO_PROXY` means, separated by commas or white space: hosts with everything below them (`example.com`,
 * `.example.com`), addresses, networks (`10.0.0.0/8`), each with or without a port, or `*` for every server. There is no
 * standard; this takes what curl, Python and Go take.
 */
export function readNoProxy(list = ''): NoProxyRule {
  const entries = list.split(/[,\s]+/).filter((entry) => entry !== '');
  if (entries.includes('*')) return () => true;
  const rules = entries.map(ruleOf);
  return (url) => rules.some((isMeant) => isMeant(url));
}

function ruleOf(entry: string): NoProxyRule {
  // Other colons than the one before a port are those of an IPv6 address.
  const [, left = entry, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? [];
  const isMeant = hostRule(left);
  return port === undefined ? isMeant : (url) => portOf(url) === Number(port) && isMeant(url);
}

function hostRule(left: string): NoProxyRule {
  const network = parseNetwork(withoutBrackets(left));
  if (network !== undefined) {
    const networks = new NetworkSet([network]);
    return (url) => {
      const address = parseAddress(withoutBrackets(url.hostname));
      return address !== undefined && networks.has(address);
    };
  }
  const name = withoutDot(left.replace(/^\*?\./, '').toLowerCase());
  if (name === '') return () => false;
  return ({ hostname }) => {
    const host = withoutDot(hostname);
    // The last parts of an address are no domain.
    return host === name || (host.endsWith(`.${name}`) && parseAddress(host) === undefined);
  };
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

function withoutDot(host: string): string {
  return host.replace(/\.$/, '');
}

function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}
