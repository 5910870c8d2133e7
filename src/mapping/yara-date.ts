/** Meta keys that authors use for the day a rule was written, the most common first. */
const dateKeys = [
  'date',
  'created',
  'creation_date',
  'date_created',
  'created_date',
  'date_creation',
  'created_at',
  'creationdate',
  'datecreated',
  'rule_date',
  'malpedia_rule_date',
];

/**
 * The day a rule was written, from the values of its meta section; several keys are in use, and none is mandatory.
 *
 * @param meta - Values by key in lower case.
 */
export function yaraRuleDate(meta: ReadonlyMap<string, string>): Date | undefined {
  for (const key of dateKeys) {
    const date = parseRuleDate(meta.get(key) ?? '');
    if (date !== undefined) return date;
  }
  return undefined;
}

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/**
 * The moment that a meta value names, in UTC when it gives no zone. The format is free; a value whose day and month
 * could be exchanged (`03/04/2020`) is not guessed.
 */
function parseRuleDate(value: string): Date | undefined {
  const text = value.trim().slice(0, 64);
  const yearFirst = /^(\d{4})([-/._]?)(\d{1,2})\2(\d{1,2})(?!\d)(.*)$/s.exec(text);
  if (yearFirst !== null) {
    const [, year, separator, month = '', day = '', rest = ''] = yearFirst;
    if (separator === '' && month.length + day.length !== 4) return undefined;
    return utcDate(year, month, day, rest);
  }
  const monthFirst = /^([a-z]{3})[a-z]*\.?[\s-]+(\d{1,2})(?:st|nd|rd|th)?[\s,-]+(\d{4})(?!\d)/i.exec(text);
  if (monthFirst !== null) return utcDate(monthFirst[3], monthNumber(monthFirst[1]), monthFirst[2]);
  const dayFirst = /^(\d{1,2})(?:st|nd|rd|th)?[\s-]+(?:of\s+)?([a-z]{3})[a-z]*\.?[\s,-]+(\d{4})(?!\d)/i.exec(
    text,
  );
  if (dayFirst !== null) return utcDate(dayFirst[3], monthNumber(dayFirst[2]), dayFirst[1]);
  const dotted = /^(\d{1,2})\.(\d{1,2})\.(\d{4})(?!\d)/.exec(text);
  if (dotted !== null) return utcDate(dotted[3], dotted[2], dotted[1]);
  const yearLast = /^(\d{1,2})[-/](\d{1,2})[-/](\d{4})(?!\d)/.exec(text);
  if (yearLast === null) return undefined;
  const [, first, second, year] = yearLast;
  if (Number(first) > 12) return utcDate(year, second, first);
  if (Number(second) > 12 || Number(first) === Number(second)) return utcDate(year, first, second);
  return undefined;
}

function monthNumber(name = ''): string {
  return String(monthNames.indexOf(name.toLowerCase()) + 1);
}

/** @param rest - What follows the date; a time of day is used, anything else is not. */
function utcDate(year = '', month = '', day = '', rest = ''): Date | undefined {
  const isoDay = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const midnight = new Date(`${isoDay}T00:00:00Z`);
  // Years outside of YARA's life are typing errors; a day that moves to the next month does not exist.
  if (Number(year) < 2000 || Number(year) > 2099 || !isSameDay(midnight, isoDay)) return undefined;
  const time = /^[T\s]\s*(\d{2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})?/.exec(rest);
  if (time === null) return midnight;
  const [, hours = '', minutes = '', seconds = '00', zone = 'Z'] = time;
  const moment = new Date(
    `${isoDay}T${hours}:${minutes}:${seconds}${zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2')}`,
  );
  return Number.isNaN(moment.getTime()) ? midnight : moment;
}

function isSameDay(moment: Date, isoDay: string): boolean {
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(isoDay);
}
