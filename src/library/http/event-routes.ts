import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { LibraryEvent } from '../look-up/library-events.js';
import { allow, mayGoOn, principalOf, type Authentication } from './access.js';
import { iocOnTheWire } from './ioc-on-the-wire.js';
import { jobOnTheWire } from './job-schemas.js';
import type { Routes } from './library-app.js';
import type { LookUpParts } from './look-up-parts.js';
import { Refusal } from './refusal.js';
import { usageOnTheWire } from './usage-routes.js';

export interface EventRouteOptions {
  /** How often a sign of life is sent, and is asked whether whoever looks on still may. */
  readonly heartbeatMs: number;
}

const DEFAULTS: EventRouteOptions = { heartbeatMs: 15_000 };
/** Windows of one person that follow at a time. */
const MOST_STREAMS = 20;
/** Bytes that wait for somebody who does not read; he then connects again and sees all anew. */
const MOST_WAITING = 1_000_000;
const RECONNECT_MS = 3_000;

/** Server-sent events: what happens in the organisation, as long as somebody looks on. */
export function eventRoutes(
  { events, authentication }: Pick<LookUpParts, 'events' | 'authentication'>,
  { heartbeatMs }: EventRouteOptions = DEFAULTS,
): Routes {
  return (app) => {
    const streams = new Map<EventStream, string>();
    app.addHook('preClose', (done) => {
      for (const stream of streams.keys()) stream.end();
      done();
    });
    app.get(
      '/api/events',
      {
        // Its answer would never end.
        exposeHeadRoute: false,
        config: allow('viewer', 'read'),
        schema: {
          summary: 'What happens, as it happens: events job {job}, ioc {ioc} and usage {usage}',
          produces: ['text/event-stream'],
          response: { 200: Type.String() },
        },
      },
      (request, reply) => {
        const { organisationId, userId } = principalOf(request);
        if ([...streams.values()].filter((id) => id === userId).length >= MOST_STREAMS)
          throw new Refusal(429, 'Too many windows follow what happens; close some.', {
            retryAfterSeconds: 60,
          });
        const stream = new EventStream(request, reply, { authentication, heartbeatMs });
        streams.set(stream, userId);
        const unsubscribe = events.subscribe(organisationId, (event) => {
          stream.send(event);
        });
        stream.begin(() => {
          streams.delete(stream);
          unsubscribe();
        });
      },
    );
  };
}

/** The events of one window. */
class EventStream {
  readonly #raw: FastifyReply['raw'];
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(
    private readonly request: FastifyRequest,
    private readonly reply: FastifyReply,
    private readonly options: EventRouteOptions & { readonly authentication: Authentication },
  ) {
    this.#raw = reply.raw;
  }

  /** @param onEnd - Called once, whoever ends it. */
  begin(onEnd: () => void): void {
    const headers = Object.entries(this.reply.getHeaders()).filter(([, value]) => value !== undefined);
    this.reply.hijack();
    this.#raw.once('close', () => {
      clearInterval(this.#heartbeat);
      onEnd();
    });
    this.#raw.writeHead(200, {
      ...(Object.fromEntries(headers) as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // nginx would hold back what is small.
      'x-accel-buffering': 'no',
    });
    this.#raw.write(`retry: ${RECONNECT_MS}\n\n`);
    this.#heartbeat = setInterval(() => void this.#live(), this.options.heartbeatMs);
  }

  send(event: LibraryEvent): void {
    this.#write(`event: ${event.event}\ndata: ${JSON.stringify(contentOf(event))}\n\n`);
  }

  end(): void {
    this.#raw.end();
  }

  async #live(): Promise<void> {
    const may = await mayGoOn(this.request, this.options.authentication).catch(() => false);
    if (may) this.#write(': still here\n\n');
    else this.end();
  }

  #write(text: string): void {
    if (this.#raw.writableEnded || this.#raw.destroyed) return;
    if (this.#raw.writableLength > MOST_WAITING) this.#raw.destroy();
    else this.#raw.write(text);
  }
}

function contentOf(event: LibraryEvent): object {
  switch (event.event) {
    case 'job':
      return { job: jobOnTheWire(event.job) };
    case 'ioc':
      return { ioc: iocOnTheWire(event.ioc) };
    case 'usage':
      return { usage: usageOnTheWire(event.usage) };
  }
}
