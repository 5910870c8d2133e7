/** Hand-written STIX 2.1 types: only the objects and properties that this product emits. */

/** A STIX identifier, `<type>--<uuid>` (STIX 2.1 §2.9). */
export type StixId = `${string}--${string}`;

/** A STIX timestamp: RFC 3339, UTC, `Z`, millisecond precision as emitted here (STIX 2.1 §3.2.1). */
export type StixTimestamp = string;

/** Any STIX object: what a bundle holds. Unknown properties are kept as they came. */
export interface StixObject {
  readonly type: string;
  readonly id: StixId;
  readonly [property: string]: unknown;
}

/** STIX 2.1 §2.5. OpenCTI drops a reference without `url` and without `external_id`. */
export interface ExternalReference {
  readonly source_name: string;
  readonly description?: string;
  readonly url?: string;
  readonly external_id?: string;
}

/** STIX 2.1 §8.1. */
export interface Bundle {
  readonly type: 'bundle';
  readonly id: StixId;
  readonly objects: readonly StixObject[];
  readonly [property: string]: unknown;
}

interface DomainObject extends StixObject {
  readonly spec_version: '2.1';
  readonly created: StixTimestamp;
  readonly modified: StixTimestamp;
  readonly created_by_ref?: StixId;
  readonly object_marking_refs?: readonly StixId[];
  readonly labels?: readonly string[];
  readonly external_references?: readonly ExternalReference[];
}

/** STIX 2.1 §4.5. */
export interface Identity extends DomainObject {
  readonly type: 'identity';
  readonly name: string;
  readonly identity_class: 'organization';
  readonly description?: string;
}

/** STIX 2.1 §2.11. */
export interface KillChainPhase {
  readonly kill_chain_name: string;
  readonly phase_name: string;
}

/** STIX 2.1 §4.7, with the OpenCTI properties that workers read from the root. */
export interface Indicator extends DomainObject {
  readonly type: 'indicator';
  readonly name: string;
  readonly description?: string;
  readonly pattern: string;
  readonly pattern_type: 'stix' | 'yara' | 'sigma' | 'snort' | 'suricata';
  readonly valid_from: StixTimestamp;
  readonly valid_until?: StixTimestamp;
  readonly kill_chain_phases?: readonly KillChainPhase[];
  readonly x_opencti_score?: number;
  readonly x_opencti_detection?: boolean;
  readonly x_opencti_main_observable_type: string;
}

/** STIX 2.1 §4.14. `note_types` is an OpenCTI property. */
export interface Note extends DomainObject {
  readonly type: 'note';
  readonly abstract: string;
  readonly content: string;
  readonly object_refs: readonly StixId[];
}

/** STIX 2.1 §4.10. */
export interface Location extends DomainObject {
  readonly type: 'location';
  readonly name: string;
  readonly country: string;
  readonly x_opencti_location_type: 'Country';
}

/** STIX 2.1 §5.1. */
export interface Relationship extends DomainObject {
  readonly type: 'relationship';
  readonly relationship_type: string;
  readonly source_ref: StixId;
  readonly target_ref: StixId;
  readonly description?: string;
  readonly start_time?: StixTimestamp;
  readonly stop_time?: StixTimestamp;
}

interface CyberObservable extends StixObject {
  readonly spec_version: '2.1';
  readonly object_marking_refs?: readonly StixId[];
  readonly x_opencti_created_by_ref?: StixId;
}

/** STIX 2.1 §6.2 and §6.3, and OpenCTI's own `hostname`: observables whose identity is one value. */
export interface ValueObservable extends CyberObservable {
  readonly type: 'ipv4-addr' | 'ipv6-addr' | 'domain-name' | 'hostname' | 'url' | 'email-addr';
  readonly value: string;
}

/** STIX 2.1 §6.1. */
export interface AutonomousSystem extends CyberObservable {
  readonly type: 'autonomous-system';
  readonly number: number;
  readonly name?: string;
  readonly rir?: string;
}

/** STIX 2.1 §6.18. */
export interface X509Certificate extends CyberObservable {
  readonly type: 'x509-certificate';
  readonly hashes: Readonly<Record<string, string>>;
  readonly is_self_signed?: boolean;
  readonly version?: string;
  readonly serial_number?: string;
  readonly signature_algorithm?: string;
  readonly issuer?: string;
  readonly validity_not_before?: StixTimestamp;
  readonly validity_not_after?: StixTimestamp;
  readonly subject?: string;
  readonly subject_public_key_algorithm?: string;
  readonly subject_public_key_modulus?: string;
  readonly subject_public_key_exponent?: number;
  readonly x509_v3_extensions?: { readonly subject_alternative_name: string };
}

/** What is known of a threat: STIX 2.1 §4.2, §4.8, §4.11, §4.18 and §4.19. */
export interface Threat extends DomainObject {
  readonly type: 'campaign' | 'intrusion-set' | 'malware' | 'tool' | 'vulnerability';
  readonly name: string;
  readonly description?: string;
  readonly aliases?: readonly string[];
  readonly first_seen?: StixTimestamp;
  readonly last_seen?: StixTimestamp;
  /** Malware only, where it is required. */
  readonly is_family?: boolean;
}

/** STIX 2.1 §4.16. */
export interface Report extends DomainObject {
  readonly type: 'report';
  readonly name: string;
  readonly description?: string;
  readonly published: StixTimestamp;
  readonly object_refs: readonly StixId[];
}

/** STIX 2.1 §6.7: a file known by its hashes. */
export interface FileObservable extends CyberObservable {
  readonly type: 'file';
  readonly hashes: Readonly<Record<string, string>>;
  /** OpenCTI property: added to the names that the file has there; its own name is never replaced. */
  readonly x_opencti_additional_names?: readonly string[];
}
