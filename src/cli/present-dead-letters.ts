import Table from 'cli-table3';
import type { DeadLetter } from '../dead-letters/dead-letters.js';
import { withoutSecrets } from '../platform/inbound/message.js';
import type { SecretRegistry } from '../observability/redact.js';

/** Characters of a body that are shown; the whole is there with `--raw`. */
const MAX_SHOWN = 20_000;

/** One row for each, for a terminal. */
export function presentDeadLetters(letters: readonly DeadLetter[]): string {
  const table = new Table({
    head: ['Id', 'Came last (UTC)', 'Times', 'From', 'Bytes', 'Work or entity', 'Why it could not be read'],
    colWidths: [14, 21, 7, 10, 10, 30, 60],
    wordWrap: true,
    wrapOnWordBoundary: false,
    style: { head: [], border: [] },
  });
  for (const { id, lastAt, times, source, size, workId, entityId, reason } of letters) {
    const about = workId ?? entityId ?? 'not readable';
    table.push([id, timeOf(lastAt), times, source, size, about, reason]);
  }
  return table.toString();
}

/** Everything about one, and its text without secrets and control characters. */
export function presentDeadLetter(letter: DeadLetter, body: Buffer, secrets: SecretRegistry): string {
  const cut = letter.kept < letter.size ? `, of which the first ${letter.kept} are kept` : '';
  const facts: readonly (readonly [string, string])[] = [
    ['Dead letter', letter.id],
    ['Reason', letter.reason],
    ['From', letter.source],
    ['Came first', `${timeOf(letter.firstAt)} UTC`],
    ['Came last', `${timeOf(letter.lastAt)} UTC`],
    ['Times', String(letter.times)],
    ['Work', letter.workId ?? 'not readable'],
    ['Entity', letter.entityId ?? 'not readable'],
    ['Bytes', `${letter.size}${cut}`],
  ];
  const text = shownText(body, secrets);
  const rest =
    text.length > MAX_SHOWN ? `\n… ${text.length - MAX_SHOWN} more characters; --raw prints all.` : '';
  return [
    ...facts.map(([name, value]) => `${`${name}:`.padEnd(13)}${value}`),
    '',
    `${text.slice(0, MAX_SHOWN)}${rest}`,
  ].join('\n');
}

/** The text of a body, without secrets, and without what could steer a terminal. */
export function shownText(body: Buffer, secrets: SecretRegistry): string {
  return withoutSecrets(secrets.redact(body.toString('utf8'))).replace(/[^\P{C}\n\t]/gu, '\uFFFD');
}

/** What a program reads. */
export function deadLetterJson(letter: DeadLetter): object {
  const { id, reason, source, workId, entityId, size, kept, firstAt, lastAt, times } = letter;
  return {
    id,
    reason,
    source,
    workId: workId ?? null,
    entityId: entityId ?? null,
    size,
    kept,
    firstAt: firstAt.toISOString(),
    lastAt: lastAt.toISOString(),
    times,
  };
}

function timeOf(date: Date): string {
  return date.toISOString().slice(0, 19).replace('T', ' ');
}
