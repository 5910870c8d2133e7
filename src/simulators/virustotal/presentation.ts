import type { JsonObject } from '../../shared/json.js';
import type { ApiObject } from './envelope.js';
import type { Exchange, Service } from './exchange.js';

const premiumAttributes = new Set([
  'capabilities_tags',
  'downloadable',
  'favicon',
  'malware_config',
  'threat_severity',
]);
const gtiAttributes = new Set(['gti_assessment', 'mandiant_ic_score']);

/** The object with only those attributes that this key may see and this request asks for. */
export function visible(service: Service, exchange: Exchange, object: ApiObject): ApiObject {
  if (object.attributes === undefined) return object;
  const permitted = pick(object.attributes, (name) => mayRead(exchange, name));
  return { ...object, attributes: project(service, exchange, permitted) };
}

/** GTI attributes need a licence and a request that names its product in `x-tool`. */
function mayRead({ account, request }: Exchange, attribute: string): boolean {
  if (gtiAttributes.has(attribute))
    return account.kind === 'gti' && String(request.headers['x-tool'] ?? '').trim() !== '';
  return !premiumAttributes.has(attribute) || account.kind !== 'public';
}

function project(service: Service, { query }: Exchange, attributes: JsonObject): JsonObject {
  if (service.behaviour.projection === 'ignored') return attributes;
  const wanted = query.get('attributes')?.split(',');
  const unwanted = query.get('exclude_attributes')?.split(',') ?? [];
  return pick(attributes, (name) => (wanted?.includes(name) ?? true) && !unwanted.includes(name));
}

function pick(attributes: JsonObject, keep: (name: string) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => keep(name)));
}
