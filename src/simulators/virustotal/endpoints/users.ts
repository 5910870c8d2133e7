import type { JsonObject } from '../../../shared/json.js';
import { badRequest, forbidden, presentObject } from '../envelope.js';
import type { Answer, Exchange, Route } from '../exchange.js';
import { fileEngines, netEngines } from '../engine-verdicts.js';
import type { Account, KeyKind } from '../keys.js';
import { type QuotaLedger, unlimited } from '../quota.js';
import { relationshipNames } from '../relationship-rules.js';

const dayMs = 86_400_000;

/** Privileges a user of this kind has, as far as anything here depends on them. */
const privilegesOf: Readonly<Record<KeyKind, readonly string[]>> = {
  inactive: [],
  public: ['click_to_accept'],
  premium: ['click_to_accept', 'private', 'intelligence'],
  gti: ['click_to_accept', 'private', 'intelligence', 'ioc-stream'],
};

/** `/users/…`: free, for the own account only. And `/metadata`. */
export function userRoutes(): Route[] {
  return [
    {
      method: 'GET',
      pattern: '/users/:id',
      handle: (exchange) => ({
        data: presentObject(exchange.origin, userObject(ownAccount(exchange), exchange.at)),
      }),
    },
    {
      method: 'GET',
      pattern: '/users/:id/overall_quotas',
      handle: (exchange) => ({ data: overallQuotas(ownAccount(exchange), exchange.at) }),
    },
    {
      method: 'GET',
      pattern: '/users/:id/api_usage',
      handle: (exchange) => apiUsage(ownAccount(exchange), exchange),
    },
    { method: 'GET', pattern: '/metadata', handle: metadata },
  ];
}

/** A user is addressed by name or by key. The answer never repeats what was asked: it may be somebody's key. */
function ownAccount({ account, params }: Exchange): Account {
  if (params.id !== account.user && params.id !== account.key) throw forbidden();
  return account;
}

function userObject(account: Account, at: Date): { type: string; id: string; attributes: JsonObject } {
  const privileges = Object.fromEntries(
    ['click_to_accept', 'private', 'intelligence', 'ioc-stream'].map((name) => [
      name,
      { granted: privilegesOf[account.kind].includes(name) },
    ]),
  );
  const quotas = Object.fromEntries(windowsOf(account.ledger, at).map(([name, quota]) => [name, quota]));
  return {
    type: 'user',
    id: account.user,
    attributes: {
      first_name: 'Demo',
      last_name: 'User',
      email: `${account.user}@example.com`,
      apikey: account.key,
      status: 'active',
      user_since: 1_500_000_000,
      has_2fa: true,
      reputation: 1,
      privileges,
      quotas: { ...quotas, intelligence_searches_monthly: { allowed: 0, used: 0 } },
    },
  };
}

function overallQuotas(account: Account, at: Date): JsonObject {
  const { group } = account;
  const groupWindows = new Map(group === undefined ? [] : windowsOf(group.ledger, at));
  const windows = windowsOf(account.ledger, at).map(([name, user]) => {
    const shared = groupWindows.get(name);
    return [
      name,
      shared === undefined ? { user } : { user, group: { ...shared, inherited_from: group?.name } },
    ];
  });
  return {
    ...(Object.fromEntries(windows) as JsonObject),
    intelligence_searches_monthly: { user: { allowed: 0, used: 0 } },
  };
}

/** The windows the API shows. There is none for the minute. */
function windowsOf(ledger: QuotaLedger, at: Date): [string, { allowed: number; used: number }][] {
  const { perMinute, perDay, perMonth } = ledger.limits;
  const use = ledger.use(at);
  return [
    [
      'api_requests_hourly',
      { allowed: perMinute === undefined ? unlimited : perMinute * 60, used: use.hour },
    ],
    ['api_requests_daily', { allowed: perDay ?? unlimited, used: use.day }],
    ['api_requests_monthly', { allowed: perMonth ?? unlimited, used: use.month }],
  ];
}

function apiUsage(account: Account, { query, at }: Exchange): Answer {
  const end = readDate(query.get('end_date')) ?? at;
  const start = readDate(query.get('start_date')) ?? new Date(end.getTime() - 29 * dayMs);
  const days = Math.round((end.getTime() - start.getTime()) / dayMs) + 1;
  if (days < 1 || days > 30 || at.getTime() - start.getTime() > 60 * dayMs)
    throw badRequest('The dates must span at most 30 of the last 60 days');
  const daily: Record<string, Record<string, number>> = {};
  const total: Record<string, number> = {};
  for (let day = 0; day < days; day += 1) {
    const date = new Date(start.getTime() + day * dayMs).toISOString().slice(0, 10);
    const counters = account.usage.get(date) ?? {};
    daily[date] = counters;
    for (const [counter, count] of Object.entries(counters)) total[counter] = (total[counter] ?? 0) + count;
  }
  return { data: { daily, total } };
}

function readDate(text: string | null): Date | undefined {
  if (text === null) return undefined;
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})$/.exec(text) ?? [];
  const date = new Date(`${year ?? ''}-${month ?? ''}-${day ?? ''}T00:00:00Z`);
  if (Number.isNaN(date.getTime())) throw badRequest('Dates are written YYYYMMDD');
  return date;
}

function metadata(): Answer {
  const engines = Object.fromEntries([...fileEngines, ...netEngines].map((engine) => [engine, {}]));
  const relationships = Object.fromEntries(
    Object.entries(relationshipNames()).map(([type, names]) => [
      type,
      names.map((name) => ({ name, description: `Simulated ${name}` })),
    ]),
  );
  return { data: { engines, privileges: privilegesOf.gti, relationships } };
}
