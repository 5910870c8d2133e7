import convict from 'convict';
import type { JsonObject } from '../shared/json.js';

/** A value that its option does not accept: what is wrong, and what would be right. Neither repeats the value. */
export class BadValue extends Error {
  override readonly name = 'BadValue';
  readonly remedy: string;

  /**
   * @param problem - Continues the sentence "the value …", e.g. `is not a whole number`.
   * @param remedy - A sentence that tells the operator what to write instead.
   */
  constructor(problem: string, remedy: string) {
    super(problem);
    this.remedy = remedy;
  }
}

/**
 * How the text of one kind of value is read. The same parser serves the environment and the file, whose
 * scalars are kept as written, so that an option cannot mean two things in two places.
 */
export interface Format<T> {
  /** What the documentation calls it: `whole number from 1 to 256`. */
  readonly name: string;
  /** The name convict knows it by: convict keeps one list of formats, in which the last of a name counts. */
  readonly key: string;
  /**
   * Reads a trimmed, non-empty text.
   *
   * @throws BadValue when the text is not acceptable.
   */
  parse(text: string): T;
  /** What `parse` passes over in a text, in phrases that do not repeat it; the operator is warned of each. */
  remarks?(text: string): readonly string[];
  /** The text that `parse` reads back as the same value. */
  show(value: T): string;
  /** What a YAML editor may accept; `null` (an empty entry) is added for every option. */
  readonly jsonSchema: JsonObject;
  /** What the variable may hold, with one plain type, for the catalogue of the platform; default: a string. */
  readonly variableSchema: JsonObject;
  /** Whether a YAML list is accepted beside a comma-separated text. */
  readonly list: boolean;
  /** What a log may show when the value can hold a secret in part; default: `show`. */
  mask(value: T): string;
  /** The parts that are secret by nature, such as the password in a URL; without it a secret value is so as a whole. */
  secrets?(value: T): readonly string[];
}

/** What a format must tell about itself; the rest has a sensible default. */
export type FormatDefinition<T> = Pick<Format<T>, 'name' | 'parse' | 'jsonSchema'> & Partial<Format<T>>;

let registered = 0;

/** Declares a format and registers it with convict. */
export function defineFormat<T>(definition: FormatDefinition<T>): Format<T> {
  const show = (value: T): string => definition.show?.(value) ?? String(value);
  const format: Format<T> = {
    list: false,
    variableSchema: { type: 'string' },
    show,
    mask: show,
    ...definition,
    key: `${definition.name} (${(registered += 1)})`,
  };
  convict.addFormat({
    name: format.key,
    coerce: (text: string) => format.parse(text),
    validate: (value: T) => {
      format.parse(format.show(value));
    },
  });
  return format;
}
