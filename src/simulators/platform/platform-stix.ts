import type { JsonObject } from '../../shared/json.js';
import type { StoredEntity } from './entity.js';
import { OCTI, OCTI_SCO } from './extensions.js';
import { extensionValues } from './indicator-values.js';
import { familyOf } from './stix-types.js';
import type { Since } from './version.js';

/** User the platform names as creator of everything it holds. */
const CREATOR_ID = '88ec0c6a-13ce-5e39-b486-354fe4a7084f';

/**
 * The platform's own STIX 2.1 form of an entity, which it puts into messages and answers `stix(id)` with. Empty
 * attributes are left out. Where score, labels, references and author stand depends on the family:
 * in the observable extension, at the root (the platform's own observables), or divided (domain objects).
 *
 * @param internalIdOf - Internal id of a referenced entity.
 */
export function platformStix(
  entity: StoredEntity,
  since: Since,
  internalIdOf: (standardId: string) => string | undefined,
): JsonObject {
  const family = familyOf(entity.entityType, entity.stixType);
  const described = compact({
    description: entity.description,
    labels: entity.labels,
    external_references: entity.externalReferences,
    created_by_ref: entity.createdByRef,
  });
  const isDomainObject = family === 'domain-object' || family === 'relationship' || family === 'sighting';
  const extension = compact({
    extension_type: 'property-extension',
    ...commonExtension(entity, since, internalIdOf),
    ...(isDomainObject ? domainExtension(entity, since) : {}),
  });
  const root = {
    id: entity.standardId,
    spec_version: '2.1',
    type: entity.stixType,
    ...attributesAtRoot(entity),
    object_marking_refs: entity.markingRefs,
  };
  switch (family) {
    case 'observable':
      return compact({
        ...root,
        extensions: {
          [OCTI]: extension,
          [OCTI_SCO]: compact({
            extension_type: 'property-extension',
            ...described,
            score: entity.score,
            additional_names: entity.additionalNames,
          }),
        },
      });
    case 'custom-observable':
      return compact({
        ...root,
        ...described,
        score: entity.score,
        extensions: { [OCTI]: extension, [OCTI_SCO]: { extension_type: 'new-sco' } },
      });
    default:
      return compact({
        ...root,
        created: entity.attributes.created ?? entity.createdAt,
        modified: entity.updatedAt,
        ...described,
        extensions: { [OCTI]: extension },
      });
  }
}

function commonExtension(
  entity: StoredEntity,
  since: Since,
  internalIdOf: (standardId: string) => string | undefined,
): JsonObject {
  return {
    id: entity.internalId,
    type: entity.entityType,
    created_at: entity.createdAt,
    updated_at: entity.updatedAt,
    ...(since('6.8.16') ? { modified_at: entity.updatedAt } : {}),
    files: entity.files.map((file) => ({
      name: file.name,
      uri: `/storage/get/${file.id}`,
      version: file.version,
      mime_type: file.mimeType,
      ...(since('6.3.12') ? { object_marking_refs: file.markingRefs } : {}),
    })),
    stix_ids: entity.stixIds,
    is_inferred: false,
    granted_refs: entity.grantedRefs,
    creator_ids: [CREATOR_ID],
    workflow_id: entity.workflowId,
    ...(since('6.4.3')
      ? {
          granted_refs_ids: entity.grantedRefs.flatMap((ref) => internalIdOf(ref) ?? []),
          created_by_ref_id:
            entity.createdByRef === undefined ? undefined : internalIdOf(entity.createdByRef),
        }
      : {}),
  };
}

function domainExtension(entity: StoredEntity, since: Since): JsonObject {
  const { entityType, stixType, attributes } = entity;
  const pattern = attributes.pattern_type === 'stix' ? attributes.pattern : undefined;
  return {
    score: entity.score,
    detection: entity.detection,
    main_observable_type: entity.mainObservableType,
    observable_values:
      stixType === 'indicator' && typeof pattern === 'string' ? extensionValues(pattern, since) : undefined,
    location_type: stixType === 'location' ? entityType : undefined,
  };
}

function attributesAtRoot(entity: StoredEntity): JsonObject {
  const { attribute_abstract: abstract, ...attributes } = entity.attributes;
  return {
    ...attributes,
    ...(abstract === undefined ? {} : { abstract }),
  };
}

/** Without what is null, undefined, or an empty list. */
function compact(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).filter(
      ([, value]) => value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  );
}
