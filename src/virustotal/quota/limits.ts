import type { KeyQuota, QuotaUse } from '../schema.js';

/** Look-ups that may be made in each window; `undefined`: no limit. */
export interface QuotaLimits {
  readonly perMinute: number | undefined;
  readonly perHour: number | undefined;
  readonly perDay: number | undefined;
  readonly perMonth: number | undefined;
}

/** What the operator configured. `0`: no limit of ours, only VirusTotal's; `auto`: the figure VirusTotal tells. */
export interface QuotaOptions {
  readonly perMinute: number;
  readonly perDay: number | 'auto';
  readonly perMonth: number | 'auto';
}

/** What VirusTotal allows, as last read; a window that is missing is one VirusTotal names no limit for. */
export interface AllowedQuota {
  readonly hour?: number;
  readonly day?: number;
  readonly month?: number;
}

/** A public key (https://docs.virustotal.com/reference/public-vs-premium-api). */
export const publicQuota = { perMinute: 4, perDay: 500, perMonth: 15_500 } as const satisfies QuotaOptions;

/** Accounts without a limit show a number of this size (99000000), which means nothing. */
const UNLIMITED_FROM = 90_000_000;

/** The limits in `GET /users/{key}/overall_quotas`. */
export function allowedQuota(remote: KeyQuota): AllowedQuota {
  const [hour, day, month] = [remote.hourly, remote.daily, remote.monthly].map(limitOf);
  return {
    ...(hour === undefined ? {} : { hour }),
    ...(day === undefined ? {} : { day }),
    ...(month === undefined ? {} : { month }),
  };
}

/**
 * The limits that hold: of what is configured and what VirusTotal allows, the tighter. VirusTotal tells no limit per
 * minute; its hour is sixty times the minute.
 *
 * @param allowed - `undefined` while VirusTotal has not been asked; `auto` means a public key until then.
 */
export function quotaLimits(options: QuotaOptions, allowed: AllowedQuota | undefined): QuotaLimits {
  const ofMinute = allowed?.hour === undefined ? undefined : Math.ceil(allowed.hour / 60);
  return {
    perMinute: tighter(configured(options.perMinute), ofMinute),
    perHour: allowed?.hour,
    perDay: tighter(
      configured(options.perDay, allowed === undefined ? publicQuota.perDay : undefined),
      allowed?.day,
    ),
    perMonth: tighter(
      configured(options.perMonth, allowed === undefined ? publicQuota.perMonth : undefined),
      allowed?.month,
    ),
  };
}

/**
 * A limit of 0 is taken for "not told": members of a group can show one for themselves. If it is meant, VirusTotal
 * refuses the first look-up, at no cost.
 */
function limitOf(use: QuotaUse | undefined): number | undefined {
  return use === undefined || use.allowed <= 0 || use.allowed >= UNLIMITED_FROM ? undefined : use.allowed;
}

function configured(option: number | 'auto', auto?: number): number | undefined {
  if (option === 'auto') return auto;
  return option > 0 ? option : undefined;
}

function tighter(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
