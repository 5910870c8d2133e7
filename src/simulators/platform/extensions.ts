import { isJsonObject, type JsonObject } from '../../shared/json.js';

/** The platform's extension for everything. */
export const OCTI = 'extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba';
/** The platform's extension for observables. */
export const OCTI_SCO = 'extension-definition--f93e2c80-4231-4f9a-af8b-95c9bd566a82';

/** One extension of an object; empty when it has none. */
export function extensionOf(object: JsonObject, id: string): JsonObject {
  const extensions = object.extensions;
  const extension = isJsonObject(extensions) ? extensions[id] : undefined;
  return isJsonObject(extension) ? extension : {};
}

/**
 * A custom attribute as workers resolve it: root `x_opencti_<name>` whenever that key exists, even with null, then
 * the two extensions, then the root property itself.
 */
export function readCustom(object: JsonObject, name: string): unknown {
  const rooted = `x_opencti_${name}`;
  if (rooted in object) return object[rooted];
  return inExtensions(object, name) ?? object[name];
}

/** Labels as workers resolve them: the root list hides every other one. */
export function readLabels(object: JsonObject): unknown {
  if ('labels' in object) return object.labels;
  return inExtensions(object, 'labels') ?? object.x_opencti_labels ?? object.x_opencti_tags;
}

/** External references as workers resolve them: the root list hides every other one. */
export function readExternalReferences(object: JsonObject): unknown {
  if ('external_references' in object) return object.external_references;
  return inExtensions(object, 'external_references') ?? object.x_opencti_external_references;
}

/** The author as workers resolve it: root, even null, then the custom property, then the extensions. */
export function readCreatedByRef(object: JsonObject): unknown {
  if ('created_by_ref' in object) return object.created_by_ref;
  if ('x_opencti_created_by_ref' in object) return object.x_opencti_created_by_ref;
  return inExtensions(object, 'created_by_ref');
}

/** An attribute of the first extension that has it. */
export function inExtensions(object: JsonObject, name: string): unknown {
  return extensionOf(object, OCTI)[name] ?? extensionOf(object, OCTI_SCO)[name];
}
