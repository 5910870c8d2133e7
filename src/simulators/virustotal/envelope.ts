import type { JsonObject } from '../../shared/json.js';

/** Everything the simulated API answers below this path. */
export const apiPrefix = '/api/v3';

/** An object of the API before it is put into an envelope. */
export interface ApiObject {
  readonly type: string;
  readonly id: string;
  /** Absent when only the id is known: such an object carries `error` instead. */
  readonly attributes?: JsonObject;
  readonly contextAttributes?: JsonObject;
  readonly relationships?: JsonObject;
}

/** A refusal of the API: HTTP status plus the error envelope. */
export class ApiError extends Error {
  /**
   * @param status - HTTP status.
   * @param code - `error.code`, e.g. `NotFoundError`.
   * @param message - `error.message`.
   * @param headers - Extra response headers, e.g. `retry-after`.
   */
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

export const badRequest = (message: string): ApiError => new ApiError(400, 'BadRequestError', message);
export const invalidArgument = (message: string): ApiError =>
  new ApiError(400, 'InvalidArgumentError', message);
export const notFound = (message: string): ApiError => new ApiError(404, 'NotFoundError', message);
export const alreadyExists = (message: string): ApiError => new ApiError(409, 'AlreadyExistsError', message);
export const forbidden = (): ApiError =>
  new ApiError(403, 'ForbiddenError', 'You are not authorized to perform the requested operation');

/** Names of the types as they stand in "… not found" messages. */
const nounOfType: Readonly<Record<string, string>> = {
  file: 'File',
  url: 'URL',
  domain: 'Domain',
  analysis: 'Analysis',
  yara_ruleset: 'YARA ruleset',
};

/** 404 for an object the catalogue does not hold, worded as the API words it. */
export function unknownObject(type: string, id: string): ApiError {
  return notFound(`${nounOfType[type] ?? type} "${id}" not found`);
}

/** Collections whose name is not simply the type plus `s`. */
const irregularCollections: Readonly<Record<string, string>> = {
  ip_address: 'ip_addresses',
  analysis: 'analyses',
};

/** The path segment under which objects of a type live (`file` → `files`). */
export function collectionOf(type: string): string {
  return irregularCollections[type] ?? `${type}s`;
}

/** Address of an object: `origin` is scheme, host and port. */
export function selfLink(origin: string, type: string, id: string): string {
  return `${origin}${apiPrefix}/${collectionOf(type)}/${encodeURIComponent(id)}`;
}

/** The object as it stands in `data`. */
export function presentObject(origin: string, object: ApiObject): JsonObject {
  return {
    type: object.type,
    id: object.id,
    links: { self: selfLink(origin, object.type, object.id) },
    ...(object.attributes === undefined
      ? { error: { code: 'NotFoundError', message: unknownObject(object.type, object.id).message } }
      : { attributes: object.attributes }),
    ...(object.relationships === undefined ? {} : { relationships: object.relationships }),
    ...(object.contextAttributes === undefined ? {} : { context_attributes: object.contextAttributes }),
  };
}

/** Type and id only, with the context of the relationship. */
export function presentDescriptor(object: ApiObject): JsonObject {
  return {
    type: object.type,
    id: object.id,
    ...(object.contextAttributes === undefined ? {} : { context_attributes: object.contextAttributes }),
  };
}

/** The error envelope. */
export function errorBody(code: string, message: string): JsonObject {
  return { error: { code, message } };
}
