import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { Role } from '../../src/library/web/api.js';
import { startChromium } from './chromium.js';
import { startFakeLibrary } from './fake-library.js';
import type { FakeLibrary } from './fake-library-state.js';

/** The page as `npm run build:web` leaves it. */
export const BUILT_PAGE = fileURLToPath(new URL('../../dist/library/web', import.meta.url));

export interface PageOptions {
  /** Who is logged in at first; nobody when absent. */
  readonly role?: Role | undefined;
  /** Host of the platform to which IOCs can be sent; none when absent. */
  readonly opencti?: string;
  readonly rows?: number;
  readonly path?: string;
  readonly scheme?: 'light' | 'dark';
  readonly width?: number;
}

export interface OpenPage {
  readonly page: Page;
  readonly library: FakeLibrary;
  /** What the console and the content security policy complained about. */
  readonly complaints: string[];
  readonly close: () => Promise<void>;
}

/**
 * The page in a browser, before a fake library of its own.
 *
 * @throws {Error} saying what to do when the page was not built.
 */
async function openPage(browser: Browser, options: PageOptions = {}): Promise<OpenPage> {
  if (!existsSync(BUILT_PAGE)) throw new Error(`${BUILT_PAGE} is missing: run "npm run build" first.`);
  const { role, rows = 60, path = '/', scheme = 'light', width = 1280 } = options;
  const library = await startFakeLibrary(BUILT_PAGE, rows);
  if (role !== undefined) library.enter(role);
  library.state.opencti = options.opencti ?? null;
  const context = await browser.newContext({
    viewport: { width, height: 840 },
    colorScheme: scheme,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    // A refused request is told as an error by the browser itself; the page shows it to the user.
    const isRefusal = message.text().startsWith('Failed to load resource');
    if (['error', 'warning'].includes(message.type()) && !isRefusal) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`${library.url}${path}`);
  return {
    page,
    library,
    complaints,
    close: async () => {
      await context.close();
      await library.close();
    },
  };
}

/** The page of the running test. */
export interface PageOfTest {
  readonly opened: OpenPage;
  /** Opens it; each test once. */
  readonly open: (options?: PageOptions) => Promise<OpenPage>;
}

/**
 * A browser for the tests of a file, and a page for each, which is closed after it. A test whose page complained of anything
 * fails; one that provokes a complaint takes it out of the list.
 */
export function usePage(usual: PageOptions = {}): PageOfTest {
  let browser: Browser;
  let opened: OpenPage;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser.close();
  });
  afterEach(async () => {
    await opened.close();
    expect(opened.complaints).toEqual([]);
  });
  return {
    get opened() {
      return opened;
    },
    open: async (options = {}) => {
      opened = await openPage(browser, { ...usual, ...options });
      return opened;
    },
  };
}
