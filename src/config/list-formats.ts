import ipaddr from 'ipaddr.js';
import { closest } from './closest.js';
import { BadValue, defineFormat, type Format } from './format.js';

function entriesIn(value: string): string[] {
  const entries = value.split(',').map((entry) => entry.trim());
  return [...new Set(entries.filter((entry) => entry !== ''))];
}

/**
 * Any of some words, read in any case: separated by commas, or a YAML list. None of them is a value too; the order is
 * that of the words here, whatever the order in which they were written.
 */
export function anyOf<const Word extends string>(words: readonly Word[]): Format<readonly Word[]> {
  const known = new Map(words.map((word) => [word.toLowerCase(), word]));
  return defineFormat<readonly Word[]>({
    name: `list of ${words.join(', ')}`,
    list: true,
    parse: (text) => {
      const chosen = new Set(
        entriesIn(text).map((entry) => {
          const word = known.get(entry.toLowerCase());
          if (word !== undefined) return word;
          const near = closest(entry, words);
          throw new BadValue(
            'names something that is not on the list',
            near === undefined ? `Write any of ${words.join(', ')}.` : `Did you mean ${near}?`,
          );
        }),
      );
      return words.filter((word) => chosen.has(word));
    },
    show: (chosen) => chosen.join(','),
    jsonSchema: { type: ['array', 'string'], items: { type: 'string' } },
    variableSchema: { type: 'array', items: { type: 'string', enum: [...words] } },
  });
}

/** Any texts: separated by commas, or a YAML list. None at all is a value too; repeated ones are dropped. */
export const texts: Format<readonly string[]> = defineFormat<readonly string[]>({
  name: 'list of texts',
  list: true,
  parse: entriesIn,
  show: (entries) => entries.join(','),
  jsonSchema: { type: ['array', 'string'], items: { type: ['string', 'number'] } },
  variableSchema: { type: 'array', items: { type: 'string' } },
});

/** Words that stand for networks, as the web server knows them. */
const NETWORK_WORDS = ['loopback', 'linklocal', 'uniquelocal'];

/** Addresses and networks of proxies, and words for the usual networks. */
export const proxyAddresses: Format<readonly string[]> = defineFormat<readonly string[]>({
  ...texts,
  name: 'list of addresses and networks',
  parse: (value) => {
    const entries = texts.parse(value);
    const isNetwork = (entry: string): boolean =>
      NETWORK_WORDS.includes(entry) || ipaddr.isValid(entry) || ipaddr.isValidCIDR(entry);
    if (!entries.every(isNetwork)) {
      throw new BadValue(
        'holds something that is neither an address nor a network',
        `Write addresses (10.0.0.7), networks (10.0.0.0/8), or ${NETWORK_WORDS.join(', ')}.`,
      );
    }
    return entries;
  },
});

/** A colour in the form that OpenCTI takes. */
export const colour: Format<string> = defineFormat<string>({
  name: 'colour',
  parse: (text) => {
    if (!/^#?[0-9a-f]{6}$/iu.test(text)) {
      throw new BadValue('is not a colour', 'Write six hexadecimal digits, such as #ff8800.');
    }
    return `#${text.replace('#', '').toLowerCase()}`;
  },
  jsonSchema: { type: ['string', 'number'], pattern: '^\\s*#?[0-9a-fA-F]{6}\\s*$' },
  variableSchema: { type: 'string', pattern: '^#?[0-9a-fA-F]{6}$' },
});
