/** A marking definition as the platform ships it. */
export interface MarkingDefinition {
  definitionType: string;
  definition: string;
  standardId: string;
  /** The higher, the stricter. */
  order: number;
}

const shipped = (
  definitionType: string,
  definition: string,
  uuid: string,
  order: number,
): MarkingDefinition => ({ definitionType, definition, standardId: `marking-definition--${uuid}`, order });

/** The markings every platform has; TLP:WHITE is another name of TLP:CLEAR. */
export const SHIPPED_MARKINGS: readonly MarkingDefinition[] = [
  shipped('TLP', 'TLP:CLEAR', '613f2e26-407d-48c7-9eca-b8e91df99dc9', 1),
  shipped('TLP', 'TLP:GREEN', '34098fce-860f-48ae-8e50-ebd3cc5e41da', 2),
  shipped('TLP', 'TLP:AMBER', 'f88d31f6-486f-44da-b317-01333bde0b82', 3),
  shipped('TLP', 'TLP:AMBER+STRICT', '826578e1-40ad-459f-bc73-ede076f81f37', 4),
  shipped('TLP', 'TLP:RED', '5e57c739-391a-4eb3-b6be-7d15ca92d5ed', 5),
  shipped('PAP', 'PAP:CLEAR', '4cdff7eb-acb8-543f-8573-829eb9fe8b34', 1),
  shipped('PAP', 'PAP:GREEN', '89484dde-e3d2-547f-a6c6-d14824429eb1', 2),
  shipped('PAP', 'PAP:AMBER', 'a6f20d4d-0360-59b6-ba22-3b48707828b1', 3),
  shipped('PAP', 'PAP:RED', '4e4e3b84-de45-53df-9d9b-b21207699fd8', 4),
];
