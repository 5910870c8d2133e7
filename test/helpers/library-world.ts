import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LightMyRequestResponse } from 'fastify';
import { pino } from 'pino';
import { createLibrary, type Library } from '../../src/app/create-library.js';
import { loadConfig } from '../../src/config/load.js';
import { ROLES } from '../../src/library/accounts/roles.js';
import type { Role } from '../../src/library/store/tables.js';
import { SecretRegistry } from '../../src/observability/redact.js';
import { systemClock } from '../../src/shared/clock.js';
import { inventReports } from '../../src/simulators/virustotal/samples/invented-reports.js';
import {
  startVirusTotalSimulator,
  type VirusTotalSimulator,
} from '../../src/simulators/virustotal/server.js';
import { InjectedBrowser } from './library-server.js';

/** Of the right form; the simulator takes every one. */
export const LIBRARY_KEY = 'ab'.repeat(32);
export const PASSWORD = 'correct horse battery staple';

/** Somebody with a browser in which they are logged in. */
export interface Person {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  readonly browser: InjectedBrowser;
}

/** The whole library in this process, with a simulator of VirusTotal, and one person of each role in two organisations. */
export interface LibraryWorld {
  readonly library: Library;
  readonly virusTotal: VirusTotalSimulator;
  /** In the organisation of the first admin. */
  person(role: Role): Person;
  /** In another one, which has no super admin. */
  stranger(role: Role): Person;
  close(): Promise<void>;
}

/** @param variables - Of the environment, beside what the world needs; `LIBRARY_DATABASE_URL` for PostgreSQL. */
export async function startLibraryWorld(
  variables: Readonly<Record<string, string>> = {},
): Promise<LibraryWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'library-'));
  const virusTotal = await startVirusTotalSimulator({
    invent: inventReports(new Date('2026-01-01T00:00:00Z')),
  });
  const { config } = loadConfig({
    env: {
      VIRUSTOTAL_TOKEN: LIBRARY_KEY,
      VIRUSTOTAL_API_URL: virusTotal.url,
      VIRUSTOTAL_QUOTA_PER_MINUTE: '0',
      VIRUSTOTAL_QUOTA_PER_DAY: '0',
      VIRUSTOTAL_QUOTA_PER_MONTH: '0',
      LIBRARY_DATABASE_PATH: join(folder, 'library.sqlite'),
      LIBRARY_STATE_PATH: join(folder, 'state.sqlite'),
      LIBRARY_SECRET_FILE: join(folder, 'library.secret'),
      ...variables,
    },
    file: undefined,
    cwd: folder,
    unused: ['opencti', 'virustotal'],
  });
  const library = await createLibrary(config, {
    logger: pino({ level: 'silent' }),
    secrets: new SecretRegistry(),
    clock: systemClock,
    startSimulator: () => Promise.reject(new Error('there is a key')),
  });
  const close = async (): Promise<void> => {
    await library.close();
    await virusTotal.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await library.startJobs();
    const admin = await firstAdmin(library);
    const { id } = ok(
      await admin.browser.send({
        method: 'POST',
        url: '/api/organisations',
        payload: { name: 'Other organisation' },
      }),
    ).json<{ id: string }>();
    const own = new Map<Role, Person>([['super_admin', admin]]);
    const other = new Map<Role, Person>();
    for (const role of ROLES.filter((one) => one !== 'super_admin')) {
      own.set(role, await invited(library, admin, role, {}));
      other.set(role, await invited(library, admin, role, { organisationId: id }));
    }
    const find = (people: ReadonlyMap<Role, Person>, role: Role): Person => {
      const found = people.get(role);
      if (found === undefined) throw new Error(`nobody is ${role}`);
      return found;
    };
    return {
      library,
      virusTotal,
      person: (role) => find(own, role),
      stranger: (role) => find(other, role),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @throws Error with the answer when it is no success. */
export function ok(response: LightMyRequestResponse): LightMyRequestResponse {
  if (response.statusCode >= 300) throw new Error(`${response.statusCode}: ${response.body}`);
  return response;
}

async function firstAdmin(library: Library): Promise<Person> {
  const invitation = await library.inviteFirstAdmin();
  if (invitation === undefined) throw new Error('there is a super admin already');
  return enter(library, invitation.link, 'super_admin');
}

async function invited(library: Library, admin: Person, role: Role, where: object): Promise<Person> {
  const email = `${role}-${'organisationId' in where ? 'other' : 'own'}@example.com`;
  const { link } = ok(
    await admin.browser.send({
      method: 'POST',
      url: '/api/users',
      payload: { email, name: `The ${role}`, role, ...where },
    }),
  ).json<{ link: string }>();
  return enter(library, link, role);
}

async function enter({ app }: Library, link: string, role: Role): Promise<Person> {
  const browser = new InjectedBrowser(app);
  const first = ok(await browser.send({ url: '/api/session' })).json<{ csrfToken: string }>();
  browser.csrfToken = first.csrfToken;
  const url = `/api${new URL(link).pathname}`;
  const { user, csrfToken } = ok(
    await browser.send({ method: 'POST', url, payload: { name: `The ${role}`, password: PASSWORD } }),
  ).json<{ user: { id: string; email: string }; csrfToken: string }>();
  browser.csrfToken = csrfToken;
  return { id: user.id, email: user.email, role, browser };
}
