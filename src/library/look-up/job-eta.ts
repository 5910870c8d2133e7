/** An item of a job that has ended. */
export interface ItemPassed {
  /** Milliseconds, by the same clock as {@link EtaFacts.nowMs}. */
  readonly atMs: number;
  /** Whether it took a look-up from the quota; what the cache answers does not. */
  readonly isPaid: boolean;
}

/** Look-ups that are left until a moment, and how many there are anew then, and again after each further period. */
export interface LookUpsLeft {
  readonly left: number;
  readonly limit: number;
  readonly resetsAtMs: number;
  readonly periodMs: number;
}

/** What is known of a job that is not over. */
export interface EtaFacts {
  /** Items that have not ended. */
  readonly remaining: number;
  readonly nowMs: number;
  /** The last items that ended, the oldest first; empty when none has. */
  readonly passed: readonly ItemPassed[];
  /** When a waiting job goes on. */
  readonly resumesAtMs?: number | undefined;
  /** Look-ups a minute that the key allows. */
  readonly perMinute?: number | undefined;
  /** Of every quota and budget that has a limit. */
  readonly windows: readonly LookUpsLeft[];
}

const MINUTE_MS = 60_000;

/**
 * When a job is probably done: as fast as its last items, and no faster than quotas and budgets allow.
 *
 * @returns Seconds; `null` while nothing tells.
 */
export function etaSeconds(facts: EtaFacts): number | null {
  const { remaining, nowMs, resumesAtMs = nowMs, perMinute, windows } = facts;
  if (remaining <= 0) return 0;
  const lookUps = remaining * paidShare(facts.passed);
  const atPace = paceMs(facts);
  const atQuota = perMinute === undefined ? undefined : (lookUps / perMinute) * MINUTE_MS;
  if (atPace === undefined && atQuota === undefined) return null;
  const running = Math.max(atPace ?? 0, atQuota ?? 0);
  const each = running / remaining;
  const longest = Math.max(
    Math.max(0, resumesAtMs - nowMs) + running,
    ...windows.map((window) => throughWindows(window, lookUps, nowMs, each)),
  );
  return Math.ceil(longest / 1000);
}

/** How long it takes when look-ups have to wait for the next periods. */
function throughWindows(window: LookUpsLeft, lookUps: number, nowMs: number, eachMs: number): number {
  const { left, limit, resetsAtMs, periodMs } = window;
  const beyond = lookUps - Math.max(0, left);
  if (beyond <= 0 || limit <= 0) return 0;
  const fullPeriods = Math.ceil(beyond / limit) - 1;
  return Math.max(0, resetsAtMs - nowMs) + fullPeriods * periodMs + (beyond - fullPeriods * limit) * eachMs;
}

function paceMs({ remaining, passed, nowMs }: EtaFacts): number | undefined {
  const [first] = passed;
  // Until now, not until the last one: when nothing ends any more, the pace falls.
  return first === undefined || passed.length < 2
    ? undefined
    : (remaining * (nowMs - first.atMs)) / (passed.length - 1);
}

function paidShare(passed: readonly ItemPassed[]): number {
  return passed.length === 0 ? 1 : passed.filter(({ isPaid }) => isPaid).length / passed.length;
}
