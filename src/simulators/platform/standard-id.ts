import { v5 as uuidv5 } from 'uuid';
import { isJsonObject, type JsonObject } from '../../shared/json.js';
import { hashesOf } from './entity.js';
import type { Since } from './version.js';

/** Namespace of STIX 2.1 deterministic identifiers (specification, section 2.9). */
const NAMESPACE = '00abedb4-aa42-466c-9c01-fed23315a9b7';
const HASH_CHOICE = ['MD5', 'SHA-1', 'SHA-256', 'SHA-512'];

/**
 * The id the platform computes for an object, whatever id the object was sent with; it is how the platform
 * recognises what it already holds. `undefined` for types whose rule the simulator does not know.
 *
 * @param references - Standard id of a referenced object.
 */
export function standardId(
  stixType: string,
  entityType: string,
  attributes: JsonObject,
  since: Since,
  references: (id: string) => string = (id) => id,
): string | undefined {
  const contributing = contributingProperties(stixType, entityType, attributes, since, references);
  return contributing === undefined ? undefined : deterministicId(stixType, contributing);
}

/** `<type>--<UUIDv5 of the canonical JSON>` (RFC 8785 for strings, numbers, lists and objects). */
export function deterministicId(stixType: string, contributing: JsonObject): string {
  return `${stixType}--${uuidv5(canonical(contributing), NAMESPACE)}`;
}

function contributingProperties(
  stixType: string,
  entityType: string,
  attributes: JsonObject,
  since: Since,
  references: (id: string) => string,
): JsonObject | undefined {
  const text = (key: string): string | undefined => {
    const value = attributes[key];
    return typeof value === 'string' && value.trim() !== '' ? value : undefined;
  };
  const name = text('name')?.trim().toLowerCase();
  switch (stixType) {
    case 'ipv4-addr':
    case 'ipv6-addr':
    case 'url':
    case 'hostname':
    case 'mac-addr':
      return present({ value: text('value')?.trim() });
    case 'domain-name':
    case 'email-addr': {
      const value = text('value')?.trim();
      return present({ value: since('6.2.5') ? value?.toLowerCase() : value });
    }
    case 'autonomous-system':
      return present({ number: attributes.number });
    case 'file':
      return oneHash(attributes) ?? present({ name: text('name') });
    case 'artifact':
      return oneHash(attributes) ?? present({ url: text('url') });
    case 'x509-certificate':
      return (
        oneHash(attributes) ??
        present({ serial_number: text('serial_number') }) ??
        present({ subject: text('subject') })
      );
    case 'indicator':
      return present({ pattern: text('pattern')?.trim() });
    case 'location':
      return positionOf(entityType, attributes) ?? present({ name, x_opencti_location_type: entityType });
    case 'identity':
      return present({ name, identity_class: text('identity_class')?.toLowerCase() });
    case 'malware':
    case 'intrusion-set':
    case 'campaign':
    case 'tool':
    case 'infrastructure':
    case 'vulnerability':
    case 'narrative':
      return present({ name });
    case 'attack-pattern': {
      const mitreId = text('x_mitre_id')?.trim();
      if (mitreId === undefined) return present({ name });
      return { x_mitre_id: since('7.260529.0') ? mitreId.toLowerCase() : mitreId };
    }
    case 'malware-analysis':
      return present(
        { product: text('product') },
        { result_name: text('result_name'), submitted: text('submitted') },
      );
    case 'note': {
      const abstract = since('7.260416.0') ? text('attribute_abstract')?.trim() : undefined;
      const content = text('content')?.trim();
      return content === undefined
        ? undefined
        : present({ content, created: text('created') }, { attribute_abstract: abstract });
    }
    case 'report':
      return present({ name, published: text('published') });
    case 'relationship':
      return {
        relationship_type: entityType,
        source_ref: references(String(attributes.source_ref)),
        target_ref: references(String(attributes.target_ref)),
        ...optional('start_time', attributes.start_time),
        ...(attributes.start_time === undefined ? {} : optional('stop_time', attributes.stop_time)),
      };
    case 'marking-definition':
      return present({
        definition_type: text('definition_type')?.toUpperCase(),
        definition: text('definition')?.toUpperCase(),
      });
    default:
      return undefined;
  }
}

function oneHash(attributes: JsonObject): JsonObject | undefined {
  const hashes = hashesOf(attributes);
  const chosen = HASH_CHOICE.find((algorithm) => hashes[algorithm] !== undefined) ?? Object.keys(hashes)[0];
  return chosen === undefined ? undefined : { hashes: { [chosen]: hashes[chosen] } };
}

function positionOf(entityType: string, attributes: JsonObject): JsonObject | undefined {
  if (entityType !== 'Position') return undefined;
  const { latitude, longitude } = attributes;
  return typeof latitude === 'number' && typeof longitude === 'number' ? { latitude, longitude } : undefined;
}

/** The object when every required property is there. */
function present(required: JsonObject, more: JsonObject = {}): JsonObject | undefined {
  const values = Object.values(required);
  // A note without a creation time still has an id; for every other type the first property decides.
  if (values[0] === undefined) return undefined;
  return Object.fromEntries(
    Object.entries({ ...required, ...more }).filter(([, value]) => value !== undefined),
  );
}

function optional(key: string, value: unknown): JsonObject {
  return value === undefined || value === null ? {} : { [key]: value };
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${members.join(',')}}`;
}
