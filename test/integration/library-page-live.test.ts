import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { enrich } from '../helpers/fake-library-iocs.js';
import { FAKE_PASSWORD } from '../helpers/fake-library.js';
import { Refusal, type FakeLibrary } from '../helpers/fake-library-state.js';
import { type OpenPage, type PageOptions, usePage } from '../helpers/library-page.js';

const test = usePage({ role: 'analyst' });

/** The page, once it follows events. */
async function open(options: PageOptions = {}): Promise<OpenPage> {
  const opened = await test.open(options);
  await streams(1);
  await opened.page.locator('.row').first().waitFor();
  return opened;
}

async function streams(many: number): Promise<void> {
  await expect.poll(() => test.opened.library.state.streams.size, { timeout: 8000 }).toBe(many);
}

/** As when another tab comes to the front, or this one: browsers without a window show all pages at once. */
async function show(page: Page, isVisible: boolean): Promise<void> {
  await page.evaluate(`
    Object.defineProperty(document, 'hidden', { configurable: true, value: ${String(!isVisible)} });
    Object.defineProperty(document, 'visibilityState', { configurable: true, value: '${isVisible ? 'visible' : 'hidden'}' });
    document.dispatchEvent(new Event('visibilitychange'));
  `);
}

function cutOff(library: FakeLibrary): void {
  for (const one of library.state.streams) one.raw.end();
}

/** The row that is looked up behind the back of the page. */
const ELSEWHERE = 2;
const lookUpElsewhere = (library: FakeLibrary): unknown => enrich(library.state.rows[ELSEWHERE]!);

const banner = (page: Page): ReturnType<Page['locator']> => page.locator('.banner-offline');

describe('the live connection', () => {
  it('is given back while the tab is hidden, and what was missed is read when it is seen again', async () => {
    const { page, library } = await open({ path: '/iocs/ioc-000002' });
    const row = page.locator('.row', { hasText: '198.51.0.2' }).first();
    await page.getByText('Not looked up yet', { exact: false }).waitFor();
    await show(page, false);
    await streams(0);
    lookUpElsewhere(library);
    await show(page, true);
    await streams(1);
    await row.getByText('10/72').first().waitFor();
    await page
      .locator('.drawer')
      .getByRole('heading', { name: /^Engines/ })
      .waitFor();
    expect(await banner(page).count()).toBe(0);
  });

  it('comes back after an answer that ends it for the browser, with what was missed', async () => {
    const { page, library } = await open();
    library.state.refusals.push({ path: '/api/events', refusal: new Refusal(502, 'Bad gateway.') });
    cutOff(library);
    await banner(page).waitFor();
    await streams(0);
    lookUpElsewhere(library);
    await streams(1);
    await banner(page).waitFor({ state: 'detached' });
    await page.locator('.row', { hasText: '198.51.0.2' }).first().getByText('10/72').first().waitFor();
  });

  it('leads to the log-in when it ended with the session', async () => {
    const { page, library } = await open();
    library.state.user = null;
    cutOff(library);
    await page.getByText('Your session has ended.', { exact: false }).waitFor();
  });

  it('moves the counts and a filtered list along with what happens', async () => {
    const { page, library } = await open({ path: '/?enriched=false' });
    const total = library.state.rows.filter((one) => one.ioc.enrichedAt === null).length;
    const row = page.locator('.row', { hasText: '198.51.0.2' });
    await row.first().waitFor();
    const facet = page.locator('.facet-option', { hasText: 'Not enriched' });
    await facet.getByText(String(total), { exact: true }).waitFor();
    await row.first().getByRole('button', { name: 'Look up on VirusTotal' }).click();
    await facet.getByText(String(total - 1), { exact: true }).waitFor();
    await expect.poll(() => page.locator('.row').count()).toBe(total - 1);
  });
});

describe('another user', () => {
  it('sees nothing of the one before, not even until the list has come', async () => {
    const { page } = await open();
    await page.getByLabel('Select all on this page').click();
    await page.getByRole('region', { name: 'Selected IOCs' }).waitFor();
    await page.getByRole('button', { name: 'Account of' }).click();
    await page.getByRole('button', { name: 'Log out' }).click();
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/api/iocs?*', async (route) => {
      await gate;
      await route.continue();
    });
    await page.getByLabel('E-mail').fill('ada@example.com');
    await page.getByLabel('Password').fill(FAKE_PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'IOCs', exact: true }).waitFor({ state: 'attached' });
    expect(await page.locator('.row').count()).toBe(0);
    release();
    await page.locator('.row').first().waitFor();
    expect(await page.getByRole('region', { name: 'Selected IOCs' }).count()).toBe(0);
  });

  it('of another tab takes this one over before anything is changed', async () => {
    const { page, library } = await open();
    library.enter('admin');
    const row = page.locator('.row', { hasText: '198.51.0.2' }).first();
    await row.getByRole('button', { name: 'Look up on VirusTotal' }).click();
    await page.getByText('Nothing was changed: somebody else has logged in in another tab.').waitFor();
    await page.getByRole('button', { name: 'Account of' }).click();
    await page.getByText('Ada Example, Admin').waitFor();
    await row.getByText('Not enriched').waitFor();
  });

  it('of another tab is told of when this one is seen again', async () => {
    const { page, library } = await open();
    await show(page, false);
    await streams(0);
    library.enter('admin');
    await show(page, true);
    await page.getByText('has logged in in another tab', { exact: false }).waitFor();
    await streams(1);
  });

  it('is not suspected when the token alone is stale: the change is sent once more', async () => {
    const { page, library } = await open();
    library.state.refusals.push({ path: '/api/lookup', refusal: new Refusal(403, 'The header is stale.') });
    const row = page.locator('.row', { hasText: '198.51.0.2' }).first();
    await row.getByRole('button', { name: 'Look up on VirusTotal' }).click();
    await row.getByText('10/72').first().waitFor();
    expect(library.state.requests.filter(({ url }) => url === '/api/lookup')).toHaveLength(2);
  });
});

describe('an import of related IOCs', () => {
  it.each([
    ['leads to the look-ups that began', { jobId: 'job-7' }, 'They are looked up as quota and budget allow.'],
    [
      'says why nothing is looked up',
      { notice: 'The budget is spent.' },
      'Not looked up: The budget is spent.',
    ],
  ])('%s', async (_, started, text) => {
    const { page, library } = await open({ path: '/iocs/ioc-000004' });
    library.state.started = started;
    await page.getByRole('button', { name: 'Select all' }).click();
    await page.getByRole('button', { name: 'Import 2 related IOCs' }).click();
    await page.getByText(text).waitFor();
    const link = page.getByRole('link', { name: 'Watch the enrichment' });
    expect(await link.count()).toBe('jobId' in started ? 1 : 0);
  });
});
