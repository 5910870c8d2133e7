import { constants } from 'node:fs';
import { access, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Where RabbitMQ's own start script is kept. A distribution's wrapper on the PATH is no use: it changes user and
 * writes to the system's folders.
 */
const KNOWN_SCRIPTS = [
  // Debian, Ubuntu, Fedora, openSUSE
  '/usr/lib/rabbitmq/bin/rabbitmq-server',
  '/usr/lib64/rabbitmq/bin/rabbitmq-server',
  // Homebrew (Apple silicon, Intel, Linux)
  '/opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server',
  '/usr/local/opt/rabbitmq/sbin/rabbitmq-server',
  '/home/linuxbrew/.linuxbrew/opt/rabbitmq/sbin/rabbitmq-server',
  // Official container image, generic Unix archive
  '/opt/rabbitmq/sbin/rabbitmq-server',
  // FreeBSD, Nix
  '/usr/local/lib/rabbitmq/sbin/rabbitmq-server',
  '/run/current-system/sw/bin/rabbitmq-server',
];

/** Folders that hold one folder per installed version, `rabbitmq_server-3.12.1`. */
const VERSION_FOLDERS = ['/usr/lib/rabbitmq/lib', '/usr/lib64/rabbitmq/lib', '/opt', '/usr/share'];

/** The start script of an installed RabbitMQ, or `undefined`. */
export async function findInstalledServer(): Promise<string | undefined> {
  for (const script of [...KNOWN_SCRIPTS, ...(await versionedScripts())]) {
    if (await isExecutable(script)) return realpath(script);
  }
  return undefined;
}

async function versionedScripts(): Promise<string[]> {
  const scripts: string[] = [];
  for (const folder of VERSION_FOLDERS) {
    const names = await readdir(folder).catch(() => []);
    const versions = names.filter((name) => /^rabbitmq[_-]server-\d/.test(name)).sort();
    scripts.push(...versions.reverse().map((name) => join(folder, name, 'sbin', 'rabbitmq-server')));
  }
  return scripts;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
