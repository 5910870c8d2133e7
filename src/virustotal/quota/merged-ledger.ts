import {
  presentUse,
  type QuotaLedger,
  type RecentUnits,
  rolled,
  type WindowUse,
  withPresent,
} from './ledger.js';
import type { UtcWindow } from './utc-window.js';

/** Two records of one key that have parted: this process could not reach the store for a while. */
export interface PartedLedgers {
  /** The record as both last had it; empty when this process never saw one. */
  readonly base: QuotaLedger;
  /** What this process made of it. */
  readonly memory: QuotaLedger;
  /** What others made of it in the store meanwhile. */
  readonly primary: QuotaLedger;
}

/**
 * One record of two that have parted: what was spent here meanwhile comes on top of what others spent. Never less than
 * either, even if the store lost what it had, or units were put back. Figures that VirusTotal told are not added up: the
 * tighter one counts.
 */
export function mergedLedger({ base, memory, primary }: PartedLedgers, now: Date): QuotaLedger {
  const parted = [base, memory, primary].map((ledger) => rolled(ledger, now));
  // One whose clock is a little ahead may have begun a window that the others have not.
  const at = new Date(Math.max(...parted.map((ledger) => ledger.at)));
  const [before = base, ours = memory, theirs = primary] = parted.map((ledger) => rolled(ledger, at));
  const windows = (window: UtcWindow): readonly WindowUse[] => {
    const [was, own] = [presentUse(before, window), presentUse(ours, window)];
    return withPresent(theirs[window], (use) => ({
      id: use.id,
      spent: sumOf(was.spent, own.spent, use.spent),
      manual: sumOf(was.manual, own.manual, use.manual),
      elsewhere: Math.max(own.elsewhere, use.elsewhere),
    }));
  };
  const ourBlockLasts = (ours.block?.until ?? 0) > (theirs.block?.until ?? 0);
  return {
    ...theirs,
    recent: mergedUnits(before.recent, ours.recent, theirs.recent),
    hour: windows('hour'),
    day: windows('day'),
    month: windows('month'),
    allowed: ours.allowed ?? theirs.allowed,
    block: ourBlockLasts ? ours.block : theirs.block,
  };
}

/** A count in the store after what was counted here since the base was added. */
function sumOf(base: number, memory: number, primary: number): number {
  return Math.max(memory, primary, primary + memory - base);
}

function mergedUnits(
  base: readonly RecentUnits[],
  memory: readonly RecentUnits[],
  primary: readonly RecentUnits[],
): readonly RecentUnits[] {
  const [before, ours, theirs] = [new Map(base), new Map(memory), new Map(primary)];
  const starts = [...new Set([...ours.keys(), ...theirs.keys()])].sort((a, b) => a - b);
  return starts.map((start) => [
    start,
    sumOf(before.get(start) ?? 0, ours.get(start) ?? 0, theirs.get(start) ?? 0),
  ]);
}
