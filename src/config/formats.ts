import { closest } from './closest.js';
import { BadValue, defineFormat, type Format } from './format.js';

const YES = ['true', 'yes', 'on', 'y', 't', '1'];
const NO = ['false', 'no', 'off', 'n', 'f', '0'];

/** A pattern that matches any of the words in any case (JSON Schema has no flag for that). */
function anyCase(words: readonly string[]): string {
  const letters = (word: string): string =>
    word
      .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replace(/[a-z]/gi, (letter) => `[${letter.toUpperCase()}${letter.toLowerCase()}]`);
  return `^\\s*(${words.map(letters).join('|')})\\s*$`;
}

/** Reads yes and no in all their spellings; `undefined` when the text is neither. */
export function asBoolean(text: string): boolean | undefined {
  const word = text.toLowerCase();
  if (YES.includes(word)) return true;
  return NO.includes(word) ? false : undefined;
}

/** Any spelling of yes and no that the Python connector or its library reads, in any case. */
export const yesOrNo: Format<boolean> = defineFormat({
  name: 'yes or no',
  parse: (text) => {
    const value = asBoolean(text);
    if (value === undefined) {
      throw new BadValue(
        'is neither yes nor no',
        'Write true or false (also yes/no, on/off, y/n, t/f, 1/0).',
      );
    }
    return value;
  },
  jsonSchema: {
    type: ['boolean', 'integer', 'string'],
    minimum: 0,
    maximum: 1,
    pattern: anyCase([...YES, ...NO]),
  },
  variableSchema: { type: 'boolean' },
});

/** A whole number within bounds, both included. */
export function wholeNumber(least: number, most: number): Format<number> {
  return defineFormat({
    name: `whole number from ${least} to ${most}`,
    parse: (text) => {
      const remedy = `Write a whole number from ${least} to ${most}.`;
      if (text.startsWith('tcp://')) {
        throw new BadValue(
          'is an address that Kubernetes injects for a service of this name',
          `${remedy} Set enableServiceLinks: false on the pod, or rename the service.`,
        );
      }
      if (!/^[+-]?\d+(\.0*)?$/.test(text)) throw new BadValue('is not a whole number', remedy);
      const value = Number(text);
      if (value < least || value > most) throw new BadValue(`is not between ${least} and ${most}`, remedy);
      // A written "-0" is zero.
      return value === 0 ? 0 : value;
    },
    jsonSchema: {
      type: ['integer', 'string'],
      minimum: least,
      maximum: most,
      pattern: '^\\s*[+-]?[0-9]+(\\.0*)?\\s*$',
    },
    variableSchema: { type: 'integer', minimum: least, maximum: most },
  });
}

/** A whole number within bounds, or `auto`. */
export function wholeNumberOrAuto(least: number, most: number): Format<number | 'auto'> {
  const number = wholeNumber(least, most);
  return defineFormat<number | 'auto'>({
    name: `auto or ${number.name}`,
    parse: (text) => (text.toLowerCase() === 'auto' ? 'auto' : number.parse(text)),
    jsonSchema: {
      ...number.jsonSchema,
      pattern: `(^\\s*[aA][uU][tT][oO]\\s*$)|(${String(number.jsonSchema.pattern)})`,
    },
    variableSchema: { type: 'string', pattern: '^([aA][uU][tT][oO]|[0-9]+)$' },
  });
}

/** A TCP port. */
export const port: Format<number> = wholeNumber(1, 65535);

/** Any text; it is trimmed before it comes here. */
export const text: Format<string> = defineFormat({
  name: 'text',
  parse: (value) => value,
  jsonSchema: { type: ['string', 'number', 'boolean'] },
});

/** A path of this machine. */
export const path: Format<string> = defineFormat({
  name: 'path',
  parse: (value) => value,
  jsonSchema: { type: 'string' },
});

/** A text of at least so many characters. */
export function textOfAtLeast(length: number): Format<string> {
  return defineFormat({
    name: `text of at least ${length} characters`,
    parse: (value) => {
      if (value.length < length) {
        throw new BadValue(`has less than ${length} characters`, `Write at least ${length} characters.`);
      }
      return value;
    },
    jsonSchema: { type: 'string', minLength: length },
    variableSchema: { type: 'string', minLength: length },
  });
}

/** An e-mail address, also one without a domain name of the public. */
export const emailAddress: Format<string> = defineFormat({
  name: 'e-mail address',
  parse: (value) => {
    if (!/^[^\s@]+@[^\s@]+$/.test(value)) {
      throw new BadValue('is no e-mail address', 'Write it like name@example.org.');
    }
    return value;
  },
  jsonSchema: { type: 'string', pattern: '^\\s*[^\\s@]+@[^\\s@]+\\s*$' },
  variableSchema: { type: 'string', format: 'email' },
});

/** A part of the name of a Prometheus metric, or nothing. */
export const metricNamePart: Format<string> = defineFormat({
  name: 'part of a metric name',
  parse: (value) => {
    if (!/^([a-zA-Z_][a-zA-Z0-9_]*)?$/.test(value)) {
      throw new BadValue(
        'cannot be part of the name of a metric',
        'Write letters, digits and underscores, and no digit first.',
      );
    }
    return value;
  },
  jsonSchema: { type: 'string', pattern: '^\\s*([a-zA-Z_][a-zA-Z0-9_]*)?\\s*$' },
});

/**
 * One of some words, read in any case.
 *
 * @param words - What the value can be.
 * @param aliases - Other spellings, in lower case, and the word each stands for.
 */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  aliases: Readonly<Record<string, Word>> = {},
): Format<Word> {
  const known = new Map<string, Word>([
    ...Object.entries(aliases),
    ...words.map((word): [string, Word] => [word.toLowerCase(), word]),
  ]);
  const spellings = [...words, ...Object.keys(aliases)];
  return defineFormat({
    name: `one of ${words.join(', ')}`,
    parse: (value) => {
      const word = known.get(value.toLowerCase());
      if (word === undefined) {
        const near = closest(value, spellings);
        throw new BadValue(
          `is not one of ${words.join(', ')}`,
          near === undefined ? `Write one of ${words.join(', ')}.` : `Did you mean ${near}?`,
        );
      }
      return word;
    },
    jsonSchema: { anyOf: [{ enum: [...words] }, { type: 'string', pattern: anyCase([...known.keys()]) }] },
    variableSchema: { type: 'string', enum: [...words] },
  });
}

/**
 * A list of words: separated by commas, or a YAML list. Repeated words are dropped.
 *
 * @param canonical - Words whose spelling is put right (upper and lower case); others stay as written.
 */
export function wordList(canonical: readonly string[]): Format<readonly string[]> {
  const spelling = new Map(canonical.map((word) => [word.toLowerCase(), word]));
  return defineFormat({
    name: 'list',
    list: true,
    parse: (value) => {
      const words = value
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== '')
        .map((word) => spelling.get(word.toLowerCase()) ?? word);
      if (words.length === 0)
        throw new BadValue('names nothing', 'Write at least one name, separated by commas.');
      return [...new Set(words)];
    },
    show: (words) => words.join(','),
    jsonSchema: { type: ['array', 'string'], items: { type: 'string' } },
    variableSchema: { type: 'array', items: { type: 'string' } },
  });
}
