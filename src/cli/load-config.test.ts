import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadCommandContext, readCommandContext } from './load-config.js';

let cwd: string;
let written: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'config-'));
  written = '';
  vi.spyOn(process, 'cwd').mockReturnValue(cwd);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
  vi.stubEnv('OPENCTI_URL', 'https://opencti.example.com');
  vi.stubEnv('OPENCTI_TOKEN', '11111111-2222-4333-8444-555555555555');
  vi.stubEnv('VIRUSTOTAL_TOKEN', 'not-a-real-virustotal-key');
  vi.stubEnv('VIRUSTOTAL_MAXTLP', 'TLP:GREEN');
  vi.stubEnv('CONNECTOR_CONFIDENCE_LEVEL', '80');
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(cwd, { recursive: true });
});

const UNKNOWN = 'Unknown variable VIRUSTOTAL_MAXTLP in the environment. Did you mean VIRUSTOTAL_MAX_TLP?';
const WITHOUT_EFFECT =
  'CONNECTOR_CONFIDENCE_LEVEL in the environment has no effect: since OpenCTI 6.0 the confidence level is that of the platform user.';

describe('loadCommandContext', () => {
  it.each(['', 'error', 'warn', 'debug'])(
    'logs what is odd about the configuration at log level %j',
    (level) => {
      vi.stubEnv('CONNECTOR_LOG_LEVEL', level);
      loadCommandContext(undefined);
      const lines = written
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(lines.map((line) => [line.level, line.message])).toEqual([
        ['WARN', UNKNOWN],
        ['INFO', WITHOUT_EFFECT],
      ]);
    },
  );

  it('keeps the log level for everything else', () => {
    const { logger } = loadCommandContext(undefined);
    written = '';
    logger.warn('not now');
    expect(written).toBe('');
  });
});

describe('readCommandContext', () => {
  it('hands the warnings over and logs nothing', () => {
    const { warnings } = readCommandContext(undefined);
    expect(warnings).toEqual([
      { level: 'warning', message: UNKNOWN },
      { level: 'info', message: WITHOUT_EFFECT },
    ]);
    expect(written).toBe('');
  });
});
