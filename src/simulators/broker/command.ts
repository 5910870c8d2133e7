import { spawn } from 'node:child_process';

/** How a command ended. */
export interface CommandResult {
  /** Whether it could be started and ended with status 0. */
  ok: boolean;
  stdout: string;
  stderr: string;
}

/** Runs a command to its end; never throws. A command that exceeds `timeoutMs` is killed and counts as failed. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: { timeoutMs: number; env?: NodeJS.ProcessEnv },
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs);
    const end = (ok: boolean): void => {
      clearTimeout(timer);
      resolve({ ok, stdout, stderr });
    };
    child.on('error', () => {
      end(false);
    });
    child.on('close', (status) => {
      end(status === 0);
    });
  });
}
