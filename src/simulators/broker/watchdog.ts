import { spawn } from 'node:child_process';

/**
 * Cleans up after this process however it ends, even by SIGKILL: a shell waits for the end of its standard
 * input, which closes when this process is gone, and then runs the script.
 *
 * @param script - POSIX shell; `$1`, `$2`… are the arguments.
 * @returns Calls the watchdog off; to be used after an orderly clean-up.
 */
export function cleanUpWhenWeAreGone(script: string, args: readonly string[]): () => void {
  const shell = spawn('sh', ['-c', `cat > /dev/null\n${script}`, 'watchdog', ...args], {
    // A group of its own: Ctrl-C in the terminal must not end the watchdog before it has done its duty.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  shell.unref();
  (shell.stdin as unknown as { unref?: () => void }).unref?.();
  return () => {
    shell.kill('SIGKILL');
  };
}
