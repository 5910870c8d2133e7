import type { Command } from 'commander';

/** What the commands share with the program. */
export interface CommandSurroundings {
  /** Path given with `--config`. */
  readonly configFile: () => string | undefined;
  /** Runs a command to its end, and takes its exit code. */
  readonly run: (command: () => Promise<number>) => Promise<void>;
}

interface SelectionOptions {
  readonly all?: boolean;
}

/** Adds `dead-letters` and what it can do. */
export function addDeadLetterCommands(program: Command, { configFile, run }: CommandSurroundings): void {
  const group = program
    .command('dead-letters')
    .description('look after messages that could not be read: list, show, replay, drop');
  group
    .command('list', { isDefault: true })
    .description('show all of them, and why they could not be read')
    .option('--json', 'print JSON instead of a table')
    .action(({ json }: { json?: boolean }) =>
      run(async () => {
        const { listDeadLetters } = await import('./dead-letters.js');
        return listDeadLetters(json === true, configFile());
      }),
    );
  group
    .command('show <id>')
    .description('show one with its text, without secrets')
    .option('--json', 'print JSON instead of text')
    .option('--raw', 'print its bytes as they came, with the secrets they may hold')
    .action((id: string, { json, raw }: { json?: boolean; raw?: boolean }) =>
      run(async () => {
        const { showDeadLetter } = await import('./dead-letters.js');
        return showDeadLetter(id, raw === true ? 'raw' : json === true ? 'json' : 'text', configFile());
      }),
    );
  group
    .command('replay [ids...]')
    .description('put those that this version can read back into the queue of the connector')
    .option('--all', 'all of them')
    .action((ids: string[], { all }: SelectionOptions) =>
      run(async () => {
        const { replayDeadLetters } = await import('./replay-dead-letters.js');
        return replayDeadLetters({ ids, all: all === true }, configFile());
      }),
    );
  group
    .command('drop [ids...]')
    .description('forget them')
    .option('--all', 'all of them')
    .action((ids: string[], { all }: SelectionOptions) =>
      run(async () => {
        const { dropDeadLetters } = await import('./dead-letters.js');
        return dropDeadLetters({ ids, all: all === true }, configFile());
      }),
    );
}
