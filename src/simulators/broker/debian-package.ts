import { access, rm, writeFile } from 'node:fs/promises';
import type { BrokerLog } from './broker.js';
import { runCommand } from './command.js';

const APT_TIMEOUT_MS = 600_000;
/** Asked by Debian's maintainer scripts before they start a service; status 101 forbids it (invoke-rc.d(8)). */
const SERVICE_POLICY = '/usr/sbin/policy-rc.d';

/**
 * Installs Debian's rabbitmq-server package without starting its service. Only for root on Debian and its
 * derivatives; elsewhere, or when the installation fails, answers `false`.
 */
export async function installDebianPackage(log: BrokerLog): Promise<boolean> {
  if (process.getuid?.() !== 0 || !(await exists('/usr/bin/apt-get'))) return false;
  log('installing rabbitmq-server with apt-get');
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const liftPolicy = await forbidServiceStart();
  try {
    await runCommand('apt-get', ['update'], { timeoutMs: APT_TIMEOUT_MS, env });
    const install = await runCommand(
      'apt-get',
      ['install', '-y', '--no-install-recommends', 'rabbitmq-server'],
      { timeoutMs: APT_TIMEOUT_MS, env },
    );
    if (!install.ok) log(`apt-get could not install rabbitmq-server: ${install.stderr.trim().slice(-500)}`);
    return install.ok;
  } finally {
    await liftPolicy();
  }
}

async function forbidServiceStart(): Promise<() => Promise<void>> {
  if (await exists(SERVICE_POLICY)) return () => Promise.resolve();
  await writeFile(SERVICE_POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  return () => rm(SERVICE_POLICY, { force: true });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
