import { publicDomainName } from './domain-name.js';
import { isHiddenEmail, isHiddenName } from './hidden-registrant.js';
import type { Whois } from './schema-intelligence.js';

/** Real records have some tens of kilobytes (VirusTotal reference §3.5); what lies beyond is not read. */
const MAX_TEXT = 100_000;
const MAX_KEY = 60;
const MAX_VALUE = 300;
/** Lines with a key that is read; real records have some dozens. */
const MAX_LINES = 200;
/** Of each list; real records have a dozen at most. */
const MAX_ENTRIES = 20;

type TextField = 'registrar' | 'organization' | 'netName' | 'netRange' | 'country';
type ListField = 'emails' | 'abuseContacts' | 'nameServers' | 'statuses';
type DateField = 'createdAt' | 'updatedAt' | 'expiresAt';

interface Key {
  readonly field: TextField | ListField | DateField;
  /** Of keys for one text, the lowest counts. */
  readonly rank: number;
}

/**
 * The keys that are read, in lower case, as registries and registrars write them, those that say it best first;
 * everything else is left out.
 */
const KEYS: ReadonlyMap<string, Key> = new Map(
  Object.entries({
    registrar: ['registrar', 'registrar name', 'sponsoring registrar'],
    organization: [
      'registrant organization',
      'registrant organisation',
      'orgname',
      'org-name',
      'custname',
      'owner',
      'registrant',
      'organization',
      'organisation',
    ],
    emails: ['registrant email', 'registrant e-mail', 'registrant contact email'],
    abuseContacts: [
      'registrar abuse contact email',
      'abuse contact email',
      'orgabuseemail',
      'abuse-mailbox',
      'abuse contact',
    ],
    nameServers: ['name server', 'name servers', 'nameserver', 'nameservers', 'nserver'],
    createdAt: [
      'creation date',
      'created',
      'created on',
      'create date',
      'created date',
      'registered',
      'registered on',
      'registered date',
      'registration date',
      'registration time',
      'regdate',
    ],
    updatedAt: [
      'updated date',
      'update date',
      'updated',
      'last updated',
      'last modified',
      'last-modified',
      'changed',
    ],
    expiresAt: [
      'registry expiry date',
      'registrar registration expiration date',
      'expiration date',
      'expiration time',
      'expiry date',
      'expire date',
      'expires',
      'expires on',
      'paid-till',
    ],
    statuses: ['domain status', 'status'],
    netName: ['netname'],
    netRange: ['netrange', 'inetnum', 'inet6num'],
    country: ['registrant country', 'country'],
  } satisfies Record<TextField | ListField | DateField, readonly string[]>).flatMap(([field, keys]) =>
    keys.map((key, rank) => [key, { field: field as Key['field'], rank }] as const),
  ),
);

/** What registries with handles write where a name ought to be: `ORG-XX1-RIPE`. */
const HANDLE = /^ORG-[A-Z\d]+-[A-Z\d]+$/i;
/** Behind the name of an organisation, in records of networks: ` (EXAMP-141)`. */
const HANDLE_BEHIND = / \([A-Z\d]+(?:-[A-Z\d]+)*\)$/;

/** What OpenCTI takes for the part before the `@`. */
const MAILBOX = /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}$/;

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');

interface Found {
  /** How many lines are still read. */
  linesLeft: number;
  readonly texts: Map<TextField, { readonly value: string; readonly rank: number }>;
  readonly dates: Map<DateField, Date>;
  readonly lists: Record<ListField, Set<string>>;
}

/**
 * Reads the text of a WHOIS record, `Key: value` in each line: of repeated keys the first that says something, or all
 * where there may be several. Of networks within each other the last counts, which is the innermost. One pass over a
 * bounded part of the text, whatever it is.
 */
export function parseWhois(value: unknown): Whois | undefined {
  if (typeof value !== 'string') return undefined;
  const found: Found = {
    linesLeft: MAX_LINES,
    texts: new Map(),
    dates: new Map(),
    lists: { emails: new Set(), abuseContacts: new Set(), nameServers: new Set(), statuses: new Set() },
  };
  const end = Math.min(value.length, MAX_TEXT);
  for (let start = 0; start < end && found.linesLeft > 0;) {
    const newline = value.indexOf('\n', start);
    const lineEnd = newline === -1 || newline > end ? end : newline;
    readLine(value, start, lineEnd, found);
    start = lineEnd + 1;
  }
  return resultOf(found);
}

function readLine(text: string, start: number, end: number, found: Found): void {
  const colon = text.slice(start, Math.min(end, start + MAX_KEY)).indexOf(':');
  if (colon <= 0) return;
  const key = KEYS.get(
    text
      .slice(start, start + colon)
      .trim()
      .toLowerCase(),
  );
  if (key === undefined) return;
  found.linesLeft -= 1;
  const valueStart = start + colon + 1;
  const value = text.slice(valueStart, Math.min(end, valueStart + MAX_VALUE)).trim();
  if (value !== '') note(key, value, found);
}

function note({ field, rank }: Key, value: string, found: Found): void {
  const { texts, dates, lists } = found;
  switch (field) {
    case 'createdAt':
    case 'updatedAt':
    case 'expiresAt': {
      const date = dates.has(field) ? undefined : whoisDate(value);
      if (date !== undefined) dates.set(field, date);
      return;
    }
    case 'emails': {
      const address = emailAddress(value);
      if (address !== undefined && !isHiddenEmail(address)) add(lists.emails, address);
      return;
    }
    case 'abuseContacts':
      add(lists.abuseContacts, emailAddress(value));
      return;
    case 'nameServers':
      // An address may follow: `ns1.example.com 192.0.2.1`.
      add(lists.nameServers, hostName(firstWord(value)));
      return;
    case 'statuses':
      // `clientHold https://icann.org/epp#clientHold`
      add(lists.statuses, firstWord(value).slice(0, MAX_KEY));
      return;
    case 'organization': {
      const name = texts.has('netRange') ? value.replace(HANDLE_BEHIND, '') : value;
      if (!HANDLE.test(name) && !isHiddenName(name)) noteText(field, name, rank, texts);
      return;
    }
    case 'country':
      if (!isHiddenName(value)) noteText(field, value, rank, texts);
      return;
    case 'netRange':
      if ((texts.get('netRange')?.value ?? value) !== value) forget(found);
      noteText(field, value, rank, texts);
      return;
    default:
      noteText(field, value, rank, texts);
  }
}

function noteText(field: TextField, value: string, rank: number, texts: Found['texts']): void {
  if (rank < (texts.get(field)?.rank ?? Infinity)) texts.set(field, { value, rank });
}

/** What was said of a network says nothing of one within it. */
function forget({ texts, dates, lists }: Found): void {
  for (const part of [texts, dates, ...Object.values(lists)]) part.clear();
}

function add(list: Set<string>, entry: string | undefined): void {
  if (entry !== undefined && entry !== '' && list.size < MAX_ENTRIES) list.add(entry);
}

function resultOf({ texts, dates, lists }: Found): Whois | undefined {
  const isEmpty = texts.size + dates.size === 0 && Object.values(lists).every((list) => list.size === 0);
  if (isEmpty) return undefined;
  return {
    registrar: texts.get('registrar')?.value,
    organization: texts.get('organization')?.value,
    emails: [...lists.emails],
    abuseContacts: [...lists.abuseContacts],
    nameServers: [...lists.nameServers],
    createdAt: dates.get('createdAt'),
    updatedAt: dates.get('updatedAt'),
    expiresAt: dates.get('expiresAt'),
    statuses: [...lists.statuses],
    netName: texts.get('netName')?.value,
    netRange: texts.get('netRange')?.value,
    country: texts.get('country')?.value,
  };
}

function firstWord(value: string): string {
  return /^\S*/.exec(value)?.[0] ?? '';
}

function hostName(text: string): string | undefined {
  const checked = publicDomainName(text);
  return 'value' in checked ? checked.value : undefined;
}

function emailAddress(text: string): string | undefined {
  const address = text.toLowerCase();
  const at = address.lastIndexOf('@');
  const mailbox = address.slice(0, Math.max(at, 0));
  const host = MAILBOX.test(mailbox) ? hostName(address.slice(at + 1)) : undefined;
  return host === undefined ? undefined : `${mailbox}@${host}`;
}

/**
 * A date as registries write it: `2024-01-31`, `2024.01.31`, `2024/01/31`, `20240131` or `31-Jan-2024`. The time of day
 * counts where it says that it is UTC.
 */
function whoisDate(text: string): Date | undefined {
  const iso =
    /^(\d{4})([-./]?)(\d\d)\2(\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:\.\d{1,9})?(?:Z|\+00:?00))?(?!\d)/.exec(text);
  if (iso !== null) return validDate(`${iso[1]}-${iso[3]}-${iso[4]}`, iso[5]);
  const named = /^(\d\d)-([a-z]{3})-(\d{4})(?!\d)/i.exec(text);
  const month = MONTHS.indexOf(named?.[2]?.toLowerCase() ?? '') + 1;
  if (named === null || month === 0) return undefined;
  return validDate(`${named[3]}-${String(month).padStart(2, '0')}-${named[1]}`, undefined);
}

function validDate(day: string, time = '00:00:00'): Date | undefined {
  const date = new Date(`${day}T${time}Z`);
  const isReal = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
  return isReal && date.getTime() > 0 ? date : undefined;
}
