import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What a process has used since it began. */
export interface ProcessUsage {
  /** User and system time of all its threads, in milliseconds; it moves in steps of a clock tick, usually 10 ms. */
  readonly cpuMs: number;
  /** Memory that is resident now, in megabytes (2^20 bytes). */
  readonly residentMb: number;
  /** The most that was ever resident, in megabytes, as the kernel has kept count of it. */
  readonly peakMb: number;
}

const TICK_MS = 1_000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/**
 * Reads the kernel's account of a process (proc(5)), which costs the process itself nothing.
 *
 * @throws Error where there is no such process, or no `/proc`: these measurements need Linux.
 */
export function usageOf(pid: number): ProcessUsage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the name of the program in parentheses, which may hold spaces; user time is field 14.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])];
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    cpuMs: (userTicks + systemTicks) * TICK_MS,
    residentMb: kilobytes(status, 'VmRSS') / 1024,
    peakMb: kilobytes(status, 'VmHWM') / 1024,
  };
}

function kilobytes(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? NaN);
}
