import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import ipaddr from 'ipaddr.js';
import { fastify, LogController, type FastifyBaseLogger } from 'fastify';
import type { Logger } from 'pino';
import { guard, type Authentication } from './access.js';
import { addHealth } from './health-routes.js';
import type { LibraryApp, Routes } from './library-app.js';
import { describeRoutes } from './openapi.js';
import { servePage } from './page.js';
import { answerWithProblems, noSuchRoute, sendProblem } from './problems.js';
import { Refusal } from './refusal.js';
import { addSessions, type SessionOptions } from './sessions.js';
import { validatorCompiler } from './validation.js';

export interface ServerOptions {
  readonly logger: Logger;
  /** For the OpenAPI document. */
  readonly version: string;
  readonly sessions: SessionOptions;
  readonly authentication: Authentication;
  /** Folder of the built page; none is served without it. */
  readonly page?: string | undefined;
  /**
   * Addresses and networks of proxies whose `x-forwarded-*` headers are believed; `nearest`: whoever is connected, when that
   * is of a private network, and nobody whom it names.
   */
  readonly trustedProxies?: readonly string[] | 'nearest';
  /** Requests that may come from one address in a minute. */
  readonly requestsPerMinute?: number;
  /** Whether the database answers. */
  readonly isReady: () => Promise<boolean>;
}

/** Bytes of a body, unless a route says more. */
const BODY_LIMIT = 64 * 1024;
/** A page that is open sends a few at a time, and all people of an office may share an address. */
const REQUESTS_PER_MINUTE = 3_000;
const PRIVATE_RANGES = new Set(['loopback', 'private', 'uniqueLocal', 'linkLocal']);
const REQUEST_TIMEOUT_MS = 60_000;

/**
 * The server of the library with its routes; it does not listen yet. Every route says who may use it and what it takes, and
 * the OpenAPI document is made from that.
 */
export async function createLibraryServer(
  options: ServerOptions,
  routes: readonly Routes[],
): Promise<LibraryApp> {
  const { trustedProxies = [], requestsPerMinute = REQUESTS_PER_MINUTE } = options;
  const logger: FastifyBaseLogger = options.logger;
  const app: LibraryApp = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    trustProxy:
      trustedProxies === 'nearest' ? isNearestProxy : trustedProxies.length > 0 && [...trustedProxies],
    // Whoever listens to events would keep the server from closing.
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
  });
  app.setValidatorCompiler(validatorCompiler);
  answerWithProblems(app);
  await app.register(helmet, headersFor(options.sessions.secure));
  await app.register(rateLimit, {
    global: false,
    max: requestsPerMinute,
    timeWindow: 60_000,
    hook: 'onRequest',
    errorResponseBuilder: (_request, { ttl }) => {
      const retryAfterSeconds = Math.ceil(ttl / 1000);
      const detail = `These are more requests than the library takes in a minute; go on in ${retryAfterSeconds} s.`;
      return new Refusal(429, detail, { retryAfterSeconds });
    },
  });
  // For all requests and before anything is asked of the database, so that who is refused is counted as well.
  app.addHook('onRequest', app.rateLimit());
  await addSessions(app, options.sessions);
  guard(app, options.authentication);
  // What somebody may see is nothing for caches on the way.
  app.addHook('onSend', (request, reply, _payload, done) => {
    if (request.url.startsWith('/api/')) void reply.header('cache-control', 'no-store');
    done();
  });
  await describeRoutes(app, options.version);
  addHealth(app, options.isReady);
  for (const add of routes) add(app);
  if (options.page === undefined) {
    app.setNotFoundHandler((request, reply) => sendProblem(reply, noSuchRoute(request)));
  } else {
    await servePage(app, options.page);
  }
  return app;
}

/** A client of a private network is no proxy because of that: only the one that is connected, at hop 0, may be. */
function isNearestProxy(address: string, hop: number): boolean {
  if (hop !== 0 || !ipaddr.isValid(address)) return false;
  return PRIVATE_RANGES.has(ipaddr.process(address).range());
}

/** The policy of docs/library.md: nothing from elsewhere, nothing inline. */
function headersFor(secure: boolean) {
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: secure ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    // The address of an invitation is a secret.
    referrerPolicy: { policy: 'no-referrer' as const },
    xFrameOptions: { action: 'deny' as const },
  };
}
