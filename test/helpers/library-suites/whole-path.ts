import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { stixFaults } from '../stix-validity.js';
import type { Bundle } from '../../../src/stix/objects.js';
import type { LibraryProcess } from '../library-process.js';

/** Twelve IOCs of all types, written as people write them. */
const REPORT = `Incident 2026-17, first findings
Sample 44d88612fea8a8f36de82e1278abb02f (loader), dropped
3395856ce81f2b7382dee72602f798b642f14140 and
275A021BBFB6489E54D471899F7DB9D1663FC695EC2FE2A2C4538AABF651FD0F.
C2: evil[.]example[.]com and hxxp://evil[.]example[.]com/payload?a=1&b=2
1[.]2[.]3[.]4, 8.8.8.8 (harmless?), 2001:4860:4860::8888
Also seen: c2.evil.example[.]com, stage-two.example[.]net, https://www.stage-two.example.net/x.php?id=7
and 8[.]8[.]4[.]4`;

const PASSWORD = 'correct horse battery staple';
const ANALYST = 'analyst@example.com';

/** From an empty library to an export, and who may set the key: as people do it, in a browser. */
export function describeWholePath(browser: () => Browser, library: () => LibraryProcess): void {
  async function newPage(): Promise<Page> {
    const context = await browser().newContext({ viewport: { width: 1280, height: 840 } });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    return page;
  }

  async function takeUp(link: string): Promise<Page> {
    const page = await newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(link);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Set the password and enter' }).click();
    await page
      .getByText('The library is empty.')
      .or(page.getByRole('table', { name: 'IOCs' }))
      .first()
      .waitFor();
    expect(complaints).toEqual([]);
    return page;
  }

  it('leads from a pasted text to an export, and to the key for super admins alone', async () => {
    const { url, invitation } = library();
    const page = await takeUp(invitation ?? '');
    await page.getByText('VirusTotal is simulated.').waitFor();

    // A link works once.
    const again = await newPage();
    await again.goto(invitation ?? '');
    await again.getByText('This invitation cannot be used').waitFor();
    await again.context().close();

    await page.getByRole('button', { name: 'Import the first IOCs' }).click();
    await page.getByLabel('Text, CSV or STIX bundle').fill(REPORT);
    await page.getByRole('button', { name: 'Find IOCs' }).click();
    const dialog = page.getByRole('dialog', { name: 'Choose what to import' });
    await dialog.getByText('12 new').waitFor();
    await dialog.getByLabel('Tags').fill('incident-17');
    await dialog.getByRole('button', { name: 'Import 12 IOCs' }).click();
    await page.getByText('12 new IOCs').waitFor();
    await page.getByRole('button', { name: 'To the list' }).click();
    await page.getByText('1–12 of 12').waitFor();
    expect(await page.locator('.row .badge', { hasText: 'Not enriched' }).count()).toBe(12);

    await page.getByLabel('Select all on this page').click();
    await page.getByRole('button', { name: 'Enrich', exact: true }).click();
    await page.getByRole('heading', { name: 'Enrichment of 12 IOCs' }).waitFor();
    // Live: some of it is done while some is not.
    await page.getByText(/^([1-9]|1[01]) of 12 done/).waitFor();
    await page.getByText('12 of 12 done').waitFor({ timeout: 30_000 });
    await page.getByText('Finished', { exact: true }).waitFor();

    await page.getByRole('link', { name: 'Library', exact: true }).click();
    await page.locator('.badge-malicious').first().waitFor();
    expect(await page.locator('.row .badge', { hasText: 'Not enriched' }).count()).toBe(0);

    const name = '1.2.3.4';
    await page.getByLabel('Search values').fill(name);
    await page.getByRole('link', { name, exact: true }).click();
    await page.getByRole('heading', { name, exact: true }).waitFor();
    await page.getByRole('heading', { name: /^Engines/ }).waitFor();
    await page.locator('.related').getByRole('checkbox').first().check();
    await page.getByRole('button', { name: /^Import \d+ related IOCs?$/ }).click();
    await page.getByText(/^Imported \d+ related IOCs?\.$/).waitFor();
    await page.getByRole('region', { name: 'Relations in the library' }).getByRole('link').first().waitFor();

    await page.goto(url);
    await page.getByRole('button', { name: 'Export all that match' }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'STIX 2.1' }).click();
    const bundle = JSON.parse(await readFile(await (await download).path(), 'utf8')) as Bundle;
    expect(stixFaults(bundle)).toEqual([]);
    expect(bundle.objects.filter((object) => 'value' in object && object.value === name)).toHaveLength(1);
    expect(bundle.objects.some(({ type }) => type === 'indicator')).toBe(true);
    expect(bundle.objects.some(({ type }) => type === 'relationship')).toBe(true);

    await page.goto(`${url}/settings/users`);
    await page.getByLabel('Name', { exact: true }).fill('Grace');
    await page.getByLabel('E-mail').fill(ANALYST);
    await page.getByLabel('Role', { exact: true }).selectOption({ label: 'Analyst' });
    await page.getByRole('button', { name: 'Make an invitation link' }).click();
    const link = (await page.getByText('/invitations/').first().textContent()) ?? '';

    await page.goto(`${url}/settings/virustotal`);
    const key = page.getByLabel('VirusTotal API key');
    await key.fill(`${'0'.repeat(60)}beef`);
    await page.getByRole('button', { name: 'Save the key' }).click();
    await page.getByText('••••beef').waitFor();
    expect(await page.content()).not.toContain('0000beef');

    const analyst = await takeUp(/http\S+\/invitations\/[\w-]+/.exec(link)?.[0] ?? '');
    await analyst.goto(`${url}/settings/virustotal`);
    await analyst.getByText('Your role has no access to this part.').waitFor();
    const refused = await analyst.evaluate<number>(
      `fetch('/api/settings/virustotal-key').then((response) => response.status)`,
    );
    expect(refused).toBe(403);
    await analyst.context().close();
    await page.context().close();
  });
}
