import type { PlatformSimulator } from '../../src/simulators/platform/simulator.js';
import {
  identityOf,
  sampleDomain,
  sampleFile,
  sampleIp,
  sampleUrl,
} from '../../src/simulators/virustotal/samples/reports.js';
import type { VirusTotalSimulator } from '../../src/simulators/virustotal/server.js';
import type { Chance } from './chance.js';

/** Of a hundred requests, so many are for something that was asked for before. */
const REPEATED_PERCENT = 20;
const PLAYBOOK_PERCENT = 10;
const MANUAL_PERCENT = 20;

/** An observable, or an Indicator, to be enriched. */
export interface Subject {
  readonly about: string;
  readonly entityId: string;
  /** Whether VirusTotal has a report, or has one after it was asked to analyse. */
  readonly isKnown: boolean;
}

/** A request that was handed to the connector. */
export interface SentRequest {
  readonly subject: Subject;
  readonly mode: 'manual' | 'auto' | 'playbook';
  /** Of the work, or of the execution of the playbook. */
  readonly id: string;
}

export interface Simulators {
  readonly platform: PlatformSimulator;
  readonly virusTotal: VirusTotalSimulator;
}

type Maker = (simulators: Simulators, index: number) => Omit<Subject, 'about'>;

const observable =
  (
    type: string,
    valueOf: (index: number) => string,
    know?: (sim: Simulators, value: string) => void,
  ): Maker =>
  (simulators, index) => {
    const value = valueOf(index);
    know?.(simulators, value);
    const { standardId } = simulators.platform.addObservable(type, { value });
    return { entityId: standardId, isKnown: know !== undefined };
  };

const file =
  (type: 'StixFile' | 'Artifact', isKnown: boolean): Maker =>
  ({ platform, virusTotal }, index) => {
    const identity = identityOf(`${type} ${index} ${isKnown}`, `sample-${index}.bin`);
    if (isKnown) virusTotal.catalog.addFile(sampleFile(identity, { verdicts: verdictsOf(index) }));
    const { standardId } = platform.addObservable(type, { hashes: { 'SHA-256': identity.sha256 } });
    return { entityId: standardId, isKnown };
  };

const knowIp = ({ virusTotal }: Simulators, value: string): void => {
  virusTotal.catalog.addIp(value, sampleIp(value, { verdicts: { malicious: 12 } }));
};
const knowDomain = ({ virusTotal }: Simulators, value: string): void => {
  virusTotal.catalog.addDomain(value, sampleDomain(value, { verdicts: { malicious: 3 } }));
};
const knowUrl = ({ virusTotal }: Simulators, value: string): void => {
  virusTotal.catalog.addUrl(value, sampleUrl(value, { verdicts: { malicious: 15 } }));
};

/** An Indicator for an address of its own. */
const indicator: Maker = (simulators, index) => {
  const value = `9.9.${Math.floor(index / 250)}.${(index % 250) + 1}`;
  knowIp(simulators, value);
  const { standardId } = simulators.platform.addIndicator({
    name: `Indicator ${index}`,
    pattern: `[ipv4-addr:value = '${value}']`,
  });
  return { entityId: standardId, isKnown: true };
};

/** Kinds of subjects, and how many of a hundred there are. */
const KINDS: readonly (readonly [percent: number, about: string, make: Maker])[] = [
  [22, 'address', observable('IPv4-Addr', (n) => `8.8.${Math.floor(n / 250)}.${(n % 250) + 1}`, knowIp)],
  [6, 'IPv6 address', observable('IPv6-Addr', (n) => `2001:4860:${n.toString(16)}::1`, knowIp)],
  [16, 'domain', observable('Domain-Name', (n) => `host-${n}.example.com`, knowDomain)],
  [8, 'hostname', observable('Hostname', (n) => `www.host-${n}.example.com`, knowDomain)],
  [12, 'URL', observable('Url', (n) => `http://host-${n}.example.com/path`, knowUrl)],
  [14, 'file', file('StixFile', true)],
  [5, 'artifact', file('Artifact', true)],
  [5, 'indicator', indicator],
  [6, 'unknown domain', observable('Domain-Name', (n) => `unknown-${n}.example.com`)],
  [4, 'unknown file', file('StixFile', false)],
  // VirusTotal is asked to analyse it, and its request is parked meanwhile.
  [2, 'URL to be analysed', analysedUrl],
];

function analysedUrl({ platform }: Simulators, index: number): Omit<Subject, 'about'> {
  const { standardId } = platform.addObservable('Url', { value: `http://new-${index}.example.com/` });
  return { entityId: standardId, isKnown: true };
}

function verdictsOf(index: number): { malicious: number } {
  return { malicious: index % 30 };
}

/** What is asked for, one request after the other, as chance has it. */
export class Load {
  readonly sent: SentRequest[] = [];
  readonly #simulators: Simulators;
  readonly #chance: Chance;
  readonly #subjects: Subject[] = [];

  constructor(simulators: Simulators, chance: Chance) {
    this.#simulators = simulators;
    this.#chance = chance;
  }

  /** Sends one more request; resolves when the broker has it. */
  async sendOne(): Promise<void> {
    const subject = this.#nextSubject();
    const drawn = this.#chance.below(100);
    const { platform } = this.#simulators;
    const { entityId } = subject;
    if (drawn < PLAYBOOK_PERCENT) {
      const { executionId } = await platform.requestPlaybookStep({ entityId });
      this.sent.push({ subject, mode: 'playbook', id: executionId });
      return;
    }
    const mode = drawn < PLAYBOOK_PERCENT + MANUAL_PERCENT ? 'manual' : 'auto';
    this.sent.push({ subject, mode, id: await platform.requestEnrichment({ entityId, mode }) });
  }

  #nextSubject(): Subject {
    const earlier = this.#subjects.length;
    const isRepeated = this.#chance.below(100) < REPEATED_PERCENT;
    const known = isRepeated ? this.#subjects[this.#chance.below(earlier)] : undefined;
    if (known !== undefined) return known;
    let drawn = this.#chance.below(100);
    const [, about, make] = KINDS.find(([percent]) => (drawn -= percent) < 0) ?? KINDS[0]!;
    const subject = { about: `${about} ${earlier}`, ...make(this.#simulators, earlier) };
    this.#subjects.push(subject);
    return subject;
  }
}
