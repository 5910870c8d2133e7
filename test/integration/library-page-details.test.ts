import { describe, expect, it } from 'vitest';
import { usePage } from '../helpers/library-page.js';

const { open } = usePage({ role: 'analyst' });

const focused = 'document.activeElement.id';

describe('the keyboard', () => {
  it('moves, selects, opens, and closes back to where it was', async () => {
    const { page } = await open();
    await page.locator('.row').first().waitFor();
    for (const key of ['j', 'j', 'j', 'k']) await page.keyboard.press(key);
    expect(await page.evaluate(focused)).toBe('ioc-ioc-000001');
    await page.keyboard.press('x');
    await page.getByText('1 selected').waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Details' }).getByText('In the library').waitFor();
    expect(new URL(page.url()).pathname).toBe('/iocs/ioc-000001');
    await page.keyboard.press('j');
    await expect.poll(() => new URL(page.url()).pathname).toBe('/iocs/ioc-000002');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.evaluate(focused)).toBe('ioc-ioc-000002');
    expect(new URL(page.url()).pathname).toBe('/');
  });

  it('shows its help, and leaves letters alone while someone writes', async () => {
    const { page } = await open();
    await page.locator('.row').first().waitFor();
    await page.keyboard.press('?');
    const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await help.waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.querySelector("dialog").contains(document.activeElement)')).toBe(
      true,
    );
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'detached' });
    await page.keyboard.press('/');
    await page.keyboard.type('x?jk');
    expect(await page.getByLabel('Search values').inputValue()).toBe('x?jk');
    expect(await page.getByRole('dialog').count()).toBe(0);
  });
});

describe('the details', () => {
  it('stay open when they are opened before a search that was typed is sent', async () => {
    const { page } = await open();
    const name = 'cdn4.update-check.example.net';
    await page.getByRole('link', { name, exact: true }).first().waitFor();
    await page.getByLabel('Search values').fill('cdn4');
    await page.getByRole('link', { name, exact: true }).first().click();
    await page.getByRole('button', { name: 'Remove the filter “cdn4”' }).waitFor();
    await page.getByRole('heading', { name }).waitFor();
  });

  it('group the engines, filter them, and show a hostile text as text', async () => {
    const { page } = await open({ path: '/iocs/ioc-000004' });
    const drawer = page.getByRole('complementary', { name: 'Details' });
    await drawer.getByRole('heading', { name: 'cdn4.update-check.example.net' }).waitFor();
    await drawer.getByRole('img', { name: 'Engines: 36 malicious, 36 undetected, 4 no verdict' }).waitFor();
    expect(await drawer.locator('.engines li').count()).toBe(36);
    await drawer.getByLabel('Filter engines by name or result').fill('emotet.7');
    expect(await drawer.locator('.engines li').count()).toBe(1);
    await drawer.getByLabel('Filter engines by name or result').fill('');
    await drawer.getByRole('button', { name: 'All 76' }).click();
    expect(await drawer.locator('.engines li').count()).toBe(76);
    await drawer.getByText('<img src=x onerror="document.title=1">').waitFor();
    await drawer.getByRole('button', { name: 'Show the raw report' }).click();
    await drawer.getByText('</pre><script>1</script>', { exact: false }).waitFor();
    expect(await page.title()).toBe('IOC Library');
    const link = drawer.getByRole('link', { name: 'VirusTotal' });
    expect(await link.getAttribute('href')).toMatch(/^https:\/\/www\.virustotal\.com\/gui\//);
    expect(await link.getAttribute('rel')).toContain('noopener');
  });

  it('show what changed from one enrichment to the next', async () => {
    const { page } = await open({ path: '/iocs/ioc-000004' });
    await page.locator('.changes').waitFor();
    expect(await page.locator('.changes li').first().textContent()).toBe('Detections: 2/70 → 36/72');
    await page.getByText('First enrichment').waitFor();
  });

  it('import related IOCs and keep the relation', async () => {
    const { page, library } = await open({ path: '/iocs/ioc-000004' });
    await page.getByRole('button', { name: 'Select all' }).click();
    await page.getByRole('button', { name: 'Import 2 related IOCs' }).click();
    await page.getByText('Imported 2 related IOCs.').waitFor();
    const relations = page.getByRole('region', { name: 'Relations in the library' });
    await relations.getByRole('link', { name: 'api.stage-two.example' }).waitFor();
    await page.getByText('in the library', { exact: true }).first().waitFor();
    expect(library.state.requests.at(-1)?.url).toContain('/api/iocs');
    await relations.getByRole('link', { name: 'api.stage-two.example' }).click();
    await page.getByRole('heading', { name: 'api.stage-two.example' }).waitFor();
    await page.getByText('Not looked up yet', { exact: false }).waitFor();
    await page.getByRole('button', { name: 'Look up on VirusTotal', exact: true }).click();
    await page.getByRole('heading', { name: /^Engines/ }).waitFor();
  });

  it('take tags, a source and a note', async () => {
    const { page, library } = await open({ path: '/iocs/ioc-000004' });
    await page.getByRole('button', { name: 'Edit tags, source and note' }).click();
    await page.getByLabel('Tags').last().fill('one, Two');
    await page.getByLabel('Note', { exact: true }).fill('<b>watch</b>\nsecond line');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('<b>watch</b>').waitFor();
    expect(library.state.rows[4]?.ioc).toMatchObject({
      tags: ['one', 'two'],
      note: '<b>watch</b>\nsecond line',
    });
    await page.getByRole('button', { name: 'Edit tags, source and note' }).click();
    await page.getByLabel('Note', { exact: true }).press('ControlOrMeta+End');
    await page.keyboard.type('!');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('second line!').waitFor();
    expect(library.state.rows[4]?.ioc.note).toBe('<b>watch</b>\nsecond line!');
  });

  it('are deleted after a question, and the list comes back', async () => {
    const { page } = await open({ path: '/iocs/ioc-000004' });
    await page.locator('.drawer').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('1–50 of 59').waitFor();
    expect(await page.getByRole('complementary', { name: 'Details' }).count()).toBe(0);
  });
});
