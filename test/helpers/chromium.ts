import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { installDebianPackage } from './debian-package.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Path of the installed Chromium: `CHROMIUM_PATH`, or the first of the usual names on the path. */
export function findChromium(): string {
  const given = process.env.CHROMIUM_PATH;
  if (given !== undefined && given !== '') {
    if (existsSync(given)) return given;
    throw new Error(`CHROMIUM_PATH names ${given}, which does not exist.`);
  }
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((one) =>
    existsSync(one),
  );
  if (found !== undefined) return found;
  throw new Error(
    'The tests of the page need Chromium. Install it (on Debian or Ubuntu: apt-get install chromium), or name it in CHROMIUM_PATH.',
  );
}

/**
 * A headless browser that talks to nobody on its own account; Debian's package is installed when there is none.
 *
 * @throws {Error} saying how to get one.
 */
export async function startChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: await findOrInstall(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
}

async function findOrInstall(): Promise<string> {
  try {
    return findChromium();
  } catch (error) {
    const isInstalled = await installDebianPackage('chromium', (message) => {
      process.stderr.write(`chromium: ${message}\n`);
    });
    if (!isInstalled) throw error;
    return findChromium();
  }
}
