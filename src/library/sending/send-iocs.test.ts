import { describe, expect, it } from 'vitest';
import { ConnectorError } from '../../shared/connector-error.js';
import type { ExportedIoc } from '../export/exported-ioc.js';
import type { Platform } from './platform-port.js';
import { sendIocs } from './send-iocs.js';
import { SendingError } from './sending-error.js';

const AUTHOR = { author: 'Example SOC', authorSince: new Date('2025-01-01T00:00:00.000Z') };
const AWAY = new ConnectorError('OpenCTI does not answer.', 'transient');

function iocs(count: number): ExportedIoc[] {
  return Array.from({ length: count }, (_, number) => ({
    type: 'domain',
    value: `n${number}.example`,
    tags: [],
    source: null,
    note: null,
    verdict: null,
    malicious: null,
    suspicious: null,
    engines: null,
    threatLabel: null,
    enrichedAt: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    relations: [],
  }));
}

interface Plan {
  readonly connecting?: Error;
  /** Fails at this bundle, from 1 on. */
  readonly failingAt?: number;
  readonly failure?: Error;
}

/** A platform whose bundles have room for three IOCs. */
function platformWith({ connecting, failingAt, failure = AWAY }: Plan = {}): {
  platform: Platform;
  story: string[];
} {
  const story: string[] = [];
  let bundles = 0;
  const platform: Platform = {
    name: 'opencti.example.com',
    maxCharacters: 2_000,
    connect: () => {
      story.push('connect');
      if (connecting !== undefined) return Promise.reject(connecting);
      return Promise.resolve({
        deliver: (title, { objects }) => {
          bundles += 1;
          story.push(`${title}: ${objects.length} objects`);
          return bundles === failingAt ? Promise.reject(failure) : Promise.resolve();
        },
        close: () => {
          story.push('close');
          return Promise.resolve();
        },
      });
    },
  };
  return { platform, story };
}

async function faultOf(sending: Promise<unknown>): Promise<SendingError> {
  const fault: unknown = await sending.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (fault instanceof SendingError) return fault;
  throw new Error('no SendingError');
}

describe('sendIocs', () => {
  it('sends one bundle after the other over one connection, and counts', async () => {
    const { platform, story } = platformWith();
    const sent = await sendIocs([iocs(20)], AUTHOR, platform);
    const parts = story.slice(1, -1);
    expect(sent).toEqual({ sent: 20, bundles: parts.length });
    expect(parts.length).toBeGreaterThan(1);
    expect(story[0]).toBe('connect');
    expect(parts[0]).toMatch(/^IOC library of Example SOC: \d+ IOCs: /);
    expect(parts[1]).toMatch(/^IOC library of Example SOC: \d+ IOCs \(part 2\): /);
    expect(story.at(-1)).toBe('close');
  });

  it('asks the platform for nothing when there is nothing to send', async () => {
    const { platform, story } = platformWith();
    expect(await sendIocs([[]], AUTHOR, platform)).toEqual({ sent: 0, bundles: 0 });
    expect(story).toEqual([]);
  });

  it('says that nothing was sent, why, and when to come back', async () => {
    const { platform } = platformWith({ connecting: AWAY });
    const fault = await faultOf(sendIocs([iocs(1)], AUTHOR, platform));
    expect(fault.message).toBe('Nothing was sent: OpenCTI does not answer.');
    expect([fault.kind, fault.retryAfterSeconds, fault.done]).toEqual([
      'transient',
      30,
      { sent: 0, bundles: 0 },
    ]);
  });

  it('counts what was confirmed before a failure, sends no more, and closes the connection', async () => {
    const { platform, story } = platformWith({ failingAt: 2 });
    const fault = await faultOf(sendIocs([iocs(20)], AUTHOR, platform));
    const first = Number(/: (\d+) IOCs:/.exec(story[1] ?? '')?.[1]);
    expect(fault.done).toEqual({ sent: first, bundles: 1 });
    expect(fault.message).toBe(
      `Only ${first} IOCs were sent: OpenCTI does not answer. Send the same selection again: what arrived already is not doubled.`,
    );
    expect(story).toHaveLength(4);
    expect(story.at(-1)).toBe('close');
  });

  it('does not ask to come back when somebody has to act', async () => {
    const connecting = new ConnectorError('The token is refused; check OPENCTI_TOKEN', 'configuration');
    const fault = await faultOf(sendIocs([iocs(1)], AUTHOR, platformWith({ connecting }).platform));
    expect(fault.message).toBe('Nothing was sent: The token is refused; check OPENCTI_TOKEN.');
    expect(fault.retryAfterSeconds).toBeUndefined();
  });

  it('shows nobody what was not thrown for people', async () => {
    const failure = new TypeError('secret internals');
    const fault = await faultOf(
      sendIocs([iocs(1)], AUTHOR, platformWith({ failingAt: 1, failure }).platform),
    );
    expect(fault.message).toBe('Nothing was sent: the library failed; its log says why.');
    expect(fault.cause).toBe(failure);
  });
});
