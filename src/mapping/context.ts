import type { ExternalReference, KillChainPhase, StixId, StixObject } from '../stix/objects.js';
import type { MappingOptions } from './options.js';

/** OpenCTI types of the observables that VirusTotal can be asked about. */
export type ObservableType =
  'StixFile' | 'Artifact' | 'IPv4-Addr' | 'IPv6-Addr' | 'Domain-Name' | 'Hostname' | 'Url';

/** The value that was looked up, as it stands on the platform (validated and normalised). */
export interface Observable {
  readonly type: ObservableType;
  /** The address, name or URL; for files the hash that was asked. */
  readonly value: string;
}

/** The object of the platform that is being enriched: an observable, or an Indicator that holds observables. */
export interface Subject {
  readonly id: StixId;
  /** OpenCTI type of the enriched object, e.g. `IPv4-Addr` or `Indicator`. */
  readonly entityType: ObservableType | 'Indicator';
  /** `x_opencti_score` that the platform holds now. */
  readonly score: number | undefined;
  /** `name` that a StixFile has now. */
  readonly name: string | undefined;
  /** When the platform created it: the stable `created` of its Notes. */
  readonly createdAt: Date | undefined;
  /** An Indicator that VirusTotal is the author of and that is valid: since when it is. Absent for everything else. */
  readonly ownSince?: Date | undefined;
}

/** Everything that mapping needs beside the report. The same context and report give a byte-equal result. */
export interface MappingContext {
  readonly now: Date;
  /** When VirusTotal was asked for the report; long ago if it comes from the cache. */
  readonly fetchedAt: Date;
  readonly authorId: StixId;
  /** Markings of the enriched object, inherited by everything derived from it. */
  readonly markings: readonly StixId[];
  readonly subject: Subject;
  /** The value in the subject that this report is about: the subject itself, or one value of an Indicator. */
  readonly observable: Observable;
  /** All hashes of the report on a file: a file that has to be created for an Indicator is known by them. */
  readonly fileHashes?: Readonly<Record<string, string>>;
  readonly options: MappingOptions;
}

/** What a verdict is called as a label. */
export type VerdictBand = 'malicious' | 'suspicious' | 'clean';

/** What changes on the enriched object. `undefined` and empty lists mean: leave as it is. */
export interface EntityChanges {
  /** 0–100, whole. */
  readonly score: number | undefined;
  /** What the verdict amounts to, where it is wanted as a label. */
  readonly band?: VerdictBand | undefined;
  /** Further names for labels, in any case; the options for labels are not applied yet. */
  readonly labels: readonly string[];
  readonly externalReferences: readonly ExternalReference[];
  /** STIX hash names: `MD5`, `SHA-1`, `SHA-256`. */
  readonly hashes: Readonly<Record<string, string>>;
  /** Bytes; StixFile only. */
  readonly size: number | undefined;
  /** StixFile only. */
  readonly name: string | undefined;
  readonly additionalNames: readonly string[];
  /** Indicators only. */
  readonly killChainPhases: readonly KillChainPhase[];
  /** The enriched Indicator no longer deserves the score that it had. */
  readonly cleared?: Clearance | undefined;
}

/** What a verdict that clears an object does to an Indicator on it. */
export interface Clearance {
  /** Nobody has anything against the object any more; else the Indicator is worth its score only. */
  readonly revokes: boolean;
  /** 0 for what is revoked, else 1–100: VirusTotal's own. Whole. */
  readonly score: number;
}

/** What one report became. */
export interface MappedReport {
  readonly changes: EntityChanges;
  /** Derived objects, without the author: Notes, Indicators, observables, locations, relationships. */
  readonly objects: readonly StixObject[];
  readonly summary: ReportSummary;
}

/** The facts from which the sentence in the work's message is made. */
export interface ReportSummary {
  readonly observable: Observable;
  /** Engines that call it malicious, and engines that gave any verdict; `undefined` when never analysed. */
  readonly detection: { readonly malicious: number; readonly engines: number } | undefined;
  /** The score that VirusTotal's data give, before the keep-higher rule. */
  readonly score: number | undefined;
  readonly indicatorCreated: boolean;
  readonly yaraRules: number;
  /** Matching YARA rules of which no Indicator could be made. */
  readonly yaraRulesLeftOut: number;
  readonly notes: number;
  readonly relationships: number;
  /** What else is worth a clause, e.g. `12 related observables added`; in the order of the parts. */
  readonly clauses: readonly string[];
}
