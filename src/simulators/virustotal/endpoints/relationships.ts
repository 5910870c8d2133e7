import { isJsonObject, type JsonObject } from '../../../shared/json.js';
import {
  alreadyExists,
  type ApiObject,
  badRequest,
  forbidden,
  invalidArgument,
  notFound,
  presentDescriptor,
  presentObject,
  selfLink,
  unknownObject,
} from '../envelope.js';
import type { Answer, Exchange, Route, Service } from '../exchange.js';
import { readObjectId, reportTypes, type ReportType } from '../object-id.js';
import { listPage, makeCursor, pageLinks, readPageRequest } from '../pagination.js';
import { visible } from '../presentation.js';
import { isToOne, relationshipAccess } from '../relationship-rules.js';
import { receiveJson } from '../request-body.js';
import { epochSeconds } from '../report-skeletons.js';

/** How many descriptors `?relationships=` embeds of each relationship. */
const embeddedLimit = 20;

type Presentation = 'objects' | 'descriptors';

/** `GET /{collection}/{id}/{relationship}`, the same below `/relationships/`, and posting votes and comments. */
export function relationshipRoutes(service: Service): Route[] {
  return Object.entries(reportTypes).flatMap(([collection, type]): Route[] => [
    {
      method: 'GET',
      pattern: `/${collection}/:id/:relationship`,
      handle: (exchange) => getRelationship(service, exchange, type, 'objects'),
    },
    {
      method: 'GET',
      pattern: `/${collection}/:id/relationships/:relationship`,
      handle: (exchange) => getRelationship(service, exchange, type, 'descriptors'),
    },
    {
      method: 'POST',
      pattern: `/${collection}/:id/votes`,
      handle: (exchange) => postVote(service, exchange, type),
    },
    {
      method: 'POST',
      pattern: `/${collection}/:id/comments`,
      handle: (exchange) => postComment(service, exchange, type),
    },
  ]);
}

/**
 * The names in `?relationships=` that will be embedded.
 *
 * @throws {@link ApiError} 403 or 400 for a name that is not for this key or unknown, when the behaviour says so.
 */
export function readEmbeddedNames(service: Service, exchange: Exchange, type: ReportType): string[] {
  const names = (exchange.query.get('relationships') ?? '').split(',').filter((name) => name !== '');
  return names.filter((name) => {
    const access = relationshipAccess(type, name, exchange.account.kind);
    if (access !== 'granted' && service.behaviour.embeddedRefusal === 'refuse')
      throw access === 'forbidden' ? forbidden() : invalidArgument(`Relationship "${name}" does not exist`);
    return access === 'granted';
  });
}

/** `data.relationships`, or `undefined` when none was asked for. */
export function embedRelationships(
  service: Service,
  exchange: Exchange,
  parent: ApiObject,
  names: readonly string[],
): JsonObject | undefined {
  if (names.length === 0) return undefined;
  return Object.fromEntries(
    names.map((name): [string, JsonObject] => {
      const object = selfLink(exchange.origin, parent.type, parent.id);
      const self = `${object}/relationships/${name}`;
      const descriptors = service.catalog.related(parent, name).map(presentDescriptor);
      if (isToOne(name))
        return [name, { data: descriptors[0] ?? null, links: { self, related: `${object}/${name}` } }];
      const cursor = descriptors.length > embeddedLimit ? makeCursor(self, embeddedLimit) : undefined;
      const embedded = {
        ...(cursor === undefined ? {} : { meta: { cursor } }),
        data: descriptors.slice(0, embeddedLimit),
        links: { ...pageLinks(self, embeddedLimit, cursor), related: `${object}/${name}` },
      };
      return [name, embedded];
    }),
  );
}

function getRelationship(
  service: Service,
  exchange: Exchange,
  type: ReportType,
  presentation: Presentation,
): Answer {
  const { id: asked = '', relationship = '' } = exchange.params;
  const access = relationshipAccess(type, relationship, exchange.account.kind);
  if (access === 'forbidden') throw forbidden();
  if (access === 'unknown') throw notFound(`Relationship "${relationship}" not found`);
  exchange.spend(`${type}_relationships`);
  const parent = parentOf(service, type, asked);
  const present = (object: ApiObject): JsonObject =>
    presentation === 'descriptors'
      ? presentDescriptor(object)
      : presentObject(exchange.origin, withAskedRelationships(exchange, visible(service, exchange, object)));
  const elements = service.catalog.related(parent, relationship).map(present);
  const infix = presentation === 'descriptors' ? '/relationships' : '';
  const self = `${selfLink(exchange.origin, type, parent.id)}${infix}/${relationship}`;
  if (isToOne(relationship)) return { data: elements[0] ?? null, links: { self } };
  const page = readPageRequest(self, exchange.query, service.behaviour.limitAboveMaximum);
  return listPage(self, elements, page);
}

/** An element with those of its own relationships that the request asks for, such as the author of a comment. */
function withAskedRelationships({ query }: Exchange, object: ApiObject): ApiObject {
  const { relationships, ...bare } = object;
  const asked = query.get('relationships')?.split(',') ?? [];
  const shown = Object.entries(relationships ?? {}).filter(([name]) => asked.includes(name));
  return shown.length === 0 ? bare : { ...bare, relationships: Object.fromEntries(shown) };
}

/** The parent; addresses exist without being in the catalogue. */
function parentOf(service: Service, type: ReportType, asked: string): { type: ReportType; id: string } {
  const id = readObjectId(type, asked, service.behaviour);
  const found = service.catalog.find(type, id);
  if (found === undefined && type !== 'ip_address') throw unknownObject(type, asked);
  return { type, id: found?.id ?? id };
}

async function postVote(service: Service, exchange: Exchange, type: ReportType): Promise<Answer> {
  const parent = parentOf(service, type, exchange.params.id ?? '');
  const verdict = (await receiveAttributes(exchange, 'vote')).verdict;
  if (verdict !== 'harmless' && verdict !== 'malicious') throw invalidArgument('"verdict" is not valid');
  exchange.spend('item_vote');
  const id = `${type.charAt(0)}-${parent.id}-${exchange.account.user}`;
  if (service.catalog.related(parent, 'votes').some((vote) => vote.id === id))
    throw alreadyExists(`User "${exchange.account.user}" already voted "${verdict}" for this ${type}`);
  const attributes = { date: epochSeconds(exchange.at), value: 1, verdict };
  return store(service, exchange, parent, 'votes', { type: 'vote', id, attributes });
}

async function postComment(service: Service, exchange: Exchange, type: ReportType): Promise<Answer> {
  const parent = parentOf(service, type, exchange.params.id ?? '');
  const text = (await receiveAttributes(exchange, 'comment')).text;
  if (typeof text !== 'string' || text === '') throw invalidArgument('"text" is not valid');
  exchange.spend('comments');
  const known = service.catalog.related(parent, 'comments');
  if (known.some((comment) => comment.attributes?.text === text)) throw alreadyExists('Duplicate comment');
  const id = `${type.charAt(0)}-${parent.id}-${known.length.toString(16).padStart(8, '0')}`;
  const attributes = {
    date: epochSeconds(exchange.at),
    text,
    html: text.replace(/&/g, '&amp;').replace(/</g, '&lt;'),
    tags: [...text.matchAll(/#(\w+)/g)].map(([, tag]) => tag?.toLowerCase()),
    votes: { positive: 0, negative: 0, abuse: 0 },
  };
  return store(service, exchange, parent, 'comments', { type: 'comment', id, attributes });
}

async function receiveAttributes(exchange: Exchange, type: string): Promise<JsonObject> {
  const { data } = await receiveJson(exchange.request);
  if (!isJsonObject(data) || data.type !== type || !isJsonObject(data.attributes))
    throw badRequest(`The request body must be a ${type} object`);
  return data.attributes;
}

function store(
  service: Service,
  exchange: Exchange,
  parent: { type: ReportType; id: string },
  relationship: string,
  object: ApiObject & { readonly attributes: JsonObject },
): Answer {
  if (service.catalog.find(parent.type, parent.id) === undefined) throw unknownObject(parent.type, parent.id);
  service.catalog.relate(parent, relationship, [object]);
  return { data: presentObject(exchange.origin, object) };
}
