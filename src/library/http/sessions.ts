import cookie from '@fastify/cookie';
import csrf from '@fastify/csrf-protection';
import session, { type FastifySessionOptions } from '@fastify/session';
import { createHmac } from 'node:crypto';
import type { LibraryApp } from './library-app.js';

export interface SessionOptions {
  readonly store: NonNullable<FastifySessionOptions['store']>;
  /** The installation's secret: cookies are signed with keys made from it. */
  readonly secret: Buffer;
  /** Whether the page is reached by https, so that cookies travel by it alone. */
  readonly secure: boolean;
  /** How long a session lives without a request. */
  readonly idleMs: number;
}

/** Sessions in cookies that scripts cannot read and other sites do not send, and tokens against forged requests. */
export async function addSessions(app: LibraryApp, options: SessionOptions): Promise<void> {
  const { store, secret, secure, idleMs } = options;
  const prefix = secure ? '__Host-' : '';
  const cookieOptions = { path: '/', httpOnly: true, sameSite: 'strict', secure } as const;
  await app.register(cookie, { secret: derivedKey(secret, 'csrf cookie') });
  await app.register(session, {
    store,
    secret: derivedKey(secret, 'session cookie'),
    cookieName: `${prefix}session`,
    cookie: { ...cookieOptions, maxAge: idleMs },
    // Whoever only looks at the entrance needs no row in the database.
    saveUninitialized: false,
    rolling: true,
  });
  await app.register(csrf, {
    sessionPlugin: '@fastify/cookie',
    cookieKey: `${prefix}csrf`,
    cookieOpts: { ...cookieOptions, signed: true },
    csrfOpts: { hmacKey: derivedKey(secret, 'csrf token'), userInfo: true },
    // A token of before the log-in is none of after it.
    getUserInfo: ({ session: { userId } }) => userId ?? 'nobody',
    getToken: ({ headers }) => {
      const token = headers['x-csrf-token'];
      return Array.isArray(token) ? token[0] : token;
    },
  });
}

function derivedKey(secret: Buffer, purpose: string): string {
  return createHmac('sha256', secret).update(purpose).digest('hex');
}
