import { asText, asTextList, isJsonObject, type JsonObject } from '../../shared/json.js';

/** STIX types a worker imports; everything else is left out when it splits a bundle. */
const IMPORTABLE = new Set(
  (
    'label vocabulary kill-chain-phase attack-pattern campaign case-incident case-rfi case-rft feedback task channel ' +
    'course-of-action data-component data-source event external-reference grouping identity incident indicator ' +
    'infrastructure intrusion-set language location malware malware-analysis marking-definition narrative note ' +
    'observed-data opinion report threat-actor tool vulnerability security-coverage ipv4-addr ipv6-addr domain-name ' +
    'hostname url file artifact autonomous-system x509-certificate directory email-addr email-message ' +
    'email-mime-part-type mac-addr mutex network-traffic process software user-account windows-registry-key ' +
    'windows-registry-value-type cryptographic-key cryptocurrency-wallet text user-agent bank-account phone-number ' +
    'credential tracking-number payment-card media-content simple-observable persona ssh-key ai-prompt imei iccid ' +
    'imsi relationship sighting'
  ).split(' '),
);

/**
 * One bundle per object, those that depend on nothing first: what a worker makes of a message with several objects.
 * References to unsupported types, to the object itself and back along a cycle are cut; an object that cannot stand
 * without such a reference is left out.
 */
export function splitBundle(bundle: JsonObject): JsonObject[] {
  const objects = (Array.isArray(bundle.objects) ? bundle.objects : []).filter(isJsonObject);
  const byId = new Map(objects.map((object) => [asText(object.id) ?? '', object]));
  const split = new Map<string, { object: JsonObject; dependencies: number }>();
  for (const id of byId.keys()) visit(id, [], byId, split);
  return [...split.values()]
    .filter(({ object }) => isComplete(object))
    .sort((left, right) => left.dependencies - right.dependencies)
    .map(({ object, dependencies }) => ({
      type: 'bundle',
      id: bundle.id,
      spec_version: '2.1',
      x_opencti_seq: dependencies,
      objects: [{ ...object, nb_deps: dependencies }],
    }));
}

function visit(
  id: string,
  ancestors: readonly string[],
  byId: ReadonlyMap<string, JsonObject>,
  split: Map<string, { object: JsonObject; dependencies: number }>,
): number {
  const done = split.get(id);
  if (done !== undefined) return done.dependencies;
  const original = byId.get(id);
  if (original === undefined) return 0;
  const path = [...ancestors, id];
  const keeps = (reference: string): boolean => isSupported(reference) && !path.includes(reference);
  let dependencies = 1;
  const object: JsonObject = { ...original };
  for (const [key, value] of Object.entries(original)) {
    if (key.endsWith('_refs') && Array.isArray(value)) {
      const kept = [...new Set(asTextList(value).filter(keeps))];
      object[key] = kept;
      for (const reference of kept) dependencies += visit(reference, path, byId, split);
    } else if (key.endsWith('_ref') && typeof value === 'string') {
      object[key] = keeps(value) ? value : null;
      if (keeps(value)) dependencies += visit(value, path, byId, split);
    }
  }
  split.set(id, { object, dependencies });
  return dependencies;
}

function isSupported(id: string): boolean {
  const [type = '', rest] = id.split('--');
  return rest === undefined || IMPORTABLE.has(type.replace(/^x-(opencti|mitre)-/, ''));
}

function isComplete(object: JsonObject): boolean {
  switch (object.type) {
    case 'relationship':
      return asText(object.source_ref) !== undefined && asText(object.target_ref) !== undefined;
    case 'sighting':
      return asText(object.sighting_of_ref) !== undefined && asTextList(object.where_sighted_refs).length > 0;
    default:
      return isSupported(asText(object.id) ?? '');
  }
}
