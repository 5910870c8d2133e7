import { parseExclusion } from '../virustotal/exclusion-entry.js';
import { BadValue, defineFormat, type Format } from './format.js';
import { withoutUserinfo } from './network-formats.js';

const MAX_NAMED_ENTRIES = 5;
const MAX_SHOWN_LENGTH = 60;

function entriesIn(text: string): string[] {
  const entries = text.split(',').map((entry) => entry.trim());
  return [...new Set(entries.filter((entry) => entry !== ''))];
}

/** What is never sent: separated by commas, or a YAML list. Nothing at all is a value too. Repeated entries are dropped. */
export const exclusionList: Format<readonly string[]> = defineFormat<readonly string[]>({
  name: 'list of addresses, networks, names, URLs and hashes',
  list: true,
  parse: (text) => {
    const entries = entriesIn(text);
    const faults = entries.flatMap((entry) => {
      const parsed = parseExclusion(entry);
      return 'problem' in parsed ? [{ entry, ...parsed }] : [];
    });
    const [first] = faults;
    if (first === undefined) return entries;
    const named = faults.slice(0, MAX_NAMED_ENTRIES);
    const more = faults.length - named.length;
    const problems = named.map(({ entry, problem }) => `${shown(entry)}, which ${problem}`);
    const rest = more === 0 ? [] : [`${more} more bad entries`];
    const remedies = new Set(named.map(({ remedy }) => remedy));
    throw new BadValue(`has ${[...problems, ...rest].join('; ')}`, [...remedies].join(' '));
  },
  show: (entries) => entries.join(','),
  jsonSchema: { type: ['array', 'string'], items: { type: 'string' } },
  variableSchema: { type: 'array', items: { type: 'string' } },
});

function shown(entry: string): string {
  const text = withoutUserinfo(entry);
  return JSON.stringify(text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}…` : text);
}
