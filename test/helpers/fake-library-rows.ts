import { createHash } from 'node:crypto';
import type {
  Details,
  EngineVerdict,
  HistoryEntry,
  Ioc,
  IocType,
  Relation,
  Usage,
  Verdict,
} from '../../src/library/web/api.js';

/** A row of the fake library with all that belongs to it. */
export interface FakeIoc {
  ioc: Ioc;
  details: Details | null;
  history: HistoryEntry[];
  relations: Relation[];
}

const START = Date.parse('2026-05-10T09:00:00.000Z');
const TYPES: readonly IocType[] = ['sha256', 'domain', 'ipv4', 'url', 'hostname', 'md5', 'sha1', 'ipv6'];
const TAGS = ['emotet', 'phishing', 'apt28', 'c2', 'loader', 'triage', 'campaign-7'];
const THREATS = ['trojan.emotet/heodo', 'phishing.microsoft', 'trojan.qakbot', 'hacktool.cobaltstrike'];
const ENGINES = 72;

const digest = (algorithm: string, text: string): string => createHash(algorithm).update(text).digest('hex');

function valueOf(type: IocType, n: number): string {
  switch (type) {
    case 'md5':
    case 'sha1':
    case 'sha256':
      return digest(type, `sample ${n}`);
    case 'domain':
      return `invoice-portal-${n}.example`;
    case 'hostname':
      return `cdn${n}.update-check.example.net`;
    case 'url':
      return `https://files.example.org/dl/${digest('md5', String(n)).slice(0, 12)}/statement.zip?session=${n}`;
    case 'ipv4':
      return `198.51.${(n >> 8) % 256}.${n % 256}`;
    case 'ipv6':
      return `2001:db8::${n.toString(16)}`;
  }
}

const VERDICTS: readonly (Verdict | null)[] = [
  'malicious',
  'clean',
  null,
  'suspicious',
  'malicious',
  'unknown',
  null,
];

/** The verdict by the seed's rule. */
export function enrichedIoc(
  ioc: Ioc,
  malicious: number | null,
  at: string,
  threat: string | null = null,
): Ioc {
  const verdict: Verdict =
    malicious === null ? 'unknown' : malicious === 0 ? 'clean' : malicious < 6 ? 'suspicious' : 'malicious';
  return {
    ...ioc,
    verdict,
    malicious,
    suspicious: malicious === null ? null : malicious % 3,
    engines: malicious === null ? null : ENGINES,
    ratio: malicious === null ? null : `${malicious}/${ENGINES}`,
    threatLabel: verdict === 'malicious' ? threat : null,
    enrichedAt: at,
    updatedAt: at,
  };
}

export function rawIoc(id: string, type: IocType, value: string, createdAt: string): Ioc {
  return {
    id,
    type,
    value,
    tags: [],
    source: null,
    note: null,
    verdict: null,
    malicious: null,
    suspicious: null,
    engines: null,
    ratio: null,
    threatLabel: null,
    enrichedAt: null,
    createdAt,
    updatedAt: createdAt,
  };
}

function enginesOf(malicious: number): readonly EngineVerdict[] {
  const names = ['Ahnborg', 'Bitwarden Labs', 'Corvus', 'Drake AV', 'Elster', 'Falk', 'Grebe', 'Heron'];
  return Array.from({ length: ENGINES + 4 }, (_, n) => {
    const engine = `${names[n % names.length] ?? ''} ${Math.floor(n / names.length) + 1}`;
    const updated = '2026-05-09T00:00:00.000Z';
    if (n >= ENGINES) return { engine, category: 'type-unsupported', result: null, updated };
    if (n < malicious) return { engine, category: 'malicious', result: `Trojan.Win32.Emotet.${n}`, updated };
    if (n < malicious + (malicious % 3))
      return { engine, category: 'suspicious', result: 'Heuristic.Susp', updated };
    return { engine, category: n % 4 === 0 ? 'harmless' : 'undetected', result: null, updated };
  });
}

const HOSTILE = '<img src=x onerror="document.title=1">';

/** A report with everything in it; one text is hostile, for a page must show it as text. */
export function detailsOf(ioc: Ioc): Details {
  const isFile = ['md5', 'sha1', 'sha256'].includes(ioc.type);
  return {
    known: ioc.malicious !== null,
    fetchedAt: ioc.enrichedAt ?? new Date(START).toISOString(),
    link: `https://www.virustotal.com/gui/search/${encodeURIComponent(ioc.value)}`,
    summary: [
      { label: 'Reputation', value: '-47' },
      { label: 'Votes', value: '2 harmless, 31 malicious' },
      { label: 'Categories', value: 'malware, command and control' },
    ],
    engines: enginesOf(ioc.malicious ?? 0),
    threatNames: ['trojan.emotet/heodo', 'Win32.Emotet', HOSTILE],
    tags: ['peexe', 'signed', 'overlay'],
    network: isFile
      ? []
      : [
          { label: 'AS', value: 'AS64500 Example Carrier' },
          { label: 'Country', value: 'NL' },
          { label: 'Registrar', value: 'Example Registrar Inc.' },
        ],
    files: isFile
      ? [
          { label: 'Name', value: 'invoice_2026-05.exe' },
          { label: 'Type', value: 'Win32 EXE' },
          { label: 'Size', value: '418,304 bytes' },
          { label: 'SHA-256', value: digest('sha256', ioc.value) },
        ]
      : [],
    findings: [{ label: 'Sandbox', value: 'malware, confidence 90' }],
    firstSeen: '2026-03-02T11:20:00.000Z',
    lastSeen: '2026-05-09T21:44:00.000Z',
    related: [
      {
        relation: 'contacted_domains',
        label: 'Contacted domains',
        items: [
          { type: 'domain', value: 'stage-two.example', iocId: null },
          { type: 'hostname', value: 'api.stage-two.example', iocId: null },
        ],
        more: 12,
      },
      {
        relation: 'dropped_files',
        label: 'Dropped files',
        items: [{ type: 'sha256', value: digest('sha256', 'dropped'), name: 'svchost32.dll', iocId: null }],
        more: 0,
      },
    ],
  };
}

/** Rows as a library has them after some weeks: every type, every verdict, with and without tags. */
export function fakeRows(many: number): FakeIoc[] {
  return Array.from({ length: many }, (_, n) => {
    const type = TYPES[n % TYPES.length] ?? 'domain';
    const created = new Date(START - n * 37 * 60_000).toISOString();
    const verdict = VERDICTS[n % VERDICTS.length] ?? null;
    const raw: Ioc = {
      ...rawIoc(`ioc-${String(n).padStart(6, '0')}`, type, valueOf(type, n), created),
      tags: TAGS.filter((_tag, at) => (n + at) % 5 === 0),
      source: n % 3 === 0 ? 'CERT report 2026-17' : null,
      note: n % 11 === 0 ? 'Seen at the mail gateway.' : null,
    };
    if (verdict === null) return { ioc: raw, details: null, history: [], relations: [] };
    const malicious =
      verdict === 'malicious' ? 8 + ((n * 7) % 56) : verdict === 'suspicious' ? 1 + (n % 5) : 0;
    const at = new Date(START - n * 11 * 60_000).toISOString();
    const ioc = enrichedIoc(raw, verdict === 'unknown' ? null : malicious, at, THREATS[n % THREATS.length]);
    return { ioc, details: null, history: historyOf(ioc), relations: [] };
  });
}

/** Two enrichments: the second one found more. */
export function historyOf(ioc: Ioc): HistoryEntry[] {
  const verdict = ioc.verdict ?? 'unknown';
  return [
    {
      id: `${ioc.id}-2`,
      fetchedAt: ioc.enrichedAt ?? '',
      known: true,
      verdict,
      ratio: ioc.ratio,
      changes: [
        { what: 'detections', text: `Detections: 2/70 → ${ioc.ratio ?? 'none'}` },
        { what: 'threat-names', text: 'New threat names: trojan.emotet/heodo' },
      ],
    },
    {
      id: `${ioc.id}-1`,
      fetchedAt: '2026-04-01T08:00:00.000Z',
      known: true,
      verdict: 'suspicious',
      ratio: '2/70',
      changes: [],
    },
  ];
}

export const FAKE_USAGE: Usage = {
  key: {
    perMinute: { used: 1, limit: 4, resetsAt: null },
    perDay: { used: 431, limit: 500, resetsAt: null },
    perMonth: { used: 3120, limit: 15_500, resetsAt: null },
  },
  organisation: {
    day: { used: 96, limit: 200, resetsAt: '2026-05-11T00:00:00.000Z' },
    month: { used: 801, limit: null, resetsAt: '2026-06-01T00:00:00.000Z' },
  },
};
