import type { Usage, UsageWindow } from '../api.js';
import { comeBack, number } from './words.js';

export type Level = 'calm' | 'near' | 'spent';

const NEAR = 0.8;

/** How close the limit is: near from four fifths. */
export function levelOf(window: UsageWindow): Level {
  if (window.limit === null) return 'calm';
  if (window.used >= window.limit) return 'spent';
  return window.used >= window.limit * NEAR ? 'near' : 'calm';
}

/** `120 of 500`, `120` without a limit. */
export function usedOf(window: UsageWindow): string {
  return window.limit === null ? number(window.used) : `${number(window.used)} of ${number(window.limit)}`;
}

export interface NamedWindow {
  readonly name: string;
  readonly window: UsageWindow;
}

/** Every window, the key's first. */
export function windowsOf(usage: Usage): readonly NamedWindow[] {
  return [
    { name: 'Key, this minute', window: usage.key.perMinute },
    { name: 'Key, today', window: usage.key.perDay },
    { name: 'Key, this month', window: usage.key.perMonth },
    { name: 'Organisation, today', window: usage.organisation.day },
    { name: 'Organisation, this month', window: usage.organisation.month },
  ];
}

export interface LimitWarning {
  readonly level: Level;
  readonly text: string;
}

/** A sentence on the limits of a day or longer that are near or spent; `null` while all is well. */
export function limitWarning(usage: Usage, now: Date): LimitWarning | null {
  const tight = windowsOf(usage)
    .slice(1)
    .map((one) => ({ ...one, level: levelOf(one.window) }))
    .sort((a, b) => Number(b.level === 'spent') - Number(a.level === 'spent'))
    .find((one) => one.level !== 'calm');
  if (tight === undefined) return null;
  const resets = tight.window.resetsAt;
  const when = resets == null ? '' : ` It resets ${comeBack(new Date(resets), now)}.`;
  const what = tight.level === 'spent' ? 'is spent' : 'is nearly spent';
  return { level: tight.level, text: `${tight.name}: the limit ${what} (${usedOf(tight.window)}).${when}` };
}
