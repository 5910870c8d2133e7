import { createHash } from 'node:crypto';
import type { JsonObject } from '../../src/shared/json.js';
import type { VtObject } from '../../src/virustotal/schema.js';
import { everyOption } from './enrichment-runs.js';
import { fullDomainBody, fullFileBody, fullIpAddressBody, fullUrlBody } from './full-reports.js';

/** Reports with all related objects that an option can ask for, twenty of each. */

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const numbers = Array.from({ length: 20 }, (_, number) => number);

const elements: Readonly<Record<string, (name: string, number: number, parent: string) => JsonObject>> = {
  file: (name, number) => ({
    type: 'file',
    id: hash(`${name} ${number}`),
    context_attributes: { filename: 'a|b.exe' },
  }),
  domain: (_, number) => ({ type: 'domain', id: `n${number}.example.com` }),
  ip_address: (_, number) => ({ type: 'ip_address', id: `1.2.3.${number + 1}` }),
  url: (name, number) => ({
    type: 'url',
    id: hash(`${name} ${number}`),
    context_attributes: { url: `http://n${number}.example.com/?q=${encodeURIComponent(name)}` },
  }),
  resolution: (_, number, parent) => ({
    type: 'resolution',
    id: /^[\d.:]+$/.test(parent) ? `${parent}n${number}.example.com` : `1.2.3.${number + 1}${parent}`,
  }),
};

function elementOf(name: string): string {
  if (name === 'resolutions') return 'resolution';
  if (/files|execution_parents/.test(name)) return 'file';
  if (name.includes('ip')) return 'ip_address';
  return /url|redirect/.test(name) ? 'url' : 'domain';
}

/** The full answer with twenty of each relationship, of which there are more. */
export function bodyWithRelated(object: VtObject): JsonObject {
  const bodies = {
    file: fullFileBody,
    ip_address: fullIpAddressBody,
    domain: fullDomainBody,
    url: fullUrlBody,
  };
  const { file, ip, domain, url } = everyOption;
  const names = { file: file.related, ip_address: ip.related, domain: domain.related, url: url.related };
  const data = bodies[object.kind].data as JsonObject;
  const id =
    object.kind === 'ip_address' ? object.address : object.kind === 'domain' ? object.name : String(data.id);
  const relationships = Object.fromEntries(
    names[object.kind].map((name) => [
      name,
      { data: numbers.map((number) => elements[elementOf(name)]?.(name, number, id)), meta: { cursor: 'x' } },
    ]),
  );
  return { data: { ...data, id, relationships } };
}
