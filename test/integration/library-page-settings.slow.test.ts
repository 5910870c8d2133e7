import { gzipSync } from 'node:zlib';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BUILT_PAGE, type OpenPage, usePage } from '../helpers/library-page.js';

const { open } = usePage();

const sections = async ({ page }: OpenPage): Promise<string[]> =>
  page.getByRole('navigation', { name: 'Settings' }).getByRole('link').allTextContents();

describe('the settings', () => {
  it.each([
    ['viewer', ['Account', 'Usage and limits']],
    ['analyst', ['Account', 'Usage and limits', 'API tokens']],
    ['admin', ['Account', 'Usage and limits', 'API tokens', 'Enrichment', 'Users', 'Audit log']],
  ] as const)('offer a %s no more than the server allows', async (role, names) => {
    const world = await open({ role, path: '/settings' });
    await world.page.getByRole('heading', { name: 'Account' }).waitFor();
    expect(await sections(world)).toEqual(names);
    await world.page.goto(`${world.library.url}/settings/virustotal`);
    await world.page.getByText('Your role has no access to this part.').waitFor();
  });

  it('offer a viewer nothing that changes the list', async () => {
    const { page } = await open({ role: 'viewer' });
    await page.locator('.row').first().waitFor();
    expect(await page.getByRole('button', { name: /^(Import|Look up)/ }).count()).toBe(0);
  });

  it('change the key of VirusTotal, masked, and test it', async () => {
    const { page, complaints } = await open({ role: 'super_admin', path: '/settings/virustotal' });
    await page.getByText('••••1a2b').waitFor();
    await page.getByRole('button', { name: 'Test the connection' }).click();
    await page.getByText('Works: VirusTotal took the key', { exact: false }).waitFor();
    const key = page.getByLabel('VirusTotal API key');
    await key.fill('nonsense');
    await page.getByRole('button', { name: 'Save the key' }).click();
    await page.getByText('The key must have 64 hexadecimal characters.').waitFor();
    await key.fill(`${'0'.repeat(60)}beef`);
    await page.getByRole('button', { name: 'Save the key' }).click();
    await page.getByText('••••beef').waitFor();
    expect(await page.content()).not.toContain('0000beef');
    expect(await key.inputValue()).toBe('');
    expect(complaints).toEqual([]);
  });

  it('forget what was said of another key, and tell what a first key removes', async () => {
    const { page, library } = await open({ role: 'super_admin', path: '/settings/virustotal' });
    await page.getByRole('button', { name: 'Test the connection' }).click();
    await page.getByText('Works: VirusTotal took the key').waitFor();
    await page.getByLabel('VirusTotal API key').fill(`${'0'.repeat(60)}beef`);
    await page.getByRole('button', { name: 'Save the key' }).click();
    await page.getByText('••••beef').waitFor();
    expect(await page.getByText('Works: VirusTotal took the key').count()).toBe(0);
    expect(await page.getByText('all that the simulator made up is removed').count()).toBe(0);
    await page.getByRole('button', { name: 'Remove the key' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove the key' }).click();
    await page.getByText('all that the simulator made up is removed').waitFor();
    expect(library.state.requests.filter(({ method }) => method === 'DELETE')).toHaveLength(1);
  });

  it('show a token once', async () => {
    const { page } = await open({ role: 'analyst', path: '/settings/tokens' });
    await page.getByText('You have no API token.').waitFor();
    await page.getByLabel('Name').fill('Feed');
    await page.getByLabel('lookup').check();
    await page.getByRole('button', { name: 'Create the token' }).click();
    await page.getByText('iocl_4f1c0b7e9d2a').waitFor();
    await page.getByRole('button', { name: 'I have it' }).click();
    expect(await page.content()).not.toContain('iocl_4f1c0b7e9d2a');
    await page.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('You have no API token.').waitFor();
  });

  it('invite someone with a link, and lock someone out', async () => {
    const { page } = await open({ role: 'admin', path: '/settings/users' });
    await page.getByText('Ada Example (you)').waitFor();
    await page.getByLabel('Name', { exact: true }).fill('Grace');
    await page.getByLabel('E-mail').fill('grace@example.com');
    expect(await page.getByLabel('Role', { exact: true }).locator('option').allTextContents()).toEqual([
      'Viewer',
      'Analyst',
      'Admin',
    ]);
    await page.getByRole('button', { name: 'Make an invitation link' }).click();
    await page.getByText('/invitations/good').waitFor();
    await page.locator('.entry', { hasText: 'Barbara' }).getByRole('button', { name: 'Lock out' }).click();
    await page.locator('.entry', { hasText: 'Barbara' }).getByText('locked out').waitFor();
  });

  it('refuse thresholds that contradict each other, at the field', async () => {
    const { page } = await open({ role: 'admin', path: '/settings/enrichment' });
    await page.getByLabel('Suspicious from').fill('9');
    await page.getByLabel('Malicious from').fill('8');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('"maliciousFrom" must not be below suspiciousFrom.').waitFor();
    expect(await page.getByLabel('Malicious from').getAttribute('aria-invalid')).toBe('true');
  });

  it('show usage live', async () => {
    const { page, library } = await open({ role: 'viewer', path: '/settings/usage' });
    await page.getByText('Key, today: the limit is nearly spent (431 of 500).').waitFor();
    await expect.poll(() => library.state.streams.size).toBe(1);
    const window = { used: 12, limit: 500 };
    library.send('usage', {
      usage: {
        key: { perMinute: window, perDay: window, perMonth: window },
        organisation: { day: window, month: window },
      },
    });
    await page.getByText('12 of 500').first().waitFor();
    expect(await page.getByText('nearly spent').count()).toBe(0);
  });
});

describe('the page', () => {
  it('says so when VirusTotal is simulated', async () => {
    const { page, library } = await open({ role: 'viewer' });
    await page.locator('.row').first().waitFor();
    expect(await page.getByText('VirusTotal is simulated.').count()).toBe(0);
    library.state.simulated = true;
    await page.reload();
    await page.getByText('VirusTotal is simulated.').waitFor();
  });

  it('keeps the theme that was chosen', async () => {
    const { page } = await open({ role: 'viewer', scheme: 'light' });
    const theme = (): Promise<unknown> => page.evaluate('document.documentElement.dataset.theme ?? "auto"');
    await page.getByRole('button', { name: 'Theme: as the system' }).click();
    await page.getByRole('button', { name: 'Theme: light' }).click();
    expect(await theme()).toBe('dark');
    await page.reload();
    await page.getByRole('button', { name: 'Theme: dark' }).waitFor();
    expect(await theme()).toBe('dark');
  });

  it('asks nobody but its own server, under a policy without exceptions', async () => {
    const world = await open({ role: 'analyst', path: '/iocs/ioc-000004' });
    const { page, library, complaints } = world;
    const foreign: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(library.url)) foreign.push(request.url());
    });
    await page.reload();
    await page.getByRole('heading', { name: /^Engines/ }).waitFor();
    expect(foreign).toEqual([]);
    expect(complaints).toEqual([]);
    // The policy is enforced: what an injected text could do is refused.
    await page.evaluate(
      'document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=\\"document.title=1\\" style=\\"color:red\\">")',
    );
    await expect.poll(() => complaints.join(' ')).toContain('style-src');
    expect(await page.title()).toBe('IOC Library');
    complaints.splice(0);
  });

  it('has less than 40 kB of compressed script and none of it inline', () => {
    const assets = join(BUILT_PAGE, 'assets');
    const scripts = readdirSync(assets).filter((one) => one.endsWith('.js'));
    const bytes = scripts.reduce((sum, one) => sum + gzipSync(readFileSync(join(assets, one))).length, 0);
    expect(bytes).toBeLessThan(40_000);
    expect(readFileSync(join(BUILT_PAGE, 'index.html'), 'utf8')).not.toMatch(
      /<style|style=|<script(?![^>]*src=)/,
    );
  });
});

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

const VIEWS: readonly (readonly [path: string, ready: string])[] = [
  ['/', '.row'],
  ['/iocs/ioc-000004', '.engines'],
  ['/jobs', '.state'],
  ['/settings/account', '.facts'],
  ['/settings/usage', '.windows'],
  ['/settings/tokens', '.form'],
  ['/settings/enrichment', '.form'],
  ['/settings/users', '.entries'],
  ['/settings/audit', '.audit'],
  ['/settings/virustotal', '.facts'],
  ['/settings/organisations', '.form-row'],
];

describe('accessibility', () => {
  describe.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 390],
    ['dark', 390],
  ] as const)('in %s at %d px', (scheme, width) => {
    it(
      'has no violation that axe knows, and nothing wider than the screen',
      { timeout: 180_000 },
      async () => {
        const world = await open({ role: 'super_admin', scheme, width, rows: 12 });
        const { page, library } = world;
        library.state.simulated = true;
        const faults: string[] = [];
        const check = async (name: string): Promise<void> => {
          await page.evaluate(AXE);
          const { violations } = await page.evaluate<AxeResult>(
            'axe.run({ resultTypes: ["violations"], selectors: false, preload: false })',
          );
          for (const one of violations)
            faults.push(`${name}: ${one.id} (${one.impact}) ${one.nodes[0]?.html ?? ''}`);
          const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
          if (Number(overflow) > 0) faults.push(`${name}: ${Number(overflow)} px wider than the screen`);
        };
        for (const [path, ready] of VIEWS) {
          await page.goto(`${library.url}${path}`);
          await page.locator(ready).first().waitFor();
          await check(path);
        }
        await page.goto(library.url);
        await page.locator('.row').first().waitFor();
        await page.locator('.row input').first().click();
        await page.keyboard.press('i');
        await page.locator('textarea').fill('stage-nine.example\n999.1.1.1\ninvoice-portal-1.example');
        await check('import');
        await page.getByRole('button', { name: 'Find IOCs' }).click();
        await page.locator('.preview').waitFor();
        await check('preview');
        library.state.user = null;
        await page.goto(library.url);
        await page.getByLabel('Password').waitFor();
        await check('log-in');
        expect(faults).toEqual([]);
      },
    );
  });
});
