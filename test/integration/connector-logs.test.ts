import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BAD_GATEWAY } from '../../src/simulators/platform/faults.js';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { workSettled } from '../helpers/enrichment-results.js';

interface Line {
  readonly level: string;
  readonly message: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

describe('the log at debug', () => {
  let world: ConnectorWorld;

  beforeAll(async () => {
    world = await startConnectorWorld();
    // The start has said everything, and the next ping is far off.
    await vi.waitFor(
      () => {
        const said = linesOf().map(({ message, attributes }) => attributes?.operation ?? message);
        expect(said).toEqual(expect.arrayContaining(['taking requests', 'pingConnector']));
      },
      { timeout: 20_000 },
    );
  });

  afterAll(async () => {
    await world.close();
  });

  const linesOf = (): Line[] =>
    world.connector
      .log()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Line);

  /** The lines that were written between the begin of a request and its end, while there was no other. */
  const linesWhile = async (value: string): Promise<{ lines: Line[]; workId: string; entityId: string }> => {
    const { platform } = world;
    const before = linesOf().length;
    const entityId = platform.addObservable('Domain-Name', { value }).standardId;
    const workId = await platform.requestEnrichment({ entityId });
    await workSettled(platform, workId);
    await expect.poll(() => linesOf().slice(before).at(-1)?.message).toBe('request settled');
    return { lines: linesOf().slice(before), workId, entityId };
  };

  it('carries the ids of a request in each of its lines, also those of the deeper rooms', async () => {
    world.platform.faults.fail('toReceived', BAD_GATEWAY);
    world.virusTotal.faults.add('GET /domains/evil.example.com', { kind: 'reset' });
    const { lines, workId, entityId } = await linesWhile('evil.example.com');
    const messages = lines.map(({ message }) => message);
    expect(messages).toEqual(
      expect.arrayContaining([
        'VirusTotal did not answer',
        'call to VirusTotal failed, trying again',
        'VirusTotal answered',
        'call to OpenCTI failed',
        'call to OpenCTI failed and is repeated',
        'OpenCTI answered',
        'request settled',
      ]),
    );
    const about = { key: `${workId} ${entityId}`, workId, entityId };
    expect(lines.filter(({ attributes }) => !matches(attributes, about))).toEqual([]);
  });

  it('carries them when the answer comes from the cache, and tells of calls without their bodies', async () => {
    const first = await linesWhile('example.com');
    const again = await linesWhile('example.com');
    expect(again.lines.map(({ message }) => message)).toContain('answered from the cache');
    const { workId, entityId } = again;
    expect(again.lines.filter(({ attributes }) => !matches(attributes, { workId, entityId }))).toEqual([]);
    const calls = first.lines.filter(({ message }) => message.endsWith(' answered'));
    expect(calls.find(({ message }) => message === 'VirusTotal answered')?.attributes).toEqual({
      key: expect.any(String) as string,
      workId: first.workId,
      entityId: first.entityId,
      operation: 'look up domain',
      method: 'GET',
      status: 200,
      durationMs: expect.any(Number) as number,
    });
    expect(calls.find(({ message }) => message === 'OpenCTI answered')?.attributes).toEqual({
      key: expect.any(String) as string,
      workId: first.workId,
      entityId: first.entityId,
      operation: expect.any(String) as string,
      method: 'POST',
      result: 'ok',
      durationMs: expect.any(Number) as number,
    });
  });
});

function matches(attributes: Line['attributes'], about: Readonly<Record<string, string>>): boolean {
  return Object.entries(about).every(([name, value]) => attributes?.[name] === value);
}
