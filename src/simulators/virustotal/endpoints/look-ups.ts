import { canonicalUrl, urlId } from '../canonical-url.js';
import { canonicalDomain } from '../domain-name.js';
import {
  type ApiObject,
  badRequest,
  forbidden,
  presentObject,
  unknownObject,
  apiPrefix,
} from '../envelope.js';
import type { Exchange, Route, Service } from '../exchange.js';
import { canonicalIpAddress } from '../ip-address.js';
import { readObjectId, type ReportCollection, reportTypes, type ReportType } from '../object-id.js';
import { visible } from '../presentation.js';
import { unlistedAddress } from '../report-skeletons.js';
import { embedRelationships, readEmbeddedNames } from './relationships.js';

/** Objects that are served as they stand in the catalogue; `api_usage` counts most of them by type. */
const plainCollections: Readonly<Record<string, { readonly type: string; readonly counter: string }>> = {
  yara_rulesets: { type: 'yara_ruleset', counter: 'yara_rulesets' },
  sigma_rules: { type: 'sigma_rule', counter: 'sigma_rules' },
  resolutions: { type: 'resolution', counter: 'resolutions' },
  comments: { type: 'comment', counter: 'comments' },
  file_behaviours: { type: 'file_behaviour', counter: 'file_behaviours' },
};

/** `GET /files/{id}` and its siblings, single objects of other types, and `GET /search`. */
export function lookUpRoutes(service: Service): Route[] {
  const reports = Object.entries(reportTypes).map(([collection, type]): Route => ({
    method: 'GET',
    pattern: `/${collection}/:id`,
    handle: (exchange) => getReport(service, exchange, collection as ReportCollection, type),
  }));
  const others = Object.entries(plainCollections).map(([collection, { type, counter }]): Route => ({
    method: 'GET',
    pattern: `/${collection}/:id`,
    handle: (exchange) => {
      exchange.spend(counter);
      const id = exchange.params.id ?? '';
      const object = service.catalog.find(type, id);
      if (object === undefined) throw unknownObject(type, id);
      if (object.forbidden) throw forbidden();
      return { data: presentObject(exchange.origin, { type, id, attributes: object.attributes }) };
    },
  }));
  const search: Route = {
    method: 'GET',
    pattern: '/search',
    handle: (exchange) => searchOne(service, exchange),
  };
  return [...reports, ...others, search];
}

/**
 * The object a path or a search asks for.
 *
 * @throws {@link ApiError} 404 when the catalogue does not hold it; addresses are always known.
 */
export function findReport(service: Service, type: ReportType, id: string, asked = id): ApiObject {
  if (service.catalog.find(type, id) === undefined) service.invent?.(service.catalog, { type, id }, asked);
  const found = service.catalog.find(type, id);
  if (found !== undefined) {
    if (found.forbidden) throw forbidden();
    return { type, id: found.id, attributes: found.attributes };
  }
  if (type === 'ip_address') return { type, id, attributes: unlistedAddress(id, service.clock.now()) };
  throw unknownObject(type, asked);
}

function getReport(
  service: Service,
  exchange: Exchange,
  collection: ReportCollection,
  type: ReportType,
): { data: object } {
  const asked = exchange.params.id ?? '';
  const embedded = readEmbeddedNames(service, exchange, type);
  const isFree = type === 'file' && service.submissions.isFirstSeenHere(asked.toLowerCase());
  const units = 1 + embedded.length * service.behaviour.embeddedRelationshipUnits;
  if (!isFree) exchange.spend(collection, units);
  const report = findReport(service, type, readObjectId(type, asked, service.behaviour), asked);
  const relationships = embedRelationships(service, exchange, report, embedded);
  return {
    data: presentObject(exchange.origin, {
      ...visible(service, exchange, report),
      ...(relationships === undefined ? {} : { relationships }),
    }),
  };
}

/** A list of one object, or of none: an unknown value is no error here. */
function searchOne(service: Service, exchange: Exchange): { data: object[]; links: object } {
  const query = exchange.query.get('query') ?? '';
  if (query.trim() === '') throw badRequest('The parameter "query" is missing');
  exchange.spend('search');
  const subject = subjectOf(query.trim());
  const self = `${exchange.origin}${apiPrefix}/search?query=${encodeURIComponent(query)}`;
  const isKnown =
    subject !== undefined &&
    (subject.type === 'ip_address' || service.catalog.find(subject.type, subject.id) !== undefined);
  if (!isKnown) return { data: [], links: { self } };
  const report = findReport(service, subject.type, subject.id);
  return { data: [presentObject(exchange.origin, visible(service, exchange, report))], links: { self } };
}

function subjectOf(text: string): { type: ReportType; id: string } | undefined {
  if (/^([0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/i.test(text))
    return { type: 'file', id: text.toLowerCase() };
  const address = canonicalIpAddress(text);
  if (address !== undefined) return { type: 'ip_address', id: address };
  const domain = canonicalDomain(text);
  if (domain !== undefined) return { type: 'domain', id: domain };
  const url = canonicalUrl(text);
  return url === undefined ? undefined : { type: 'url', id: urlId(url) };
}
