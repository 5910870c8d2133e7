import { describe, expect, it } from 'vitest';
import { FAKE_PASSWORD } from '../helpers/fake-library.js';
import { advanceJob, holdJob } from '../helpers/fake-library-jobs.js';
import { Refusal } from '../helpers/fake-library-state.js';
import { usePage } from '../helpers/library-page.js';

const test = usePage({ role: 'analyst' });
const { open } = test;

const TEXT = `Incident 2026-17
hxxps://login.evil[.]example/a?x=1
198[.]51[.]100[.]77, login.evil[.]example
d41d8cd98f00b204e9800998ecf8427e
999.1.1.1
login.evil.example
invoice-portal-1.example`;

describe('the way in', () => {
  it('shows what is wrong with a password, then lets in', async () => {
    const { page } = await open({ role: undefined });
    await page.getByLabel('E-mail').fill('ada@example.com');
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByText('The e-mail or the password is wrong.').waitFor();
    await page.getByLabel('Password').fill(FAKE_PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('table', { name: 'IOCs' }).waitFor();
  });

  it('takes an invitation, and names the field of a fault', async () => {
    const { page } = await open({ role: undefined, path: '/invitations/good' });
    const password = page.getByLabel('Password');
    await password.fill('short');
    await page.getByRole('button', { name: 'Set the password and enter' }).click();
    await page.getByText('The password has fewer than 12 characters.').waitFor();
    expect(await password.getAttribute('aria-invalid')).toBe('true');
    await password.fill(FAKE_PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('table', { name: 'IOCs' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/');
  });

  it('says that an invitation is spent', async () => {
    const { page } = await open({ role: undefined, path: '/invitations/spent' });
    await page.getByText('The invitation is spent or unknown.').waitFor();
  });

  it('does not take an invitation for spent that cannot be read now', async () => {
    const { page, library } = await open({ role: undefined, path: '/' });
    const refusal = new Refusal(429, 'Too many requests.', { retryAfterSeconds: 60 });
    library.state.refusals.push({ path: '/api/invitations/good', refusal });
    await page.goto(`${library.url}/invitations/good`);
    await page.getByText(/Too many requests\. Come back (at|on) .+ \(in 1 min\)\./).waitFor();
    expect(await page.getByText('This invitation cannot be used').count()).toBe(0);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('You are invited to').waitFor();
  });

  it('leads back to the log-in when the session ends, and back to where one was', async () => {
    const { page, library } = await open({ path: '/?type=url' });
    await page.getByRole('table', { name: 'IOCs' }).waitFor();
    library.state.user = null;
    await page.getByLabel('Domain').click();
    await page.getByText('Your session has ended.', { exact: false }).waitFor();
    await page.getByLabel('E-mail').fill('ada@example.com');
    await page.getByLabel('Password').fill(FAKE_PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('table', { name: 'IOCs' }).waitFor();
    expect(new URL(page.url()).searchParams.getAll('type').sort()).toEqual(['domain', 'url']);
  });
});

describe('the list', () => {
  it('searches, filters with counts, sorts, and keeps all of it in the address', async () => {
    const { page } = await open();
    await page.locator('.row').first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('invoice-portal');
    await page.getByRole('button', { name: /Remove the filter “invoice-portal”/ }).waitFor();
    await page.locator('.facet-option', { hasText: 'Clean' }).click();
    await page.getByRole('button', { name: 'Remove the filter verdict clean' }).waitFor();
    await page.getByRole('button', { name: 'Value' }).click();
    await expect
      .poll(() => new URL(page.url()).search)
      .toBe('?search=invoice-portal&verdict=clean&sort=value&order=asc');
    await page.reload();
    await page.locator('.row').first().waitFor();
    expect(await page.getByLabel('Search values').inputValue()).toBe('invoice-portal');
    expect(await page.getByRole('columnheader', { name: 'Value' }).getAttribute('aria-sort')).toBe(
      'ascending',
    );
    await page.getByLabel('Search values').fill('no such thing');
    await page.getByText('No IOC matches.').waitFor();
    await page.getByRole('button', { name: 'Clear all filters' }).click();
    await page.getByText('1–50 of 60').waitFor();
  });

  it('pages through 100,000 rows with no more than a page of them in the document', async () => {
    const { page } = await open({ rows: 100_000 });
    await page.getByText('1–50 of 100,000').waitFor();
    await page.getByLabel('Page', { exact: true }).fill('1999');
    await page.keyboard.press('Enter');
    await page.getByText('99,901–99,950 of 100,000').waitFor();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText('99,951–100,000 of 100,000').waitFor();
    expect(await page.locator('.row').count()).toBe(50);
    expect(await page.getByRole('button', { name: 'Next' }).isDisabled()).toBe(true);
  });

  it('shows the last page in place of one behind it', async () => {
    const { page } = await open({ path: '/?page=9999' });
    await page.getByText('51–60 of 60').waitFor();
    await page.getByLabel('Select all on this page').click();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete 10', exact: true }).click();
    await page.getByText('1–50 of 50', { exact: true }).waitFor();
    expect(await page.locator('.row').count()).toBe(50);
  });

  it('offers on a phone to select all that match, and names every order', async () => {
    const { page, library } = await open({ width: 390, path: '/?sort=value&order=desc' });
    await page.getByText('Select all on this page').click();
    await page.getByRole('button', { name: 'Select all 60 that match' }).waitFor();
    const order = page.getByLabel('Order');
    expect(await order.locator('option:checked').textContent()).toBe('Value, Z to A');
    library.state.simulated = true;
    await page.goto(`${library.url}/?search=nothing-such`);
    await page.getByText('VirusTotal is simulated.').waitFor();
    await page.getByText('No IOC matches.').waitFor();
    expect(await page.evaluate('document.documentElement.scrollHeight - innerHeight')).toBe(0);
  });

  it('tells verdicts by text, and what is not enriched apart from what is unknown', async () => {
    const { page } = await open();
    await page.locator('.row').first().waitFor();
    for (const text of ['Clean', 'Suspicious', 'Unknown', 'Not enriched']) {
      expect(await page.locator('.row .badge', { hasText: text }).count()).toBeGreaterThan(0);
    }
    expect(await page.locator('.badge-malicious').first().textContent()).toBe('Malicious 8/72');
  });

  it('looks up in place: in work first, then the result', async () => {
    const { page, library } = await open();
    const row = page.locator('.row', { hasText: '198.51.0.2' }).first();
    await row.getByText('Not enriched').waitFor();
    let release = (): void => undefined;
    library.state.gate = new Promise((resolve) => {
      release = resolve;
    });
    await row.getByRole('button', { name: 'Look up on VirusTotal' }).click();
    await row.getByText('Looking up').waitFor();
    release();
    await row.getByText('10/72').first().waitFor();
  });

  it('says when to come back when the quota is spent', async () => {
    const { page, library } = await open();
    library.state.refusals.push({
      path: '/api/lookup',
      refusal: new Refusal(429, 'The quota of the day is spent.', { retryAfterSeconds: 720 }),
    });
    const row = page.locator('.row', { hasText: '198.51.0.2' }).first();
    await row.getByRole('button', { name: 'Look up on VirusTotal' }).click();
    await page.getByText(/The quota of the day is spent\. Come back (at|on) .+ \(in 12 min\)\./).waitFor();
    await row.getByText('Not enriched').waitFor();
  });

  it('shows a fault of the list with a way to try again', async () => {
    const { page, library } = await open({ path: '/jobs' });
    library.state.refusals.push({ path: '/api/iocs?', refusal: new Refusal(503, 'The database is away.') });
    await page.getByRole('link', { name: 'Library', exact: true }).click();
    await page.getByText('The database is away.').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('.row').first().waitFor();
  });

  it('selects the page and all that match, tags them, and deletes only after a question', async () => {
    const { page, library } = await open();
    await page.getByLabel('Select all on this page').click();
    await page.getByRole('button', { name: 'Select all 60 that match' }).click();
    await page.getByRole('button', { name: 'Tags' }).click();
    await page.getByRole('dialog').getByLabel('Tags').fill('Quarter 2');
    await page.getByRole('button', { name: 'Add the tags' }).click();
    await page.getByText('Changed 60 IOCs.').waitFor();
    expect(library.state.rows.every((one) => one.ioc.tags.includes('quarter 2'))).toBe(true);
    await page.getByRole('button', { name: 'Clear', exact: true }).click();
    await page.getByLabel('Select dfa508').click();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Keep it as it is' }).click();
    expect(library.state.rows).toHaveLength(60);
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete 1', exact: true }).click();
    await page.getByText('1–50 of 59').waitFor();
  });

  it.each([1280, 390])('keeps messages off the bar of the selection at %d px', async (width) => {
    const { page } = await open({ width });
    await page.locator('.row input').first().click();
    await page.getByRole('button', { name: 'Tags' }).click();
    await page.getByRole('dialog').getByLabel('Tags').fill('Quarter 2');
    await page.getByRole('button', { name: 'Add the tags' }).click();
    await page.getByText('Changed 1 IOC.').waitFor();
    const bar = await page.getByRole('region', { name: 'Selected IOCs' }).boundingBox();
    const message = await page.locator('.toast').boundingBox();
    expect((message?.y ?? 0) + (message?.height ?? 0)).toBeLessThanOrEqual(bar?.y ?? 0);
  });

  it('takes several tags from all that match one of them, in one request', async () => {
    const { page, library } = await open();
    for (const one of library.state.rows) one.ioc = { ...one.ioc, tags: ['one', 'two', 'three'] };
    await page.goto(`${library.url}/?tag=one`);
    await page.getByLabel('Select all on this page').click();
    await page.getByRole('button', { name: 'Select all 60 that match' }).click();
    await page.getByRole('button', { name: 'Tags' }).click();
    await page.getByRole('dialog').getByLabel('What to do').selectOption('Remove');
    await page.getByRole('dialog').getByLabel('Tags').fill('one, two');
    await page.getByRole('button', { name: 'Remove the tags' }).click();
    await page.getByText('Changed 60 IOCs.').waitFor();
    expect(library.state.rows.filter((one) => one.ioc.tags.join() !== 'three')).toEqual([]);
  });

  it('copies values as they are, and defanged', async () => {
    const { page } = await open();
    const row = page.locator('.row', { hasText: 'invoice-portal-1.example' });
    for (const [item, text] of [
      ['Copy defanged', 'invoice-portal-1[.]example'],
      ['Copy as it is', 'invoice-portal-1.example'],
    ] as const) {
      await row.getByRole('button', { name: 'More for' }).click();
      await page.getByRole('button', { name: item }).locator('visible=true').click();
      await expect.poll(() => page.evaluate('navigator.clipboard.readText()')).toBe(text);
    }
  });

  it('exports what the filters leave', async () => {
    const { page } = await open({ path: '/?type=url' });
    await page.locator('.row').first().waitFor();
    await page.getByRole('button', { name: 'Export all that match' }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'STIX 2.1' }).click();
    expect(new URL((await download).url()).search).toBe('?format=stix&type=url');
  });

  it('says that the session ended when something is exported', async () => {
    const { page, library } = await open();
    await page.locator('.row').first().waitFor();
    library.state.user = null;
    await page.getByRole('button', { name: 'Export all that match' }).click();
    await page.getByRole('link', { name: 'CSV' }).click();
    await page.getByText('Your session has ended.', { exact: false }).waitFor();
  });

  it('says why more single rows than an address has room for are not exported', async () => {
    const { page } = await open({ rows: 400, path: '/?pageSize=200' });
    await page.getByLabel('Select all on this page').click();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText('201–400 of 400').waitFor();
    await page.getByLabel('Select all on this page').click();
    const bar = page.getByRole('region', { name: 'Selected IOCs' });
    await bar.getByText('Export takes 200 single rows at most.').waitFor();
    await bar.getByRole('button', { name: 'Copy defanged' }).click();
    await page.getByText('200 of 400 selected values, those of this page').waitFor();
  });

  it('is empty at first, and says what to do', async () => {
    const { page } = await open({ rows: 0 });
    await page.getByText('The library is empty.').waitFor();
    await page.getByRole('button', { name: 'Import the first IOCs' }).click();
    await page.getByRole('dialog', { name: 'Import IOCs' }).waitFor();
  });
});

describe('the import', () => {
  it('previews a text, imports what is ticked, and offers the job', async () => {
    const { page, library } = await open();
    await page.locator('.row').first().waitFor();
    await page.keyboard.press('i');
    await page.getByLabel('Text, CSV or STIX bundle').fill(TEXT);
    await page.getByRole('button', { name: 'Find IOCs' }).click();
    const dialog = page.getByRole('dialog', { name: 'Choose what to import' });
    await dialog.getByText('4 new').waitFor();
    expect(await dialog.locator('.summary').textContent()).toBe(
      'Read as text: 4 new, 1 known already, 1 duplicate, 1 fault.',
    );
    await dialog.getByText('What could not be read').click();
    await dialog.getByText('is no IPv4 address: 999 is above 255').waitFor();
    await dialog.locator('.preview-row', { hasText: '198.51.100.77' }).click();
    await dialog.getByLabel('Tags').fill('Incident, incident');
    await dialog.getByLabel('Source').fill('Mail of Tuesday');
    await dialog.getByRole('button', { name: 'Import 3 IOCs' }).click();
    await page.getByText('3 new IOCs').waitFor();
    await page.getByRole('button', { name: 'To the list' }).click();
    await page.getByText('1–50 of 63').waitFor();
    expect(library.state.requests.find((one) => one.url === '/api/iocs/import')?.body).toEqual({
      items: [
        { type: 'url', value: 'https://login.evil.example/a?x=1' },
        { type: 'hostname', value: 'login.evil.example' },
        { type: 'md5', value: 'd41d8cd98f00b204e9800998ecf8427e' },
      ],
      tags: ['incident'],
      source: 'Mail of Tuesday',
      enrich: false,
    });
  });

  it('takes a file, and gives the focus back when it is closed', async () => {
    const { page } = await open();
    await page.locator('.row').first().waitFor();
    const opener = page.getByRole('button', { name: 'Import' });
    await opener.click();
    await page.getByLabel('File to import').setInputFiles({
      name: 'list.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('stage-nine.example'),
    });
    await page.getByText('list.txt').waitFor();
    expect(await page.getByLabel('Text, CSV or STIX bundle').inputValue()).toBe('stage-nine.example');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await opener.evaluate((element) => element.ownerDocument.activeElement === element)).toBe(true);
  });
});

describe('bulk enrichment', () => {
  it('says that there is no job under an address', async () => {
    const { page } = await open({ path: '/jobs/job-7' });
    await page.getByText('There is no such job.').waitFor();
  });

  it('shows the value of a row beside a long reason', async () => {
    const { page, library } = await open();
    await page.getByLabel('Select all on this page').click();
    await page.getByRole('button', { name: 'Enrich', exact: true }).click();
    await page.getByRole('heading', { name: 'Enrichment of 50 IOCs' }).waitFor();
    library.state.rowMessage = 'VirusTotal cannot know it: it is an address of a private network. '.repeat(4);
    await page.reload();
    await page.locator('.job-row-message').first().waitFor();
    const box = await page.locator('.job-row .value').first().boundingBox();
    expect(box?.width).toBeGreaterThan(300);
  });

  it('is not set back by a list of jobs that was asked for before', async () => {
    const { page, library } = await open();
    await page.locator('.row').first().waitFor();
    let held = 0;
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    // With a job of its own in the answer, by which it is seen to have come.
    await page.route('**/api/jobs', async (route) => {
      const response = await route.fetch();
      const answer = (await response.json()) as { items: readonly object[] };
      const other = answer.items.map((job) => ({ ...job, id: 'job-0', total: 7 }));
      held += 1;
      await released;
      await route.fulfill({ response, json: { ...answer, items: [...answer.items, ...other] } });
    });
    await page.getByLabel('Select all on this page').click();
    await page.getByRole('button', { name: 'Enrich', exact: true }).click();
    await page.getByRole('heading', { name: 'Enrichment of 50 IOCs' }).waitFor();
    await expect.poll(() => held).toBeGreaterThan(0);
    advanceJob(library, 'job-1', 10);
    await page.getByText('10 of 50 done').waitFor();
    release();
    await page.getByRole('heading', { name: 'Enrichment of 7 IOCs' }).waitFor();
    expect(await page.getByText('10 of 50 done').count()).toBe(1);
  });

  it('shows live progress with what is left, waits, pauses, resumes and is cancelled', async () => {
    const { page, library } = await open();
    await page.getByLabel('Select all on this page').click();
    await page.getByRole('button', { name: 'Enrich', exact: true }).click();
    await page.getByRole('heading', { name: 'Enrichment of 50 IOCs' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/jobs/job-1');
    await expect.poll(() => library.state.streams.size).toBe(1);
    advanceJob(library, 'job-1', 10);
    await page.getByText('10 of 50 done').waitFor();
    await page.getByText('About 10 min left').waitFor();
    await page.locator('.job-row', { hasText: 'Done' }).nth(9).waitFor();
    await page.locator('.job-row-in_work').waitFor();
    const resumeAt = new Date(Date.now() + 3_590_000).toISOString();
    holdJob(library, 'job-1', { reason: 'The budget of today is spent.', resumeAt });
    await page
      .getByText(/The budget of today is spent\. It goes on by itself (at|on) .+ \(in 1 h\)\./)
      .waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByText('Running').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('40 IOCs will not be looked up.', { exact: false }).waitFor();
    await page.getByRole('button', { name: 'Cancel the enrichment' }).click();
    await page.getByText('Cancelled', { exact: true }).waitFor();
  });
});

describe('sending to OpenCTI', () => {
  const platform = { opencti: 'opencti.example.com' };
  const sendings = (): unknown[] =>
    test.opened.library.state.requests.filter(({ url }) => url === '/api/iocs/send').map(({ body }) => body);

  it.each([
    ['where there is no platform', {}],
    ['to viewers', { ...platform, role: 'viewer' }],
  ] as const)('is not offered %s', async (_, options) => {
    const { page } = await open(options);
    await page.getByLabel('Select all on this page').click();
    await page.getByRole('region', { name: 'Selected IOCs' }).waitFor();
    expect(await page.getByRole('button', { name: 'Send to OpenCTI' }).count()).toBe(0);
  });

  it('sends what is selected, after a question', async () => {
    const { page } = await open(platform);
    await page.getByLabel('Select dfa508').click();
    await page.getByRole('button', { name: 'Send to OpenCTI' }).click();
    await page.getByRole('dialog', { name: 'Send 1 IOC to OpenCTI?' }).waitFor();
    await page.getByRole('button', { name: 'Do not send' }).click();
    expect(sendings()).toEqual([]);
    await page.getByLabel('Select all on this page').click();
    await page.getByRole('button', { name: 'Select all 60 that match' }).click();
    await page.getByRole('button', { name: 'Send to OpenCTI' }).click();
    await page.getByRole('button', { name: 'Send 60', exact: true }).click();
    await page.getByText('Sent 60 IOCs to opencti.example.com, which imports them now.').waitFor();
    expect(sendings()).toEqual([{ filter: {} }]);
    expect(await page.getByRole('region', { name: 'Selected IOCs' }).count()).toBe(0);
  });

  it('says what stands in the way and when to come back, and keeps the selection', async () => {
    const { page, library } = await open(platform);
    library.state.refusals.push({
      path: '/api/iocs/send',
      refusal: new Refusal(503, 'Nothing was sent: OpenCTI does not answer.', { retryAfterSeconds: 30 }),
    });
    await page.getByLabel('Select all on this page').click();
    await page.getByRole('button', { name: 'Send to OpenCTI' }).click();
    await page.getByRole('button', { name: 'Send 50', exact: true }).click();
    await page.getByText(/Nothing was sent: OpenCTI does not answer\. Come back at .+\./).waitFor();
    await page.getByRole('button', { name: 'Send 50', exact: true }).click();
    await page.getByText('Sent 50 IOCs to opencti.example.com').waitFor();
  });
});
