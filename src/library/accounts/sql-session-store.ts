import type { SessionStore as FastifySessionStore } from '@fastify/session';
import type { Session } from 'fastify';
import type { Clock } from '../../shared/clock.js';
import type { SessionStore } from '../store/session-store.js';
import { hashSecret } from './secrets.js';

declare module 'fastify' {
  interface Session {
    /** Who is logged in. */
    userId?: string;
    /** ISO 8601, UTC; the store sets it when it keeps the session for the first time. */
    createdAt?: string;
    /** ISO 8601, UTC, as it is stored. */
    expiresAt?: string;
  }
}

/** What the plugin really hands over. */
interface KeptSession extends Session {
  isModified?(): boolean;
}

/** A session ends then, however much it is used. */
export const SESSION_LONGEST_MS = 7 * 86_400_000;
/** An unchanged session is not written for each request. */
const WRITE_INTERVAL_MS = 60_000;
const SWEEP_INTERVAL_MS = 600_000;

/**
 * Sessions of @fastify/session in SQL, under hashes of their ids. When one ends is known here alone: the cookie's
 * attributes are not kept. A session that was ended, by whatever process, is not brought back by a request that was
 * under way. What has expired is deleted now and then, when a session is made.
 */
export class SqlSessionStore implements FastifySessionStore {
  readonly #sessions: SessionStore;
  readonly #clock: Clock;
  readonly #idleMs: number;
  #sweptAtMs = 0;

  /** @param idleMs - A session ends when it is not used for as long. */
  constructor(sessions: SessionStore, clock: Clock, idleMs: number) {
    this.#sessions = sessions;
    this.#clock = clock;
    this.#idleMs = idleMs;
  }

  get(sessionId: string, callback: (error: unknown, session?: Session | null) => void): void {
    answer(this.#read(sessionId), callback);
  }

  set(sessionId: string, session: KeptSession, callback: (error?: unknown) => void): void {
    answer(this.#write(sessionId, session), callback);
  }

  destroy(sessionId: string, callback: (error?: unknown) => void): void {
    answer(this.#sessions.delete(hashSecret(sessionId)), callback);
  }

  async #read(sessionId: string): Promise<Session | null> {
    const found = await this.#sessions.get(hashSecret(sessionId), this.#clock.now());
    if (found === undefined) return null;
    const { data, expiresAt } = found;
    return { ...(JSON.parse(data) as object), expiresAt, cookie: { originalMaxAge: null } };
  }

  async #write(sessionId: string, session: KeptSession): Promise<void> {
    const nowMs = this.#clock.now().getTime();
    const isNew = session.createdAt === undefined;
    const createdAt = (session.createdAt ??= new Date(nowMs).toISOString());
    const expiresAtMs = Math.min(nowMs + this.#idleMs, Date.parse(createdAt) + SESSION_LONGEST_MS);
    const isModified = isNew || (session.isModified?.() ?? true);
    if (!isModified && expiresAtMs - expiryOf(session) < WRITE_INTERVAL_MS) return;
    const { cookie: _, expiresAt: __, ...data } = session;
    const row = {
      idHash: hashSecret(sessionId),
      userId: session.userId ?? null,
      data: JSON.stringify(data),
      expiresAt: new Date(expiresAtMs).toISOString(),
    };
    if (!isNew) {
      await this.#sessions.replace(row);
      return;
    }
    await this.#sweep(nowMs);
    await this.#sessions.put(row);
  }

  async #sweep(nowMs: number): Promise<void> {
    if (nowMs - this.#sweptAtMs < SWEEP_INTERVAL_MS) return;
    this.#sweptAtMs = nowMs;
    await this.#sessions.deleteExpired(new Date(nowMs));
  }
}

function expiryOf({ expiresAt }: Session): number {
  return expiresAt === undefined ? 0 : Date.parse(expiresAt);
}

function answer<T>(work: Promise<T>, callback: (error: unknown, result?: T) => void): void {
  work.then(
    (result) => {
      callback(null, result);
    },
    (error: unknown) => {
      callback(error);
    },
  );
}
