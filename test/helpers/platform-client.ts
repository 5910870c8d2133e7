import { Agent } from 'undici';
import { PlatformClient, type PlatformClientOptions } from '../../src/platform/graphql/client.js';
import { recordedLogger } from './recorded-logger.js';

export const TEST_TOKEN = 'flgrn_octi_tkn_obviously-fake';

/** A client that never waits: its delays are recorded instead. */
export function testClient(
  url: string,
  changes: Partial<PlatformClientOptions> = {},
): { client: PlatformClient; delays: number[]; lines: ReturnType<typeof recordedLogger>['lines'] } {
  const delays: number[] = [];
  const { logger, lines } = recordedLogger();
  const client = new PlatformClient({
    url,
    token: TEST_TOKEN,
    userAgent: 'opencti-virustotal/1.0.0',
    customHeaders: {},
    dispatcher: new Agent(),
    timeoutMs: 5_000,
    logger,
    retry: { maxAttempts: 3, baseMs: 1_000, maxMs: 10_000 },
    sleep: (ms) => {
      delays.push(ms);
      return Promise.resolve();
    },
    random: () => 1,
    ...changes,
  });
  return { client, delays, lines };
}
