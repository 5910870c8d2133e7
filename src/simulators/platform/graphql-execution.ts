import {
  execute,
  getVariableValues,
  GraphQLError,
  GraphQLScalarType,
  parse,
  validate,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql';
import type { Clock } from '../../shared/clock.js';
import type { JsonObject } from '../../shared/json.js';
import { operationOf, overusedField } from './document-limits.js';
import { authRequired, badInputCode, errorEnvelope, forbidden } from './errors.js';
import type { RequestContext } from './request-context.js';
import { platformSchema } from './schema.js';
import type { Since } from './version.js';

/** A GraphQL request over HTTP. */
export interface GraphqlRequest {
  query: string;
  variables: JsonObject;
  operationName: string | undefined;
}

/** A GraphQL answer over HTTP. */
export interface GraphqlResponse {
  /** 200 whenever the operation was understood, errors or not. */
  status: number;
  body: JsonObject;
}

/** Runs operations against the schema of one platform version, with that version's refusals. */
export class GraphqlEngine {
  readonly #schema: GraphQLSchema;
  readonly #since: Since;
  readonly #root: unknown;
  readonly #clock: Clock;
  /** Documents that were found valid, by their text: clients send the same few again and again. */
  readonly #valid = new Map<string, DocumentNode>();

  constructor(since: Since, root: unknown, clock: Clock) {
    this.#since = since;
    this.#root = root;
    this.#clock = clock;
    this.#schema = platformSchema(since);
    const dateTime = this.#schema.getType('DateTime');
    if (dateTime instanceof GraphQLScalarType) dateTime.parseValue = parseDateTime;
  }

  async run(request: GraphqlRequest, context: RequestContext): Promise<GraphqlResponse> {
    let document: DocumentNode;
    try {
      document = this.#valid.get(request.query) ?? parse(request.query);
    } catch (error) {
      return this.#failure([coded(error as GraphQLError, 'GRAPHQL_PARSE_FAILED')], 400);
    }
    const refusal = this.#refusal(request, document, context);
    if (refusal !== undefined) return this.#failure(refusal);

    const result = await execute({
      schema: this.#schema,
      document,
      rootValue: this.#root,
      contextValue: context,
      variableValues: request.variables,
      operationName: request.operationName ?? null,
    });
    const { data = null, errors } = result;
    if (errors === undefined) return { status: 200, body: { data } };
    return { status: 200, body: { ...this.#failure(errors).body, data } };
  }

  /** An answer that consists of errors alone. */
  failure(error: Error, status = 200): GraphqlResponse {
    const wrapped = new GraphQLError(error.message, { originalError: error });
    return this.#failure([wrapped], status);
  }

  #refusal(
    request: GraphqlRequest,
    document: DocumentNode,
    context: RequestContext,
  ): readonly GraphQLError[] | undefined {
    const introspection = this.#introspectionRefusal(request.query, context);
    if (introspection !== undefined) return [introspection];
    if (!this.#valid.has(request.query)) {
      const invalid = validate(this.#schema, document);
      if (invalid.length > 0) {
        return invalid.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED'));
      }
      this.#valid.set(request.query, document);
    }
    const operation = operationOf(document, request.operationName);
    if (operation === undefined) return [coded(new GraphQLError('Unknown operation'), 'BAD_REQUEST')];
    const overused = this.#since('6.1.0') ? overusedField(operation) : undefined;
    if (overused !== undefined) {
      const error = new GraphQLError(`Allowed number of calls to ${overused} has been exceeded`);
      return [coded(error, 'GRAPHQL_VALIDATION_FAILED')];
    }
    const { errors } = getVariableValues(
      this.#schema,
      operation.variableDefinitions ?? [],
      request.variables,
    );
    return errors?.map((error) => coded(this.#inWordsOfTheVersion(error), badInputCode(this.#since)));
  }

  /** The platform looks for the substring, so that before 6.1.10 even `__typename` is refused. */
  #introspectionRefusal(query: string, context: RequestContext): GraphQLError | undefined {
    const asks = query.includes('__schema') || (!this.#since('6.1.10') && query.includes('__type'));
    if (!asks) return undefined;
    if (!this.#since('6.1.0')) return context.user === undefined ? wrap(authRequired()) : undefined;
    return wrap(forbidden());
  }

  /** GraphQL.js 17 (7.260803.0 on) words an unknown input key differently; no client may depend on the words. */
  #inWordsOfTheVersion(error: GraphQLError): GraphQLError {
    if (!this.#since('7.260803.0')) return error;
    const message = error.message
      .replace(/^Variable "(\$\w+)" got invalid value .*; /s, 'Variable "$1" has invalid value: ')
      .replace(
        /Field "(\w+)" is not defined by type "(\w+)"\.?/,
        'Expected value of type "$2" not to include unknown field "$1".',
      );
    return new GraphQLError(message, { nodes: error.nodes ?? null });
  }

  #failure(errors: readonly GraphQLError[], status = 200): GraphqlResponse {
    const envelopes = errors.map((error) =>
      errorEnvelope(withoutSuggestion(error), this.#since, this.#clock.now()),
    );
    return { status, body: { errors: envelopes } };
  }
}

function coded(error: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(error.message, { nodes: error.nodes ?? null, extensions: { code } });
}

function wrap(error: Error): GraphQLError {
  return new GraphQLError(error.message, { originalError: error });
}

/** Operators hide "Did you mean …", so clients must do without. */
function withoutSuggestion(error: GraphQLError): GraphQLError {
  const message = error.message.replace(/ Did you mean .*\?$/s, '');
  if (message === error.message) return error;
  return new GraphQLError(message, { nodes: error.nodes ?? null, extensions: error.extensions });
}

function parseDateTime(value: unknown): unknown {
  if (typeof value !== 'string' || Number.isNaN(Date.parse(value))) {
    throw new GraphQLError('DateTime cannot represent an invalid date-time-string');
  }
  return value;
}
