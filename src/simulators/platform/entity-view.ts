import { asNumber, asText } from '../../shared/json.js';
import { hashesOf, observableValue, type StoredEntity } from './entity.js';
import type { EntityStore } from './entity-store.js';
import { sizeOf } from './file-bytes.js';
import { hashPairs, valuesOfPattern } from './indicator-values.js';
import { graphqlName } from './schema-entities.js';
import { deterministicId } from './standard-id.js';
import { parentTypesOf } from './stix-types.js';

/** An entity as GraphQL shows it: the value from which the default resolvers read. */
export function entityView(entity: StoredEntity, store: EntityStore): Record<string, unknown> {
  const { attributes } = entity;
  return {
    ...attributes,
    __typename: graphqlName(entity.entityType),
    id: entity.internalId,
    standard_id: entity.standardId,
    entity_type: entity.entityType,
    parent_types: parentTypesOf(entity.entityType),
    created_at: entity.createdAt,
    updated_at: entity.updatedAt,
    x_opencti_stix_ids: entity.stixIds,
    description: entity.description ?? null,
    x_opencti_description: entity.description ?? null,
    x_opencti_score: entity.score ?? null,
    x_opencti_additional_names: entity.additionalNames,
    x_opencti_detection: entity.detection ?? null,
    x_opencti_main_observable_type: entity.mainObservableType ?? null,
    x_opencti_observable_values: valuesOfPattern(asText(attributes.pattern) ?? '').map((value) => ({
      ...value,
      hashes: value.hashes === undefined ? null : hashPairs(value.hashes),
    })),
    revoked: attributes.revoked === true,
    observable_value: observableValue(attributes),
    hashes: hashPairs(hashesOf(attributes)),
    createdBy: () => {
      const author = entity.createdByRef === undefined ? undefined : store.find(entity.createdByRef);
      return author === undefined ? null : entityView(author, store);
    },
    objectMarking: () => entity.markingRefs.flatMap((ref) => markingView(store.find(ref))),
    objectLabel: () => entity.labels.map((value) => store.labels.add(value)),
    objectOrganization: () =>
      entity.grantedRefs.flatMap((ref) => {
        const organization = store.find(ref);
        return organization === undefined ? [] : [entityView(organization, store)];
      }),
    externalReferences: () => ({
      edges: entity.externalReferences.map((reference) => {
        const contributing =
          reference.url === undefined
            ? { source_name: reference.source_name, external_id: reference.external_id }
            : { url: reference.url };
        const id = deterministicId('external-reference', contributing);
        return { node: { ...reference, id, standard_id: id } };
      }),
    }),
    importFiles: () => ({
      edges: entity.files.map((file) => ({
        node: {
          id: file.id,
          name: file.name,
          size: sizeOf(file.content),
          metaData: { mimetype: file.mimeType, version: file.version },
        },
      })),
    }),
  };
}

function markingView(marking: StoredEntity | undefined): Record<string, unknown>[] {
  if (marking === undefined) return [];
  return [
    {
      id: marking.internalId,
      standard_id: marking.standardId,
      definition_type: marking.attributes.definition_type,
      definition: marking.attributes.definition,
      created: marking.createdAt,
      x_opencti_order: asNumber(marking.attributes.x_opencti_order) ?? 0,
      x_opencti_color: marking.attributes.x_opencti_color,
    },
  ];
}
