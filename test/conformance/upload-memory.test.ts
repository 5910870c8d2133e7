import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../src/simulators/platform/file-bytes.js';
import { startPlatformSimulator } from '../../src/simulators/platform/simulator.js';
import { startVirusTotalSimulator } from '../../src/simulators/virustotal/server.js';

const LOADER = new URL('../helpers/typescript-loader.mjs', import.meta.url).href;
const WORKER = fileURLToPath(new URL('../helpers/upload-worker.ts', import.meta.url));
const MB = 1024 * 1024;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

describe('an upload of 100 MB', () => {
  it('takes less than 20 MB of memory, and every byte arrives', async () => {
    const platform = await startPlatformSimulator();
    const virusTotal = await startVirusTotalSimulator({ behaviour: { pendingFile: 'without-verdicts' } });
    closing.push(
      () => platform.close(),
      () => virusTotal.close(),
    );
    const artifactOf = (name: string, sizeBytes: number): { id: string; sha256: string } => {
      const content = { sizeBytes, seed: name };
      const sha256 = digestOf(content, 'sha256');
      const hashes = { 'SHA-256': sha256 };
      const artifact = platform.addObservable('Artifact', { hashes }, { files: [{ name, content }] });
      return { id: artifact.standardId, sha256 };
    };
    const small = artifactOf('small.bin', 8 * MB);
    const large = artifactOf('large.bin', 100 * MB);

    // A process of its own: this one makes and hashes the bytes.
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--import',
      LOADER,
      WORKER,
      ...[platform.url, platform.token, virusTotal.url, small.id, large.id],
    ]);

    const growth = JSON.parse(stdout) as Record<'rss' | 'heapUsed' | 'external' | 'arrayBuffers', number>;
    for (const [kind, bytes] of Object.entries(growth))
      expect(bytes / MB, `growth of ${kind} in MB`).toBeLessThan(20);
    expect(virusTotal.catalog.find('file', large.sha256)?.attributes.size).toBe(100 * MB);
  });
});
