import { access, rm, writeFile } from 'node:fs/promises';
import { runCommand } from '../../src/simulators/broker/command.js';

const APT_TIMEOUT_MS = 600_000;
/** Asked by Debian's maintainer scripts before they start a service; status 101 forbids it (invoke-rc.d(8)). */
const SERVICE_POLICY = '/usr/sbin/policy-rc.d';

/**
 * Installs a server's package without starting its service. Only for root on Debian and its derivatives; elsewhere, or
 * when the installation fails, answers `false`.
 */
export async function installDebianPackage(name: string, log: (message: string) => void): Promise<boolean> {
  if (process.getuid?.() !== 0 || !(await exists('/usr/bin/apt-get'))) return false;
  log(`installing ${name} with apt-get`);
  const settings = { timeoutMs: APT_TIMEOUT_MS, env: { DEBIAN_FRONTEND: 'noninteractive' } };
  const isForbidden = await exists(SERVICE_POLICY);
  if (!isForbidden) await writeFile(SERVICE_POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await runCommand('apt-get', ['update'], settings);
    const install = await runCommand(
      'apt-get',
      // Another test run may be installing at this moment.
      ['-o', 'DPkg::Lock::Timeout=300', 'install', '-y', '--no-install-recommends', name],
      settings,
    );
    if (!install.ok) log(`apt-get could not install ${name}: ${install.stderr.trim().slice(-500)}`);
    return install.ok;
  } finally {
    if (!isForbidden) await rm(SERVICE_POLICY, { force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
