import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import type { Config } from '../config/schema.js';
import { createAccounts, type Accounts } from '../library/accounts/accounts.js';
import { accountRoutes, invitationLink } from '../library/http/account-routes.js';
import { allIocRoutes } from '../library/http/all-ioc-routes.js';
import { allLookUpRoutes } from '../library/http/all-look-up-routes.js';
import { authenticationBy } from '../library/http/authentication.js';
import type { StartBulk } from '../library/http/ioc-parts.js';
import type { LibraryApp } from '../library/http/library-app.js';
import { createLibraryServer } from '../library/http/server.js';
import { ImportReader } from '../library/ioc/import-reader.js';
import { openSecret } from '../library/look-up/open-secret.js';
import { lockDatabase } from '../library/store/database-lock.js';
import { openDatabase, type LibraryDatabase } from '../library/store/open-database.js';
import { ConnectorError, describeError } from '../shared/connector-error.js';
import {
  createLibraryLookUps,
  type LibraryLookUps,
  type LibraryServices,
} from './create-library-look-ups.js';
import { createPlatform } from './create-platform.js';
import { Lifecycle } from './lifecycle.js';
import { productVersion } from './product.js';

/** The link by which the first super admin comes in. */
export interface FirstAdmin {
  readonly email: string;
  readonly link: string;
  readonly expiresAt: string;
}

/** The IOC library, ready to listen. */
export interface Library {
  readonly app: LibraryApp;
  readonly accounts: Accounts;
  readonly database: LibraryDatabase;
  /** Where it keeps what it keeps, for people. */
  readonly description: string;
  /** Whether there is no key, so that what VirusTotal says is made up. */
  readonly isSimulated: boolean;
  /** A link that works once, while nobody can log in as super admin; the one before is void then. */
  inviteFirstAdmin(): Promise<FirstAdmin | undefined>;
  /** Takes up the jobs that are open. */
  startJobs(): Promise<void>;
  /**
   * Begins to listen.
   *
   * @returns where people reach it.
   * @throws ConnectorError (`configuration`) when the port is taken.
   */
  listen(): Promise<string>;
  /** Ends what is under way; what is not done goes on at the next start. */
  close(): Promise<void>;
}

/** The page as it is built, beside the compiled product. */
const PAGE = fileURLToPath(new URL('../library/web', import.meta.url));
const HOUR_MS = 3_600_000;
const STOP_BUDGET_MS = 6_000;

/**
 * Makes the library of a configuration, whose sections `opencti` and `virustotal.token` may be left out.
 *
 * @param page - Folder of the built page.
 * @throws ConnectorError when the database, the secret or the state cannot be used.
 */
export async function createLibrary(
  config: Config,
  services: LibraryServices,
  page: string = PAGE,
): Promise<Library> {
  const { logger, secrets } = services;
  const lifecycle = new Lifecycle(logger, STOP_BUDGET_MS);
  try {
    const secret = await openSecret({ secret: config.library.secret, file: config.library.secretFile });
    secrets.add(secret.toString('hex'));
    const { databasePath: path, databaseUrl: url } = config.library;
    if (url === undefined || url === '') {
      const lock = lockDatabase(path);
      lifecycle.add('database lock', () => lock.release(), 'done');
    }
    const database = await openDatabase({ path, url, logger });
    lifecycle.add('database', () => database.close(), 'done');
    const lookUps = await createLibraryLookUps(config, { ...services, database, secret, lifecycle });
    return await assemble(config, { ...services, database, secret, lookUps, lifecycle, page });
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
}

interface Parts extends LibraryServices {
  readonly database: LibraryDatabase;
  readonly secret: Buffer;
  readonly lookUps: LibraryLookUps;
  readonly lifecycle: Lifecycle;
  readonly page: string;
}

async function assemble(config: Config, parts: Parts): Promise<Library> {
  const { logger, clock, secrets, database, secret, lookUps, lifecycle, page } = parts;
  const { library } = config;
  const pageUrl = pageUrlOf(config);
  const secure = pageUrl.startsWith('https:');
  const idleMs = library.sessionHours * HOUR_MS;
  const accounts = createAccounts(database, {
    clock,
    sessionIdleMs: idleMs,
    budgetChanged: (organisationId) => lookUps.bulk.budgetChanged(organisationId),
  });
  const reader = new ImportReader();
  lifecycle.add('import', () => reader.close());
  const platform = createPlatform(config, { logger, secrets });
  if (platform !== undefined) lifecycle.add('platform', () => platform.close());
  const { audit } = accounts;
  const startBulk: StartBulk = async ({ organisationId, userId }, ids) =>
    (await lookUps.bulk.create(organisationId, { selection: { ids }, userId })).job;
  const authentication = authenticationBy(accounts);
  const app = await createLibraryServer(
    {
      logger,
      version: productVersion,
      sessions: { store: accounts.sessions, secret, secure, idleMs },
      authentication,
      page: existsSync(page) ? page : undefined,
      trustedProxies: secure && library.trustedProxies.length === 0 ? 'nearest' : library.trustedProxies,
      isReady: () => answers(database),
    },
    [
      ...accountRoutes(accounts, {
        pageUrl,
        isSimulated: () => lookUps.engine.isSimulated(),
        opencti: platform?.name,
        enrichesImports: async (id) => (await lookUps.stores.organisations.get(id))?.autoEnrich === true,
      }),
      ...allIocRoutes(
        { ...lookUps.stores, details: lookUps.details, audit, reader, startBulk, platform },
        clock,
      ),
      ...allLookUpRoutes({ ...lookUps.stores, ...lookUps, audit, authentication, clock }),
    ],
  );
  lifecycle.add('server', () => app.close());
  return {
    app,
    accounts,
    database,
    description: database.description,
    isSimulated: await lookUps.engine.isSimulated(),
    inviteFirstAdmin: async () => {
      const invitation = await accounts.inviteFirstAdmin(library.adminEmail);
      return (
        invitation && {
          email: invitation.user.email,
          link: invitationLink(pageUrl, invitation.token),
          expiresAt: invitation.expiresAt,
        }
      );
    },
    startJobs: () => lookUps.bulk.start(),
    listen: async () => {
      await listen(app, library);
      return pageUrl;
    },
    close: () => lifecycle.stop(),
  };
}

async function listen(app: LibraryApp, { listenHost, listenPort }: Config['library']): Promise<void> {
  try {
    await app.listen({ host: listenHost, port: listenPort });
  } catch (error) {
    throw new ConnectorError(
      `The library cannot listen on ${listenHost}, port ${listenPort} (${describeError(error)}). Set LIBRARY_LISTEN_HOST and LIBRARY_LISTEN_PORT to an address of this machine and a free port.`,
      'configuration',
      { cause: error },
    );
  }
}

/** Where people reach the page. */
function pageUrlOf({ library: { url, listenHost, listenPort } }: Config): string {
  if (url !== undefined) return url;
  const isAny = listenHost === '0.0.0.0' || listenHost === '::';
  const host = isAny ? 'localhost' : listenHost;
  return `http://${host.includes(':') ? `[${host}]` : host}:${listenPort}`;
}

/**
 * A link by which a user who forgot their password sets another one; the library may run meanwhile.
 *
 * @throws ConnectorError when there is no such user, or the database cannot be used.
 */
export async function offerPassword(
  config: Config,
  email: string,
  { logger, clock }: Pick<LibraryServices, 'logger' | 'clock'>,
): Promise<{ readonly link: string; readonly expiresAt: string }> {
  const { databasePath: path, databaseUrl: url } = config.library;
  const database = await openDatabase({ path, url, logger });
  try {
    const { token, expiresAt } = await createAccounts(database, { clock }).invitations.offerPassword(email);
    return { link: invitationLink(pageUrlOf(config), token), expiresAt };
  } finally {
    await database.close();
  }
}

async function answers({ kysely }: LibraryDatabase): Promise<boolean> {
  try {
    await sql`select 1`.execute(kysely);
    return true;
  } catch {
    return false;
  }
}
