import { beforeEach, describe, expect, it } from 'vitest';
import { recordedLogger } from '../../test/helpers/recorded-logger.js';
import { fixedClock } from '../shared/clock.js';
import { EmbeddedRelationships } from './embedded-relationships.js';
import { ForbiddenError, InvalidArgumentError, TransportError } from './errors.js';
import { PrivilegeCheck, type Privilege } from './http/privilege-check.js';
import { Privileges } from './http/privileges.js';

const forbidden = new ForbiddenError({ status: 403 });
const badRequest = new InvalidArgumentError('VirusTotal does not accept this value.', { status: 400 });
const serving = '?relationships=last_serving_ip_address';

let asked: string[];
let relationships: EmbeddedRelationships;

beforeEach(() => {
  asked = [];
  const privileges = new Privileges({
    clock: fixedClock('2026-03-01T12:00:00Z'),
    logger: recordedLogger().logger,
  });
  relationships = new EmbeddedRelationships(
    { url: ['last_serving_ip_address'], file: ['contacted_ips', 'dropped_files'] },
    privileges,
  );
});

/** A VirusTotal that answers with the query, or refuses. */
function answering(refuse: (query: string) => Error | undefined) {
  return (query: string): Promise<string> => {
    asked.push(query);
    const refusal = refuse(query);
    return refusal === undefined ? Promise.resolve(`answer to ${query}`) : Promise.reject(refusal);
  };
}

const always = answering(() => undefined);

describe('relationships in the call for a report', () => {
  it('are named in the query, and nothing is added where none are wanted', async () => {
    expect(await relationships.ask('file', always)).toBe(
      'answer to ?relationships=contacted_ips,dropped_files',
    );
    expect(await relationships.ask('domain', always)).toBe('answer to ');
  });

  it.each([forbidden, badRequest])(
    'are left out from then on when they are refused (%s)',
    async (refusal) => {
      const picky = answering((query) => (query === serving ? refusal : undefined));
      expect(await relationships.ask('url', picky)).toBe('answer to ');
      expect(await relationships.ask('url', picky)).toBe('answer to ');
      expect(asked).toEqual([serving, '', '']);
      // The refusal concerned URLs alone.
      await relationships.ask('file', always);
      expect(asked.at(-1)).toBe('?relationships=contacted_ips,dropped_files');
    },
  );

  it('are asked for again when the value was refused, and not they', async () => {
    const never = answering(() => badRequest);
    await expect(relationships.ask('url', never)).rejects.toBe(badRequest);
    expect(await relationships.ask('url', always)).toBe(`answer to ${serving}`);
    expect(asked).toEqual([serving, '', serving]);
  });

  it.each([
    'VirusTotal does not accept this value (InvalidArgumentError: "Unable to canonicalize url"); correct it.',
    'VirusTotal does not accept this value (InvalidArgumentError: "IP "1" is not a valid IP address pattern").',
  ])('are not what a value is refused for that VirusTotal cannot read: %s', async (message) => {
    const unreadable = new InvalidArgumentError(message, { status: 400 });
    await expect(
      relationships.ask(
        'url',
        answering(() => unreadable),
      ),
    ).rejects.toBe(unreadable);
    expect(asked).toEqual([serving]);
  });

  it('were not what a value is refused for, once they have been answered', async () => {
    await relationships.ask('url', always);
    await expect(
      relationships.ask(
        'url',
        answering(() => badRequest),
      ),
    ).rejects.toBe(badRequest);
    expect(asked).toEqual([serving, serving]);
  });

  it('cost a key that may do nothing no second call each time, and are not what it may not do', async () => {
    const refusing = answering(() => forbidden);
    for (let time = 0; time < 4; time += 1)
      await expect(relationships.ask('url', refusing)).rejects.toBe(forbidden);
    // Either could be what the key may do again.
    expect(asked).toEqual([serving, '', serving, '', serving]);
    await expect(relationships.ask('file', refusing)).rejects.toBe(forbidden);
    expect(asked).toHaveLength(7);
    asked = [];
    expect(await relationships.ask('url', always)).toBe('answer to ');
    expect(await relationships.ask('url', always)).toBe(`answer to ${serving}`);
  });

  it('are asked for with the next value when a single one was refused', async () => {
    await expect(
      relationships.ask(
        'url',
        answering(() => forbidden),
      ),
    ).rejects.toBe(forbidden);
    expect(await relationships.ask('url', always)).toBe(`answer to ${serving}`);
  });

  it('are found to be refused once the key may look up at all', async () => {
    await expect(
      relationships.ask(
        'url',
        answering(() => forbidden),
      ),
    ).rejects.toBe(forbidden);
    const picky = answering((query) => (query === serving ? forbidden : undefined));
    await expect(relationships.ask('url', picky)).rejects.toBe(forbidden);
    asked = [];
    for (let time = 0; time < 3; time += 1) expect(await relationships.ask('url', picky)).toBe('answer to ');
    expect(asked).toEqual(['', serving, '', '']);
  });

  it('do not make a call again that failed for another reason', async () => {
    const fault = new TransportError('no line');
    await expect(
      relationships.ask(
        'url',
        answering(() => fault),
      ),
    ).rejects.toBe(fault);
    expect(asked).toEqual([serving]);
  });
});

describe('relationships of which some need a premium key', () => {
  const all = '?relationships=last_serving_ip_address,redirects_to,downloaded_files';
  let privileges: Privileges;

  beforeEach(() => {
    privileges = new Privileges({
      clock: fixedClock('2026-03-01T12:00:00Z'),
      logger: recordedLogger().logger,
    });
    const url = ['last_serving_ip_address', 'redirects_to', 'downloaded_files'];
    relationships = new EmbeddedRelationships({ url }, privileges);
  });

  it.each([forbidden, badRequest])(
    'are asked for without those when they are refused (%s), and that is remembered',
    async (refusal) => {
      const publicKey = answering((query) => (query === all ? refusal : undefined));
      expect(await relationships.ask('url', publicKey)).toBe(`answer to ${serving}`);
      expect(await relationships.ask('url', publicKey)).toBe(`answer to ${serving}`);
      expect(asked).toEqual([all, serving, serving]);
    },
  );

  it('are left out altogether when every one is refused', async () => {
    const picky = answering((query) => (query === '' ? undefined : forbidden));
    expect(await relationships.ask('url', picky)).toBe('answer to ');
    expect(await relationships.ask('url', picky)).toBe('answer to ');
    expect(asked).toEqual([all, serving, '', '']);
  });

  it('are asked for again when it was not because of them', async () => {
    const refusing = answering(() => forbidden);
    for (let time = 0; time < 3; time += 1)
      await expect(relationships.ask('url', refusing)).rejects.toBe(forbidden);
    expect(asked).toEqual([all, serving, '', all, '']);
    expect(await relationships.ask('url', always)).toBe(`answer to ${all}`);
  });

  it('are all asked for again when the refusal is no longer believed', async () => {
    const publicKey = answering((query) => (query === all ? badRequest : undefined));
    let nowMs = Date.parse('2026-03-01T12:00:00Z');
    const clock = { now: () => new Date(nowMs) };
    privileges = new Privileges({ clock, logger: recordedLogger().logger });
    relationships = new EmbeddedRelationships(
      { url: ['last_serving_ip_address', 'redirects_to', 'downloaded_files'] },
      privileges,
    );
    await relationships.ask('url', publicKey);
    await relationships.ask('url', publicKey);
    nowMs += 86_400_000;
    // What was answered meanwhile was another query: this one may still be refused for its names.
    expect(await relationships.ask('url', publicKey)).toBe(`answer to ${serving}`);
    expect(asked).toEqual([all, serving, serving, all, serving]);
  });

  it('are refused to one of many calls at once, and are to the others as if they had been refused themselves', async () => {
    const check = new PrivilegeCheck();
    const publicKey = answering((query) => (query === all ? forbidden : undefined));
    const call = async (query: string, privilege: Privilege | undefined): Promise<string> => {
      const end = privilege && (await check.pass(privilege, new AbortController().signal));
      try {
        const answer = await publicKey(query);
        end?.(true);
        return answer;
      } catch (error) {
        await privilege?.failed(error as ForbiddenError);
        end?.(false);
        throw error;
      }
    };
    const answers = await Promise.all([1, 2, 3, 4].map(() => relationships.ask('url', call)));
    expect(answers).toEqual(Array(4).fill(`answer to ${serving}`));
    expect(asked).toEqual([all, serving, serving, serving, serving]);
  });

  it('are not asked for in vain when they are all that is wanted', async () => {
    relationships = new EmbeddedRelationships({ url: ['redirects_to'] }, privileges);
    const publicKey = answering((query) => (query === '' ? undefined : forbidden));
    expect(await relationships.ask('url', publicKey)).toBe('answer to ');
    expect(asked).toEqual(['?relationships=redirects_to', '']);
  });
});
