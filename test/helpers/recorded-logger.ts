import { pino, type Logger } from 'pino';

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A real logger whose lines a test can read. */
export function recordedLogger(): { logger: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const logger = pino(
    {
      level: 'debug',
      base: null,
      timestamp: false,
      errorKey: 'error',
      serializers: { error: pino.stdSerializers.err },
      formatters: { level: (level) => ({ level }) },
    },
    {
      write: (line: string) => {
        lines.push(JSON.parse(line) as LogLine);
      },
    },
  );
  return { logger, lines };
}
