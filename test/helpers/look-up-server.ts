import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import type { Principal } from '../../src/library/accounts/principal.js';
import { allLookUpRoutes } from '../../src/library/http/all-look-up-routes.js';
import type { LibraryApp } from '../../src/library/http/library-app.js';
import { AuditStore, type AuditRecord } from '../../src/library/store/audit-store.js';
import { authenticationOf, principal, startTestServer } from './library-server.js';
import { lookUpWorld, type LookUpWorld, type LookUpWorldOptions } from './look-up-world.js';

export type Person = 'viewer' | 'analyst' | 'admin' | 'super_admin' | 'stranger' | 'reading' | 'writing';
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The server with the routes of look-ups, an organisation with its people, and a stranger. */
export class LookUpServer {
  private constructor(
    readonly app: LibraryApp,
    readonly world: LookUpWorld,
    readonly people: Map<string, Principal>,
    readonly other: string,
    private readonly auditLog: AuditStore,
  ) {}

  static async start(
    options: LookUpWorldOptions & { readonly heartbeatMs?: number } = {},
  ): Promise<LookUpServer> {
    const world = await lookUpWorld(options);
    const { id: other } = await world.organisations.create({ name: 'Red Team' });
    const member = { organisationId: world.own, scopes: ['read', 'write', 'lookup'] } as const;
    // Whoever is not limited by scopes, as in a session, may do everything that the role may.
    const session = { organisationId: world.own, scopes: undefined };
    const people = new Map<string, Principal>([
      ['viewer', principal({ ...member, role: 'viewer' })],
      ['analyst', principal(member)],
      ['admin', principal({ ...session, role: 'admin' })],
      ['super_admin', principal({ ...session, role: 'super_admin' })],
      ['stranger', principal({ ...session, role: 'super_admin', organisationId: other })],
      ['reading', principal({ ...member, scopes: ['read'] })],
      ['writing', principal({ ...member, scopes: ['read', 'write'] })],
    ]);
    const audit = new AuditStore(world.database, world.time.clock);
    const { heartbeatMs = 60_000 } = options;
    const app = await startTestServer(
      people,
      allLookUpRoutes(
        {
          ...world,
          jobs: world.jobStore,
          usage: world.usageReader,
          audit,
          authentication: authenticationOf(people),
          clock: world.time.clock,
        },
        { heartbeatMs },
      ),
      { requestsPerMinute: 1_000_000 },
    );
    return new LookUpServer(app, world, people, other, audit);
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.world.close();
  }

  /** Sends a request as somebody, with a token. */
  send(person: Person, method: Method, url: string, body?: object): Promise<LightMyRequestResponse> {
    const options: InjectOptions = { method, url, headers: { authorization: `Bearer ${person}` } };
    return this.app.inject(body === undefined ? options : { ...options, payload: body });
  }

  /** What a request that goes well answers. */
  async ask<T>(person: Person, method: Method, url: string, body?: object): Promise<T> {
    const response = await this.send(person, method, url, body);
    if (response.statusCode >= 300) throw new Error(`${method} ${url}: ${response.body}`);
    return response.json();
  }

  /** Actions in the audit log with their details, the oldest first. */
  async audited(): Promise<readonly Pick<AuditRecord, 'action' | 'subject' | 'details'>[]> {
    const { items } = await this.auditLog.list(null, { page: 1, pageSize: 100 });
    return items.toReversed().map(({ action, subject, details }) => ({ action, subject, details }));
  }
}
