/**
 * How quick is the library with 100,000 IOCs, as people meet it? Starts the built product over an SQLite file, asks it over
 * HTTP, and opens its page in a headless Chromium. Prints the median time of lists, filters, searches and facets, the time
 * until the page can be used (the first row is there and the search takes a key), and the size of its scripts. Everything
 * beyond 100 ms, 1 s and 150 kB fails.
 *
 *   npm run bench:library-page    # needs Chromium, as the tests of the page do
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import type { Browser } from 'playwright-core';
import { openDatabase } from '../src/library/store/open-database.js';
import { startChromium } from '../test/helpers/chromium.js';
import { startLibraryProcess } from '../test/helpers/library-process.js';
import { fill, iocOf, IOCS, medianOf, tell } from './library-rows.js';

/** This module runs from `dist-bench/bench`. */
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const PAGES = 5;
const WANTED_PAGE_MS = 1_000;
const WANTED_SCRIPT_BYTES = 150_000;

const QUERIES: Readonly<Record<string, string>> = {
  'first page': '',
  'last page': `?page=${IOCS / 50}`,
  'two hundred in a page': '?pageSize=200',
  'by value': '?sort=value&order=asc',
  'by detections': '?sort=malicious',
  'one type': '?type=ipv4',
  'malicious, by detections': '?verdict=malicious&sort=malicious',
  'not enriched': '?enriched=false',
  'one tag of ten': '?tag=campaign-4',
  'one source': '?source=feed-1',
  'search, a whole hash': `?search=${iocOf(70_000).value}`,
  'search, frequent': '?search=.com',
  'search, rare': '?search=ABCD1',
  'search, nothing found': '?search=no%20such%20thing',
  'search, type and tag': '?search=a1&type=domain&type=url&tag=imported&sort=value',
};

const FACETS: Readonly<Record<string, string>> = {
  'facets of all': '',
  'facets of a search': '?search=abcd1',
  'facets of a type': '?type=sha256',
};

/** Somebody who is logged in. */
interface Visitor {
  readonly cookies: readonly { readonly name: string; readonly value: string }[];
  readonly organisationId: string;
}

function cookiesOf(response: Response): Visitor['cookies'] {
  return response.headers.getSetCookie().map((text) => {
    const [name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text)?.slice(1) ?? [];
    return { name, value };
  });
}

function asHeader(cookies: Visitor['cookies']): string {
  return cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
}

/** Takes the invitation of the first super admin up. */
async function enter(url: string, invitation: string | undefined): Promise<Visitor> {
  if (invitation === undefined) throw new Error('The library has an admin already.');
  const first = await fetch(`${url}/api/session`);
  const cookies = cookiesOf(first);
  const { csrfToken } = (await first.json()) as { csrfToken: string };
  const entered = await fetch(`${url}/api${new URL(invitation).pathname}`, {
    method: 'POST',
    headers: { cookie: asHeader(cookies), 'x-csrf-token': csrfToken, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Bench', password: 'correct horse battery staple' }),
  });
  if (!entered.ok) throw new Error(`The invitation cannot be taken up: ${await entered.text()}`);
  const { user } = (await entered.json()) as { user: { organisation: { id: string } } };
  return { cookies: cookiesOf(entered), organisationId: user.organisation.id };
}

async function fillFile(path: string, organisationId: string): Promise<void> {
  const database = await openDatabase({ path, logger: pino({ level: 'silent' }) });
  const start = performance.now();
  await fill(database, organisationId);
  await database.close();
  console.log(`${IOCS} IOCs filled in ${((performance.now() - start) / 1_000).toFixed(1)} s\n`);
}

async function measureRoutes(url: string, { cookies }: Visitor): Promise<void> {
  const ask = async (path: string): Promise<void> => {
    const response = await fetch(`${url}${path}`, { headers: { cookie: asHeader(cookies) } });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${text}`);
  };
  for (const [what, query] of Object.entries(QUERIES))
    tell(what, await medianOf(() => ask(`/api/iocs${query}`)));
  for (const [what, query] of Object.entries(FACETS))
    tell(what, await medianOf(() => ask(`/api/iocs/facets${query}`)));
}

/** What one opening of the page came to. */
interface Opening {
  /** Since the navigation began. */
  readonly interactiveMs: number;
  readonly scriptBytes: number;
}

/** Runs in the page before anything else: looks once in each frame. */
const WATCH = `opening = new Promise((resolve) => {
  const look = () => {
    const search = document.querySelector('#search');
    search?.focus();
    const isReady = search !== null && document.activeElement === search;
    if (!isReady || document.querySelector('table.iocs tbody tr') === null) {
      requestAnimationFrame(look);
      return;
    }
    const interactiveMs = performance.now();
    const scripts = performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.js'));
    resolve({
      interactiveMs,
      scriptBytes: scripts.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
    });
  };
  look();
})`;

/** Opens the page as somebody who has never been there: nothing is in the cache. */
async function openPage(browser: Browser, url: string, { cookies }: Visitor): Promise<Opening> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 840 } });
  try {
    await context.addCookies(cookies.map((cookie) => ({ ...cookie, url })));
    const page = await context.newPage();
    await page.addInitScript({ content: WATCH });
    await page.goto(url, { waitUntil: 'commit' });
    return await page.evaluate<Opening>('opening');
  } finally {
    await context.close();
  }
}

async function measurePage(url: string, visitor: Visitor): Promise<void> {
  const browser = await startChromium();
  try {
    const openings: Opening[] = [];
    for (let round = 0; round < PAGES; round += 1) openings.push(await openPage(browser, url, visitor));
    openings.sort((one, other) => one.interactiveMs - other.interactiveMs);
    const median = openings[PAGES >> 1] ?? { interactiveMs: NaN, scriptBytes: NaN };
    tell('\npage, until it can be used', median.interactiveMs, WANTED_PAGE_MS);
    const kilobytes = (median.scriptBytes / 1_000).toFixed(1);
    const isTooLarge = !(median.scriptBytes > 0 && median.scriptBytes <= WANTED_SCRIPT_BYTES);
    console.log(`scripts, compressed: ${kilobytes} kB${isTooLarge ? '  TOO LARGE' : ''}`);
    if (isTooLarge) process.exitCode = 1;
  } finally {
    await browser.close();
  }
}

const folder = await mkdtemp(join(tmpdir(), 'bench-library-page-'));
try {
  const path = join(folder, 'library.db');
  const variables = { LIBRARY_DATABASE_PATH: path };
  const empty = await startLibraryProcess(folder, variables, MAIN);
  // oxlint-disable-next-line typescript/no-misused-promises -- finally waits for what it is given (ADR 27)
  const visitor = await enter(empty.url, empty.invitation).finally(() => empty.stop('SIGTERM'));
  await fillFile(path, visitor.organisationId);
  const library = await startLibraryProcess(folder, variables, MAIN);
  try {
    await measureRoutes(library.url, visitor);
    await measurePage(library.url, visitor);
  } finally {
    await library.stop('SIGTERM');
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
