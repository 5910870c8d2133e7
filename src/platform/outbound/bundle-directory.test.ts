import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordedLogger } from '../../../test/helpers/recorded-logger.js';
import { BundleDirectory } from './bundle-directory.js';

const NOW = new Date('2026-03-04T05:06:07.089Z');
const DAY_MS = 86_400_000;

let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'bundles-'));
});
afterEach(async () => {
  await rm(path, { recursive: true, force: true });
});

function directory(changes: { path?: string; retentionDays?: number; connectorName?: string } = {}) {
  const { logger, lines } = recordedLogger();
  const created = new BundleDirectory({
    path,
    retentionDays: 7,
    connectorName: 'Virus Total',
    clock: { now: () => NOW },
    logger,
    ...changes,
  });
  return { created, lines };
}

async function oldFile(name: string, ageDays: number): Promise<void> {
  await writeFile(join(path, name), '{}');
  const modified = new Date(NOW.getTime() - ageDays * DAY_MS);
  await utimes(join(path, name), modified, modified);
}

describe('BundleDirectory', () => {
  it('names files after the connector and the moment, and leaves nothing unfinished behind', async () => {
    const name = await directory().created.write({ bundle: { type: 'bundle' } });
    expect(name).toBe('virus_total-20260304-050607-1772600767.089000.json');
    expect(await readdir(path)).toEqual([name]);
    expect(await readFile(join(path, name), 'utf8')).toBe('{"bundle":{"type":"bundle"}}');
  });

  it('gives every bundle of the same moment a file of its own', async () => {
    const { created } = directory();
    const names = await Promise.all(Array.from({ length: 20 }, (_, index) => created.write({ index })));
    expect(new Set(names).size).toBe(20);
    expect((await readdir(path)).toSorted()).toEqual(names.toSorted());
    expect(names.toSorted()[19]).toBe('virus_total-20260304-050607-1772600767.089019.json');
  });

  it('does not write over what another process is writing under the same name', async () => {
    await writeFile(join(path, 'virus_total-20260304-050607-1772600767.089000.json.tmp'), 'half');
    expect(await directory().created.write({})).toBe('virus_total-20260304-050607-1772600767.089001.json');
  });

  it('stays in the directory, whatever the connector is called', async () => {
    const name = await directory({ connectorName: '../Up/and away' }).created.write({});
    expect(name).toBe('.._up_and_away-20260304-050607-1772600767.089000.json');
  });

  it('deletes its own files that are too old, and nothing else', async () => {
    await oldFile('virus_total-20260201-000000-1769904000.5.json', 7.1);
    await oldFile('virus_total-20260201-000000-1769904000.6.json.tmp', 7.1);
    await oldFile('virus_total-20260302-000000-1772400000.5.json', 6.9);
    await oldFile('another-20260201-000000-1769904000.5.json', 30);
    await oldFile('virus_total-notes.json', 30);
    const name = await directory().created.write({});
    expect((await readdir(path)).toSorted()).toEqual(
      [
        name,
        'another-20260201-000000-1769904000.5.json',
        'virus_total-20260302-000000-1772400000.5.json',
        'virus_total-notes.json',
      ].toSorted(),
    );
  });

  it('keeps everything for ever when it is told so', async () => {
    await oldFile('virus_total-20200201-000000-1580515200.5.json', 2_000);
    await directory({ retentionDays: 0 }).created.write({});
    expect(await readdir(path)).toHaveLength(2);
  });

  it('says which directory cannot be written, why, and what to do', async () => {
    const missing = join(path, 'missing');
    const { created } = directory({ path: missing });
    await expect(created.write({})).rejects.toMatchObject({
      kind: 'configuration',
      message: expect.stringMatching(
        /^the bundle could not be written into the directory .*missing \(ENOENT: .*\); see to it that CONNECTOR_SEND_TO_DIRECTORY_PATH exists, can be written and has room$/s,
      ) as string,
    });
    await expect(stat(missing)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
