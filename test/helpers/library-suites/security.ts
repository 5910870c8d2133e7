import { describe, expect, it } from 'vitest';
import { hasRightsOf, ROLES, SCOPES } from '../../../src/library/accounts/roles.js';
import type { Role } from '../../../src/library/store/tables.js';
import { InjectedBrowser } from '../library-server.js';
import { ok, type LibraryWorld, type Person } from '../library-world.js';
import { fill, operationsOf, sampleOf, wrongValuesFor, type Operation } from '../openapi-operations.js';

/** Open to everybody on purpose; whatever else says so is a mistake. */
const OPEN = [
  'DELETE /api/session',
  'GET /api/invitations/{token}',
  'GET /api/openapi.json',
  'GET /api/session',
  'GET /health/live',
  'GET /health/ready',
  'POST /api/invitations/{token}',
  'POST /api/session',
];
const NOBODYS_ID = '0197f000-0000-7000-8000-00000000dead';
/** More than any route takes. */
const OVERSIZED = JSON.stringify({ content: 'x'.repeat(13_000_000) });
const CHANGES = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
/** Answers with an endless stream. */
const EVENTS = 'GET /api/events';

/** Every route refuses who may not use it and what it does not take: a table made from the OpenAPI document. */
export function describeSecurity(started: () => LibraryWorld): void {
  const world = (): LibraryWorld => started();

  async function operations(): Promise<readonly Operation[]> {
    const { app } = world().library;
    return operationsOf((await app.inject({ url: '/api/openapi.json' })).json());
  }

  const url = ({ path }: Operation): string => fill(path, { id: NOBODYS_ID, token: 'no-such-token' });
  const payloadOf = ({ body }: Operation): { payload: object } | Record<string, never> =>
    body === undefined ? {} : { payload: sampleOf(body) as object };

  /** Runs a check for each operation, and tells all that failed at once. */
  async function forEach(
    chosen: readonly Operation[],
    check: (operation: Operation) => Promise<string | undefined>,
  ): Promise<void> {
    expect(chosen.length).toBeGreaterThan(0);
    const faults: string[] = [];
    for (const operation of chosen) {
      const fault = await check(operation);
      if (fault !== undefined) faults.push(`${operation.name}: ${fault}`);
    }
    expect(faults).toEqual([]);
  }

  const guarded = async (): Promise<readonly Operation[]> =>
    (await operations()).filter(({ role }) => role !== 'anyone');

  /** A user with the least rights that suffice. */
  const least = ({ role }: Operation): Person =>
    world().person(role === 'anyone' ? 'viewer' : (role as Role));

  describe('every route', () => {
    it('says who may use it, and few are open', async () => {
      const all = await operations();
      expect(all.length).toBeGreaterThan(40);
      expect(all.filter(({ role }) => role === undefined)).toEqual([]);
      expect(
        all
          .filter(({ role }) => role === 'anyone')
          .map(({ name }) => name)
          .toSorted(),
      ).toEqual(OPEN);
    });

    it('refuses the anonymous', async () => {
      await forEach(await guarded(), async (operation) => {
        const { method } = operation;
        const { statusCode } = await world().library.app.inject({
          method,
          url: url(operation),
          ...payloadOf(operation),
        });
        return statusCode === 401 ? undefined : String(statusCode);
      });
    });

    it('refuses whoever made a session or a token up', async () => {
      await forEach(await guarded(), async (operation) => {
        const { method } = operation;
        const made = [
          { authorization: 'Bearer iocl_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' },
          { cookie: 'session=aaaa.bbbb' },
        ];
        const answers = await Promise.all(
          made.map((headers) =>
            world().library.app.inject({ method, url: url(operation), headers, ...payloadOf(operation) }),
          ),
        );
        return answers.every(({ statusCode }) => statusCode === 401)
          ? undefined
          : answers.map(({ statusCode }) => statusCode).join();
      });
    });

    it('refuses each role below the one it needs', async () => {
      await forEach(await guarded(), async (operation) => {
        for (const role of ROLES) {
          if (hasRightsOf(role, operation.role as Role)) continue;
          const { method } = operation;
          const { statusCode } = await world()
            .person(role)
            .browser.send({ method, url: url(operation), ...payloadOf(operation) });
          if (statusCode !== 403) return `${role} got ${statusCode}`;
        }
        return undefined;
      });
    });

    it('refuses a change without the token against forged requests', async () => {
      const changing = (await operations()).filter(({ method }) => CHANGES.has(method));
      await forEach(changing, async (operation) => {
        const { method } = operation;
        const { statusCode, body } = await least(operation).browser.send({
          method,
          url: url(operation),
          headers: { 'x-csrf-token': '' },
          ...payloadOf(operation),
        });
        return statusCode === 403 && body.includes('csrf') ? undefined : `${statusCode} ${body}`;
      });
    });

    it('refuses a token without the scope it needs', async () => {
      const { browser } = world().person('super_admin');
      const tokens = new Map<string, string>();
      for (const scope of SCOPES) {
        const made = ok(
          await browser.send({
            method: 'POST',
            url: '/api/tokens',
            payload: { name: `only ${scope}`, scopes: [scope] },
          }),
        );
        tokens.set(scope, made.json<{ token: string }>().token);
      }
      await forEach(await guarded(), async (operation) => {
        for (const [scope, token] of tokens) {
          if (scope === operation.scope) continue;
          const { method } = operation;
          const { statusCode } = await world().library.app.inject({
            method,
            url: url(operation),
            headers: { authorization: `Bearer ${token}` },
            ...payloadOf(operation),
          });
          if (statusCode !== 403) return `a token for ${scope} got ${statusCode}`;
        }
        return undefined;
      });
    });
  });

  describe('what belongs to another organisation', () => {
    /** One of each thing that has an address, of the other organisation. */
    async function belongings(): Promise<Readonly<Record<string, string>>> {
      const theirs = world().stranger('admin').browser;
      const { ids } = ok(
        await theirs.send({
          method: 'POST',
          url: '/api/iocs/import',
          payload: { items: [{ type: 'domain', value: 'theirs.example.net' }] },
        }),
      ).json<{ ids: string[] }>();
      const { job } = ok(
        await theirs.send({ method: 'POST', url: '/api/bulk-enrich', payload: { ids } }),
      ).json<{ job: { id: string } }>();
      const { item } = ok(
        await theirs.send({
          method: 'POST',
          url: '/api/tokens',
          payload: { name: 'theirs', scopes: ['read'] },
        }),
      ).json<{ item: { id: string } }>();
      return {
        iocs: ids[0] ?? '',
        jobs: job.id,
        tokens: item.id,
        users: world().stranger('viewer').id,
        organisations: NOBODYS_ID,
      };
    }

    it('is not there', async () => {
      const ids = await belongings();
      const withId = (await guarded()).filter(({ path }) => path.includes('{id}'));
      await forEach(withId, async (operation) => {
        const kind = /^\/api\/(\w+)\//.exec(operation.path)?.[1] ?? '';
        const id = ids[kind];
        if (id === undefined) return 'this test knows no such thing of the other organisation';
        // Super admins see all organisations; the admin has all other rights.
        const person = world().person(operation.role === 'super_admin' ? 'super_admin' : 'admin');
        const { method } = operation;
        const { statusCode, body } = await person.browser.send({
          method,
          url: fill(operation.path, { id }),
          ...payloadOf(operation),
        });
        return statusCode === 404 ? undefined : `${statusCode} ${body}`;
      });
      const { browser } = world().stranger('admin');
      expect((await browser.send({ url: `/api/iocs/${ids.iocs ?? ''}` })).statusCode).toBe(200);
    });

    it.each([
      ['POST', '/api/iocs/bulk', { action: 'delete' }],
      ['POST', '/api/iocs/bulk', { action: 'tag', tag: 'mine' }],
      ['POST', '/api/bulk-enrich', {}],
    ] as const)('is not touched by %s %s', async (method, address, payload) => {
      const { iocs = '' } = await belongings();
      const { body } = await world()
        .person('admin')
        .browser.send({ method, url: address, payload: { ...payload, ids: [iocs] } });
      expect(body).not.toContain(iocs);
      const { browser } = world().stranger('admin');
      expect(ok(await browser.send({ url: `/api/iocs/${iocs}` })).json()).toMatchObject({ tags: [] });
    });

    it('is not looked up, and not exported', async () => {
      const { iocs = '' } = await belongings();
      const { browser } = world().person('admin');
      expect(
        (await browser.send({ method: 'POST', url: '/api/lookup', payload: { id: iocs } })).statusCode,
      ).toBe(404);
      const { body } = ok(await browser.send({ url: `/api/iocs/export?format=json&ids=${iocs}` }));
      expect(body).not.toContain('theirs.example.net');
    });
  });

  describe('what a route does not take', () => {
    it('is refused when it is too large', async () => {
      await forEach(
        (await operations()).filter(({ body }) => body !== undefined),
        async (operation) => {
          const { method } = operation;
          const { statusCode } = await least(operation).browser.send({
            method,
            url: url(operation),
            headers: { 'content-type': 'application/json' },
            payload: OVERSIZED,
          });
          return statusCode === 413 ? undefined : String(statusCode);
        },
      );
    });

    it('is refused in the body, with the field', async () => {
      await forEach(
        (await operations()).filter(({ body }) => body !== undefined),
        async (operation) => {
          const { method, body = {} } = operation;
          const send = async (payload: unknown): Promise<string | undefined> => {
            const text = JSON.stringify(payload);
            const { statusCode, body: answer } = await least(operation).browser.send({
              method,
              url: url(operation),
              headers: { 'content-type': 'application/json' },
              payload: text,
            });
            return statusCode === 400 && answer.includes('"field"')
              ? undefined
              : `${text} → ${statusCode} ${answer}`;
          };
          const base = sampleOf(body) as object;
          for (const payload of [[], 'text', null, { ...base, 'no such name': 1 }]) {
            const fault = await send(payload);
            if (fault !== undefined) return fault;
          }
          for (const [name, schema] of Object.entries(body.properties ?? {})) {
            for (const wrong of wrongValuesFor(schema)) {
              const fault = await send({ ...base, [name]: wrong });
              if (fault !== undefined) return fault;
            }
          }
          return undefined;
        },
      );
    });

    it('is refused in the address, with the field', async () => {
      const reading = (await operations()).filter(({ name }) => name !== EVENTS);
      await forEach(reading, async (operation) => {
        const { method } = operation;
        const send = async (address: string): Promise<string | undefined> => {
          const { statusCode, body } = await least(operation).browser.send({
            method,
            url: address,
            ...payloadOf(operation),
          });
          return statusCode === 400 && body.includes('"field"')
            ? undefined
            : `${address} → ${statusCode} ${body}`;
        };
        if (operation.path.includes('{id}')) {
          const fault = await send(fill(operation.path, { id: 'no-id' }));
          if (fault !== undefined) return fault;
        }
        for (const { name, in: place, schema } of operation.parameters) {
          const isChecked = schema.enum !== undefined || ['integer', 'boolean'].includes(schema.type ?? '');
          if (place !== 'query' || !isChecked) continue;
          const fault = await send(`${url(operation)}?${name}=nonsense`);
          if (fault !== undefined) return fault;
        }
        const hasQuery = operation.parameters.some((parameter) => parameter.in === 'query');
        return hasQuery ? send(`${url(operation)}?nosuchname=1`) : undefined;
      });
    });

    it.each([
      ['{"a":', 400],
      ['', 400],
      ['\0', 400],
      ['{"__proto__":{"admin":true}}', 400],
    ])('is refused when it is no JSON: %j', async (payload, status) => {
      await forEach(
        (await operations()).filter(({ body }) => body !== undefined),
        async (operation) => {
          const { method } = operation;
          const { statusCode } = await least(operation).browser.send({
            method,
            url: url(operation),
            headers: { 'content-type': 'application/json' },
            payload,
          });
          return statusCode === status ? undefined : String(statusCode);
        },
      );
    });
  });

  describe('an answer', () => {
    it('never holds a password, a hash of one, or the key', async () => {
      const readable = (await guarded()).filter(
        ({ method, path, name }) => method === 'GET' && !path.includes('{') && name !== EVENTS,
      );
      await forEach(readable, async (operation) => {
        const needed = operation.path.includes('export') ? '?format=json' : '';
        const { statusCode, body } = await world()
          .person('super_admin')
          .browser.send({ url: `${operation.path}${needed}` });
        if (statusCode !== 200) return String(statusCode);
        const leak = /argon2|passwordHash|inviteHash|tokenHash|idHash|abababababab/.exec(body)?.[0];
        return leak === undefined ? undefined : `holds ${leak}`;
      });
    });

    it('is the same for an address that nobody has', async () => {
      const browser = new InjectedBrowser(world().library.app);
      browser.csrfToken = ok(await browser.send({ url: '/api/session' })).json<{
        csrfToken: string;
      }>().csrfToken;
      const logIn = async (email: string): Promise<unknown> => {
        const { statusCode, body } = await browser.send({
          method: 'POST',
          url: '/api/session',
          payload: { email, password: 'not the password' },
        });
        return [statusCode, body];
      };
      expect(await logIn('nobody@example.com')).toEqual(await logIn(world().person('viewer').email));
    });
  });
}
