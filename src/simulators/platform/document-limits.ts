import {
  Kind,
  OperationTypeNode,
  type DocumentNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/**
 * The first field an operation asks for more often than the platform allows (6.1.0 on): a mutation once, a query
 * twice, a field below them four times in one selection.
 */
export function overusedField(operation: OperationDefinitionNode): string | undefined {
  const rootLimit = operation.operation === OperationTypeNode.MUTATION ? 1 : 2;
  return overused(operation.selectionSet, rootLimit);
}

function overused(selections: SelectionSetNode, limit: number): string | undefined {
  const counts = new Map<string, number>();
  for (const selection of selections.selections) {
    if (selection.kind === Kind.FIELD) {
      const name = selection.name.value;
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      if (count > limit) return name;
    }
    const below =
      selection.kind === Kind.FRAGMENT_SPREAD || selection.selectionSet === undefined
        ? undefined
        : overused(selection.selectionSet, 4);
    if (below !== undefined) return below;
  }
  return undefined;
}

/** The operation of a document that a request means, as GraphQL selects it. */
export function operationOf(
  document: DocumentNode,
  operationName: string | undefined,
): OperationDefinitionNode | undefined {
  const operations = document.definitions.filter(
    (definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION,
  );
  return operationName === undefined
    ? operations[0]
    : operations.find((operation) => operation.name?.value === operationName);
}

/** The fields an operation calls; of `workEdit` and the like also the field below, as `workEdit.toReceived`. */
export function calledFields(operation: OperationDefinitionNode): string[] {
  return operation.selectionSet.selections.flatMap((selection) => {
    if (selection.kind !== Kind.FIELD) return [];
    const { name, selectionSet } = selection;
    if (!name.value.endsWith('Edit') || selectionSet === undefined) return [name.value];
    return selectionSet.selections.flatMap((below) =>
      below.kind === Kind.FIELD ? [`${name.value}.${below.name.value}`] : [],
    );
  });
}
