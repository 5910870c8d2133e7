import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../../shared/clock.js';
import type { Behaviour } from '../behaviour.js';
import { Catalog } from '../catalog.js';
import { startVirusTotalSimulator, type VirusTotalSimulator } from '../server.js';

// oxlint-disable-next-line typescript/no-explicit-any -- read member by member; a wrong guess fails the test
type Body = any;

const key = 'a'.repeat(64);
/** Digests of the four bytes `demo`. */
const demo = {
  md5: 'fe01ce2a7fbac8fafaed7c982a04e229',
  sha1: '89e495e7941cf9e40e6980d14a16bf023ccd4c91',
  sha256: '2a97516c354b68848cdbd8f54a226a0a55b21ed138e207ad6c5cbb9c00aa5aea',
};
const demoUrlId = 'cc1ccc1e36d6d8dfb22d67571db5ea6d3e12ceb0e8ee1ea51e4e4bc6b7c4bb8e';

const startTime = Date.parse('2025-06-01T12:00:00Z');
let elapsedMs = 0;
const clock: Clock = { now: () => new Date(startTime + elapsedMs) };

let running: VirusTotalSimulator | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

async function start(
  behaviour: Partial<Behaviour> = {},
  catalog = new Catalog(),
): Promise<VirusTotalSimulator> {
  elapsedMs = 0;
  running = await startVirusTotalSimulator({ clock, behaviour, catalog });
  return running;
}

async function ask(
  address: string,
  init: { method?: string; body?: FormData | URLSearchParams | string } = {},
): Promise<{ status: number; body: Body }> {
  const response = await fetch(address, { ...init, headers: { 'x-apikey': key } });
  const text = await response.text();
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
}

function fileForm(content = 'demo', field = 'file'): FormData {
  const form = new FormData();
  form.append(field, new Blob([content]), 'démo.bin');
  return form;
}

describe('submitting a file', () => {
  it('walks an unseen file from queued over in-progress to completed and then into the catalogue', async () => {
    const { url, log } = await start({ analyse: () => ({ malicious: 3 }) });
    const submitted = await ask(`${url}/files`, { method: 'POST', body: fileForm() });
    const id = 'ZmUwMWNlMmE3ZmJhYzhmYWZhZWQ3Yzk4MmEwNGUyMjk6MTc0ODc3OTIwMA==';
    const analysis = `${url}/analyses/${encodeURIComponent(id)}`;
    expect(submitted).toEqual({
      status: 200,
      body: { data: { type: 'analysis', id, links: { self: analysis } } },
    });

    const queued = (await ask(analysis)).body;
    expect(queued.meta).toEqual({ file_info: { ...demo, size: 4 } });
    expect(queued.data.links.item).toBe(`${url}/files/${demo.sha256}`);
    expect(queued.data.attributes).toMatchObject({ date: 1748779200, status: 'queued', results: {} });
    expect(queued.data.attributes.stats.malicious).toBe(0);
    expect((await ask(`${url}/files/${demo.sha256}`)).status).toBe(404);

    elapsedMs = 5_000;
    expect((await ask(analysis)).body.data.attributes.status).toBe('in-progress');
    elapsedMs = 15_000;
    const { attributes } = (await ask(analysis)).body.data;
    expect([attributes.status, attributes.stats.malicious]).toEqual(['completed', 3]);

    const report = (await ask(`${url}/files/${demo.md5}`)).body.data;
    expect(report.id).toBe(demo.sha256);
    expect(report.attributes).toMatchObject({
      ...demo,
      size: 4,
      names: ['démo.bin'],
      last_analysis_date: 1748779200,
      times_submitted: 1,
    });
    expect(report.attributes.last_analysis_stats.malicious).toBe(3);
    expect((await ask(`${analysis}/item`)).body.data.id).toBe(demo.sha256);
    // All of it is free for a file nobody had submitted, but the look-up by MD5.
    expect(log.quotaUnits).toBe(1);
  });

  it('walks by polls when told so', async () => {
    const { url } = await start({ analysisPace: { by: 'polls', queued: 1, inProgress: 2 } });
    const { id } = (await ask(`${url}/files`, { method: 'POST', body: fileForm() })).body.data;
    const statuses: string[] = [];
    for (let poll = 0; poll < 4; poll += 1)
      statuses.push(
        String((await ask(`${url}/analyses/${encodeURIComponent(String(id))}`)).body.data.attributes.status),
      );
    expect(statuses).toEqual(['queued', 'in-progress', 'in-progress', 'completed']);
    expect((await ask(`${url}/files/${demo.sha256}`)).status).toBe(200);
  });

  it('shows a pending file without verdicts when told so', async () => {
    const { url } = await start({ pendingFile: 'without-verdicts' });
    await ask(`${url}/files`, { method: 'POST', body: fileForm() });
    const pending = (await ask(`${url}/files/${demo.sha256}`)).body.data.attributes;
    expect(pending.md5).toBe(demo.md5);
    expect(pending).not.toHaveProperty('last_analysis_stats');
    elapsedMs = 15_000;
    const done = (await ask(`${url}/files/${demo.sha256}`)).body.data.attributes;
    expect(done).toHaveProperty('last_analysis_stats');
  });

  it('lets the report lag behind the completed analysis when told so', async () => {
    const { url } = await start({ reportLagMs: 3_000 });
    const { id } = (await ask(`${url}/files`, { method: 'POST', body: fileForm() })).body.data;
    elapsedMs = 15_000;
    const analysis = await ask(`${url}/analyses/${encodeURIComponent(String(id))}`);
    expect(analysis.body.data.attributes.status).toBe('completed');
    expect((await ask(`${url}/files/${demo.sha256}`)).status).toBe(404);
    elapsedMs = 18_000;
    expect((await ask(`${url}/files/${demo.sha256}`)).status).toBe(200);
  });

  it('returns the running analysis for a second submission, or 409 when told so', async () => {
    const { url, behaviour } = await start();
    const first = await ask(`${url}/files`, { method: 'POST', body: fileForm() });
    elapsedMs = 1_000;
    expect(await ask(`${url}/files`, { method: 'POST', body: fileForm() })).toEqual(first);
    behaviour.concurrentSubmission = 'conflict';
    const refused = await ask(`${url}/files`, { method: 'POST', body: fileForm() });
    expect([refused.status, refused.body.error.code]).toEqual([409, 'AlreadyExistsError']);
  });

  it('keeps the verdicts of a known file and charges for submitting it', async () => {
    const catalog = new Catalog();
    catalog.addFile({
      ...demo,
      times_submitted: 4,
      last_analysis_stats: { malicious: 60 },
      last_analysis_results: {},
    });
    const { url, log } = await start({}, catalog);
    await ask(`${url}/files`, { method: 'POST', body: fileForm() });
    expect(log.quotaUnits).toBe(1);
    elapsedMs = 15_000;
    expect((await ask(`${url}/files/${demo.sha256}`)).body.data.attributes).toMatchObject({
      times_submitted: 5,
      last_analysis_date: 1748779200,
      last_analysis_stats: { malicious: 60 },
    });
  });

  it('refuses a file above the limit with the page of the front end', async () => {
    const { url } = await start({ maxDirectUploadBytes: 1_000 });
    const within = await ask(`${url}/files`, { method: 'POST', body: fileForm('x'.repeat(1_000)) });
    const above = await ask(`${url}/files`, { method: 'POST', body: fileForm('x'.repeat(1_001)) });
    expect([within.status, above.status]).toEqual([200, 413]);
    expect(above.body).toContain('<html>');
  });

  it.each([
    ['no file part', fileForm('demo', 'document')],
    ['a form that is not multipart', new URLSearchParams({ file: 'demo' })],
    ['a JSON body', '{"file":"demo"}'],
  ])('refuses %s', async (_, body) => {
    const { url } = await start();
    expect((await ask(`${url}/files`, { method: 'POST', body })).status).toBe(400);
  });

  it('refuses a multipart body that breaks off', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/files`, {
      method: 'POST',
      headers: { 'x-apikey': key, 'content-type': 'multipart/form-data; boundary=b' },
      body: '--b\r\ncontent-disposition: form-data; name="file"; filename="x"\r\n\r\ndem',
    });
    expect(response.status).toBe(400);
  });
});

describe('the way of an upload', () => {
  it('is noted as far as it came, and nothing comes of one that breaks off', async () => {
    const { url, log, catalog, behaviour } = await start({ pendingFile: 'without-verdicts' });
    const arrived = new Promise<void>((resolve) => {
      behaviour.uploadPace = () => {
        resolve();
        return undefined;
      };
    });
    const stop = new AbortController();
    const body = new ReadableStream({
      start: (controller) => {
        controller.enqueue(
          Buffer.from('--b\r\ncontent-disposition: form-data; name="file"; filename="x"\r\n\r\ndemo'),
        );
      },
    });
    const upload = fetch(`${url}/files`, {
      method: 'POST',
      headers: { 'x-apikey': key, 'content-type': 'multipart/form-data; boundary=b' },
      body,
      duplex: 'half',
      signal: stop.signal,
    });
    await arrived;
    stop.abort();
    await expect(upload).rejects.toThrow();
    expect(log.entries[0]).toMatchObject({ uploadedBytes: 4, quotaUnits: 0 });
    expect(catalog.find('file', demo.sha256)).toBeUndefined();
  });

  it('is as slow as told', async () => {
    const { url, behaviour } = await start();
    let resume: (() => void) | undefined;
    const reached = new Promise<number>((resolve) => {
      behaviour.uploadPace = (bytes) => {
        resolve(bytes);
        return new Promise((go) => (resume = go));
      };
    });
    let answered = false;
    const upload = ask(`${url}/files`, { method: 'POST', body: fileForm() }).then((answer) => {
      answered = true;
      return answer;
    });
    expect([await reached, answered]).toEqual([4, false]);
    resume?.();
    expect((await upload).status).toBe(200);
  });
});

describe('upload URLs', () => {
  it('name another origin when told so', async () => {
    const { url } = await start({ uploadUrlOrigin: 'https://uploads.example.com' });
    const address = String((await ask(`${url}/files/upload_url`)).body.data);
    expect(address).toMatch(/^https:\/\/uploads\.example\.com\/_ah\/upload\/[\w-]+\/$/);
  });

  it('give a same-origin address that takes one larger file', async () => {
    const { url } = await start({ maxDirectUploadBytes: 1 });
    const address = String((await ask(`${url}/files/upload_url`)).body.data);
    expect(new URL(address).origin).toBe(new URL(url).origin);
    const uploaded = await ask(address, { method: 'POST', body: fileForm() });
    expect(uploaded.body.data.type).toBe('analysis');
    expect((await ask(address, { method: 'POST', body: fileForm() })).status).toBe(404);
  });

  it('expire after an hour', async () => {
    const { url } = await start();
    const address = String((await ask(`${url}/files/upload_url`)).body.data);
    elapsedMs = 3_600_000;
    expect((await ask(address, { method: 'POST', body: fileForm() })).status).toBe(404);
  });
});

describe('submitting a URL', () => {
  it('takes a form and names the canonical URL in the analysis', async () => {
    const { url } = await start();
    const body = new URLSearchParams({ url: 'EXAMPLE.com/demo?token=1#x' });
    const { id } = (await ask(`${url}/urls`, { method: 'POST', body })).body.data;
    const { meta } = (await ask(`${url}/analyses/${String(id)}`)).body;
    expect(meta.url_info.url).toBe('http://example.com/demo?token=1');
    expect(id).toBe(`u-${String(meta.url_info.id)}-1748779200`);
    elapsedMs = 15_000;
    const report = (await ask(`${url}/urls/${String(meta.url_info.id)}`)).body.data.attributes;
    expect(report).toMatchObject({ url: 'http://example.com/demo?token=1', tld: 'com', times_submitted: 1 });
  });

  it('refuses JSON, a missing field and a URL that cannot be canonicalised', async () => {
    const { url } = await start();
    const json = await ask(`${url}/urls`, { method: 'POST', body: '{"url":"http://example.com/"}' });
    const empty = await ask(`${url}/urls`, { method: 'POST', body: new URLSearchParams() });
    const bad = await ask(`${url}/urls`, { method: 'POST', body: new URLSearchParams({ url: 'ftp://x' }) });
    expect([json.status, empty.status, bad.status]).toEqual([400, 400, 400]);
    expect(bad.body.error).toEqual({ code: 'InvalidArgumentError', message: 'Unable to canonicalize url' });
  });
});

describe('asking for another analysis', () => {
  it('analyses a never-seen domain and address under opaque ids', async () => {
    const { url } = await start();
    const domain = await ask(`${url}/domains/evil.example.com/analyse`, { method: 'POST' });
    const address = await ask(`${url}/ip_addresses/1.2.3.4/analyse`, { method: 'POST' });
    expect(domain.body.data.id).toMatch(/^d-[0-9a-f]{64}-1748779200$/);
    expect(address.body.data.id).toMatch(/^i-[0-9a-f]{64}-1748779200$/);
    elapsedMs = 15_000;
    const report = (await ask(`${url}/domains/evil.example.com`)).body.data.attributes;
    expect(report.last_analysis_date).toBe(1748779200);
  });

  it('answers 404 for a file or URL it does not know', async () => {
    const { url } = await start();
    for (const path of [`/files/${demo.sha256}/analyse`, `/urls/${demoUrlId}/analyse`])
      expect((await ask(`${url}${path}`, { method: 'POST' })).status).toBe(404);
  });

  it('updates the date of a known file and charges for following it', async () => {
    const catalog = new Catalog();
    catalog.addFile({ ...demo, last_analysis_date: 1 });
    const { url, log } = await start({}, catalog);
    const { id } = (await ask(`${url}/files/${demo.md5}/analyse`, { method: 'POST' })).body.data;
    elapsedMs = 15_000;
    expect((await ask(`${url}/analyses/${String(id)}`)).body.data.attributes.status).toBe('completed');
    expect((await ask(`${url}/files/${demo.sha256}`)).body.data.attributes.last_analysis_date).toBe(
      1748779200,
    );
    expect(log.quotaUnits).toBe(3);
  });
});
