import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { startChromium } from '../test/helpers/chromium.js';
import { startLibraryProcess } from '../test/helpers/library-process.js';

/** Takes the pictures of the README from the built library, which looks things up on the simulator. */

const FOLDER = 'docs/images';
const PASSWORD = 'correct horse battery staple';
const REPORT = `Incident 2026-17
44d88612fea8a8f36de82e1278abb02f
3395856ce81f2b7382dee72602f798b642f14140
275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f
evil[.]example[.]com c2.evil.example[.]com hxxp://evil[.]example[.]com/payload?a=1&b=2
1[.]2[.]3[.]4 8.8.8.8 2001:4860:4860::8888
${Array.from({ length: 9 }, (_, index) => `stage-${index}.example.net`).join('\n')}
${Array.from({ length: 6 }, (_, index) => `https://cdn-${index}.example.net/invoice-${index}.zip`).join('\n')}
${Array.from({ length: 5 }, (_, index) => `${String(index).repeat(7)}${'c0ffee5eed'.repeat(6).slice(0, 57)}`).join('\n')}`;

async function fill(page: Page, invitation: string): Promise<void> {
  await page.goto(invitation);
  await page.getByLabel('Your name').fill('Ada Example');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Set the password and enter' }).click();
  await page.getByRole('button', { name: 'Import the first IOCs' }).click();
  await page.getByLabel('Text, CSV or STIX bundle').fill(REPORT);
  await page.getByRole('button', { name: 'Find IOCs' }).click();
  const dialog = page.getByRole('dialog', { name: 'Choose what to import' });
  await dialog.getByLabel('Tags').fill('incident-17');
  await dialog.getByRole('button', { name: /^Import \d+ IOCs$/ }).click();
  await page.getByRole('button', { name: 'To the list' }).click();
  await page.getByLabel('Select all on this page').click();
  await page.getByRole('button', { name: 'Enrich', exact: true }).click();
}

const folder = await mkdtemp(join(tmpdir(), 'library-screenshots-'));
const library = await startLibraryProcess(folder, {}, resolve('dist/main.js'));
const browser = await startChromium();
try {
  await mkdir(FOLDER, { recursive: true });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const shoot = async (name: string): Promise<void> => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(FOLDER, `${name}-${colorScheme}.png`) });
    }
  };
  await fill(page, library.invitation ?? '');
  await page.getByText(/^1\d of \d+ done/).waitFor();
  await page.locator('.job-row', { hasText: 'Done' }).first().waitFor();
  await shoot('library-job');
  await page.getByText('Finished', { exact: true }).waitFor({ timeout: 120_000 });
  await page.goto(`${library.url}/?sort=malicious&order=desc`);
  await page.locator('.badge-malicious').first().waitFor();
  await shoot('library-list');
  await page.getByRole('link', { name: 'evil.example.com', exact: true }).click();
  await page.getByRole('heading', { name: /^Engines/ }).waitFor();
  await shoot('library-details');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${library.url}/?sort=malicious&order=desc`);
  await page.locator('.badge-malicious').first().waitFor();
  await shoot('library-phone');
} finally {
  await browser.close();
  await library.stop('SIGTERM');
  await rm(folder, { recursive: true, force: true });
}
