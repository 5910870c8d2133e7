import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { pino } from 'pino';
import { allIocRoutes } from '../../src/library/http/all-ioc-routes.js';
import type { StartBulk } from '../../src/library/http/ioc-parts.js';
import type { LibraryApp } from '../../src/library/http/library-app.js';
import { ImportReader } from '../../src/library/ioc/import-reader.js';
import { KeptDetailsReader } from '../../src/library/look-up/kept-details.js';
import { AuditStore, type AuditRecord } from '../../src/library/store/audit-store.js';
import { EnrichmentStore, type NewEnrichment } from '../../src/library/store/enrichment-store.js';
import { IocStore } from '../../src/library/store/ioc-store.js';
import { openDatabase, type LibraryDatabase } from '../../src/library/store/open-database.js';
import { OrganisationStore } from '../../src/library/store/organisation-store.js';
import { RelationStore } from '../../src/library/store/relation-store.js';
import type { Platform } from '../../src/library/sending/platform-port.js';
import type { IocType } from '../../src/library/ioc/ioc.js';
import type { Problem } from '../../src/library/web/api.js';
import { SetClock } from './library-contract/world.js';
import { principal, startTestServer } from './library-server.js';
import { typescriptThread } from './typescript-thread.js';

export type Person = 'viewer' | 'analyst' | 'stranger' | 'reading' | 'writing' | 'looking-up';

/** The server with the routes of IOCs over an empty database, an organisation with its people, and a stranger. */
export class IocServer {
  /** Ids that look-ups were started for, by `startBulk`. */
  readonly started: (readonly string[])[] = [];
  startBulk: StartBulk = (_principal, ids) => {
    this.started.push(ids);
    return Promise.resolve({ id: '0197f000-0000-7000-8000-00000000010b' });
  };

  private constructor(
    readonly app: LibraryApp,
    readonly database: LibraryDatabase,
    readonly iocs: IocStore,
    readonly enrichments: EnrichmentStore,
    readonly relations: RelationStore,
    readonly organisations: OrganisationStore,
    readonly audit: AuditStore,
    readonly own: string,
    readonly other: string,
    private readonly reader: ImportReader,
  ) {}

  /** @param platform - To which IOCs are sent. */
  static async start(clock = new SetClock(), platform?: Platform): Promise<IocServer> {
    const database = await openDatabase({ path: ':memory:', logger: pino({ level: 'silent' }) });
    const iocs = new IocStore(database, clock);
    const enrichments = new EnrichmentStore(database, clock);
    const relations = new RelationStore(database, clock);
    const organisations = new OrganisationStore(database, clock);
    const audit = new AuditStore(database, clock);
    const own = (await organisations.create({ name: 'Blue Team' })).id;
    const other = (await organisations.create({ name: 'Red Team' })).id;
    const reader = new ImportReader({
      startThread: () => typescriptThread(new URL('../../src/library/ioc/import-thread.ts', import.meta.url)),
    });
    const bulk: { start?: StartBulk } = {};
    const member = { organisationId: own };
    const people = new Map<Person, ReturnType<typeof principal>>([
      ['viewer', principal({ ...member, role: 'viewer' })],
      ['analyst', principal(member)],
      ['stranger', principal({ organisationId: other, role: 'admin' })],
      ['reading', principal({ ...member, scopes: ['read'] })],
      ['writing', principal({ ...member, scopes: ['read', 'write'] })],
      ['looking-up', principal({ ...member, scopes: ['read', 'write', 'lookup'] })],
    ]);
    const parts = { iocs, enrichments, relations, organisations, audit, reader };
    const app = await startTestServer(
      people,
      allIocRoutes(
        {
          ...parts,
          platform,
          details: new KeptDetailsReader(iocs, enrichments),
          startBulk: (...call) => {
            if (bulk.start === undefined) throw new Error('nobody started the server');
            return bulk.start(...call);
          },
        },
        clock,
      ),
      { requestsPerMinute: 1_000_000 },
    );
    const server = new IocServer(
      app,
      database,
      iocs,
      enrichments,
      relations,
      organisations,
      audit,
      own,
      other,
      reader,
    );
    bulk.start = (...call) => server.startBulk(...call);
    return server;
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.reader.close();
    await this.database.close();
  }

  /** Sends a request as somebody, with a token: what sessions add is tested with the server. */
  send(
    person: Person,
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    url: string,
    body?: unknown,
  ): Promise<LightMyRequestResponse> {
    const options: InjectOptions = { method, url, headers: { authorization: `Bearer ${person}` } };
    return this.app.inject(body === undefined ? options : { ...options, payload: body as object });
  }

  /** What a request that goes well answers. */
  async ask<T>(
    person: Person,
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    url: string,
    body?: unknown,
  ): Promise<T> {
    const response = await this.send(person, method, url, body);
    if (response.statusCode >= 300) throw new Error(`${method} ${url}: ${response.body}`);
    return (response.body === '' ? undefined : response.json()) as T;
  }

  /** Why a request is refused. */
  async refusal(
    person: Person,
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    url: string,
    body?: unknown,
  ): Promise<Pick<Problem, 'status' | 'field' | 'detail'>> {
    const { status, field, detail } = (await this.send(person, method, url, body)).json<Problem>();
    return { status, ...(field === undefined ? {} : { field }), ...(detail === undefined ? {} : { detail }) };
  }

  /** Brings an IOC in. @returns its id. */
  async add(type: IocType, value: string, organisationId = this.own): Promise<string> {
    const { ids } = await this.iocs.import(organisationId, [{ type, value }]);
    return ids[0] ?? '';
  }

  /** Keeps what a look-up is said to have found. */
  async enrich(id: string, found: Partial<NewEnrichment> = {}, organisationId = this.own): Promise<void> {
    await this.enrichments.save(organisationId, id, {
      fetchedAt: new Date('2026-01-03T00:00:00.000Z'),
      known: true,
      verdict: 'malicious',
      malicious: 45,
      suspicious: 0,
      engines: 72,
      threatLabel: 'trojan.x',
      report: null,
      changes: [],
      ...found,
    });
  }

  /** What the audit log holds, the oldest first. */
  async audited(): Promise<readonly AuditRecord[]> {
    const { items } = await this.audit.list(null, { page: 1, pageSize: 100 });
    return items.toReversed();
  }
}
