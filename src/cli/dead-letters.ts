import { openStateProper, ownerOf } from '../app/open-state.js';
import { DeadLetters, type DeadLetter } from '../dead-letters/dead-letters.js';
import { systemClock } from '../shared/clock.js';
import { ConnectorError } from '../shared/connector-error.js';
import { loadCommandContext, type CommandContext } from './load-config.js';
import { deadLetterJson, presentDeadLetter, presentDeadLetters, shownText } from './present-dead-letters.js';

/** What the state is opened with; neither the platform nor VirusTotal is needed. */
const UNUSED = ['opencti', 'virustotal'];

/** Which dead letters a command is about. */
export interface Selection {
  readonly ids: readonly string[];
  readonly all: boolean;
}

/**
 * Prints every dead letter.
 *
 * @returns the exit code, 0.
 * @throws ConnectorError when the configuration or the state cannot be used.
 */
export async function listDeadLetters(json: boolean, configFile: string | undefined): Promise<number> {
  return withDeadLetters(loadCommandContext(configFile, UNUSED), async (letters, store) => {
    const all = await letters.list();
    if (json) console.log(JSON.stringify(all.map(deadLetterJson), undefined, 2));
    else console.log(all.length === 0 ? `No dead letters in ${store}.` : presentDeadLetters(all));
    return 0;
  });
}

/**
 * Prints one dead letter, or with `raw` its bytes, as they came and with whatever secrets they hold.
 *
 * @returns the exit code, 0.
 * @throws ConnectorError when there is no such letter, or the configuration or the state cannot be used.
 */
export async function showDeadLetter(
  id: string,
  form: 'text' | 'json' | 'raw',
  configFile: string | undefined,
): Promise<number> {
  const context = loadCommandContext(configFile, UNUSED);
  return withDeadLetters(context, async (letters, store) => {
    const letter = await letters.find(id);
    if (letter === undefined) throw noSuchLetter(id, store);
    const body = (await letters.bodyOf(id)) ?? Buffer.alloc(0);
    if (form === 'raw') await new Promise((resolve) => process.stdout.write(body, resolve));
    else if (form === 'text') console.log(presentDeadLetter(letter, body, context.secrets));
    else console.log(jsonOf(letter, shownText(body, context.secrets)));
    return 0;
  });
}

/**
 * Drops dead letters, and says so for each.
 *
 * @returns the exit code: 0 when all were there, 1 otherwise.
 * @throws ConnectorError when none is named, or the configuration or the state cannot be used.
 */
export async function dropDeadLetters(selection: Selection, configFile: string | undefined): Promise<number> {
  return withDeadLetters(loadCommandContext(configFile, UNUSED), async (letters, store) => {
    const { found, missing } = await select(letters, selection);
    for (const { id } of found) {
      await letters.remove(id);
      console.log(`dropped   ${id}`);
    }
    return reportMissing(missing, store);
  });
}

/** Opens the state for a command; a daemon may run beside it. */
export async function withDeadLetters(
  { config, logger }: CommandContext,
  use: (letters: DeadLetters, store: string) => Promise<number>,
): Promise<number> {
  const store = await openStateProper(config, { logger, clock: systemClock });
  try {
    return await use(new DeadLetters({ store, logger, owner: ownerOf(config) }), store.description);
  } finally {
    await store.close();
  }
}

/**
 * The letters that a command is about.
 *
 * @throws ConnectorError when none is named, or some are named and all are meant.
 */
export async function select(
  letters: DeadLetters,
  { ids, all }: Selection,
): Promise<{ readonly found: readonly DeadLetter[]; readonly missing: readonly string[] }> {
  if (all === ids.length > 0) {
    throw new ConnectorError('Name the ids of dead letters, or all of them with --all.', 'invalid');
  }
  const known = await letters.list();
  if (all) return { found: known, missing: [] };
  const wanted = new Set(ids);
  return {
    found: known.filter(({ id }) => wanted.has(id)),
    missing: [...wanted].filter((id) => !known.some((letter) => letter.id === id)),
  };
}

/** @returns the exit code. */
export function reportMissing(missing: readonly string[], store: string): number {
  for (const id of missing) console.error(noSuchLetter(id, store).message);
  return missing.length === 0 ? 0 : 1;
}

function jsonOf(letter: DeadLetter, body: string): string {
  return JSON.stringify({ ...deadLetterJson(letter), body }, undefined, 2);
}

function noSuchLetter(id: string, store: string): ConnectorError {
  return new ConnectorError(
    `There is no dead letter ${JSON.stringify(id)} in ${store}; dead-letters list shows those that are there.`,
    'invalid',
  );
}
