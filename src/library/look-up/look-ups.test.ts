import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lookUpWorld, type LookUpWorld } from '../../../test/helpers/look-up-world.js';
import { settled } from '../../../test/helpers/virtual-time.js';
import { CredentialsError, TransportError } from '../../virustotal/errors.js';
import { CircuitOpenError } from '../../virustotal/http/circuit-open-error.js';
import { QuotaExhaustedError } from '../../virustotal/quota/quota-exhausted-error.js';
import type { Ioc } from '../ioc/ioc.js';
import type { LookUpRequest, LookUpResult } from './look-ups.js';
import { LookUpRefused } from './look-up-refused.js';

const evil: Ioc = { type: 'domain', value: 'evil.example.com' };
let world: LookUpWorld;

beforeEach(async () => {
  world = await lookUpWorld();
});

afterEach(() => world.close());

function lookUp(facts: Partial<LookUpRequest> = {}): Promise<LookUpResult> {
  return world.lookUps.lookUp({ organisationId: world.own, subject: evil, priority: 'manual', ...facts });
}

async function refusal(facts: Partial<LookUpRequest> = {}): Promise<LookUpRefused> {
  const error: unknown = await lookUp(facts).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(LookUpRefused);
  return error as LookUpRefused;
}

async function used(): Promise<number> {
  return (await world.usage.read(world.own, world.time.clock.now())).day.used;
}

describe('a look-up', () => {
  it('adds an IOC that is not in the library, keeps what VirusTotal says, and shows it', async () => {
    const { ioc, details, isPaid } = await lookUp({
      subject: { type: 'domain', value: 'EVIL[.]example.com' },
      userId: 'ada',
    });
    expect(ioc).toMatchObject({
      type: 'hostname',
      value: 'evil.example.com',
      verdict: 'suspicious',
      malicious: 3,
      engines: 10,
      enrichedAt: '2026-01-02T03:04:05.678Z',
      createdBy: 'ada',
    });
    expect(details).toMatchObject({ known: true, fetchedAt: '2026-01-02T03:04:05.678Z' });
    expect(details.engines).toHaveLength(10);
    expect(isPaid).toBe(true);
    expect(await world.details.of(world.own, ioc)).toEqual(details);
    expect((await world.enrichments.latest(world.own, ioc.id))?.report).toMatchObject({
      data: { id: 'evil.example.com' },
    });
  });

  it('says which related IOCs are in the library', async () => {
    world.virusTotal().relations = {
      subdomains: [
        { type: 'domain', id: 'a.evil.example.com' },
        { type: 'domain', id: 'b.evil.example.com' },
      ],
    };
    const [sub] = (await world.iocs.import(world.own, [{ type: 'hostname', value: 'b.evil.example.com' }]))
      .ids;
    const { details } = await lookUp();
    expect(details.related.find(({ relation }) => relation === 'subdomains')?.items).toMatchObject([
      { value: 'a.evil.example.com', iocId: null },
      { value: 'b.evil.example.com', iocId: sub },
    ]);
  });

  it('of what VirusTotal does not know says so', async () => {
    world.virusTotal().malicious = () => undefined;
    const { ioc, details } = await lookUp();
    expect(ioc).toMatchObject({ verdict: 'unknown', malicious: null, engines: null });
    expect(details.known).toBe(false);
    expect(await world.details.of(world.own, ioc)).toEqual(details);
  });

  it('is judged by the thresholds of the organisation', async () => {
    await world.organisations.patch(world.own, { suspiciousFrom: 2, maliciousFrom: 3 });
    expect((await lookUp()).ioc.verdict).toBe('malicious');
  });

  it('says what changed since the one before', async () => {
    const { ioc } = await lookUp();
    world.virusTotal().malicious = () => 7;
    await world.time.pass(60_000);
    await lookUp({ subject: { id: ioc.id }, notBefore: world.time.clock.now() });
    const [newest, oldest] = await world.enrichments.history(world.own, ioc.id);
    expect(oldest?.changes).toEqual([]);
    expect(newest?.changes).toMatchObject([
      { what: 'verdict', text: 'Verdict: suspicious → malicious' },
      { what: 'detections', text: 'Detections: 3/10 → 7/10' },
      { what: 'newly-malicious' },
    ]);
  });

  it('within the life of an answer asks nobody, costs no budget, and makes no history', async () => {
    await lookUp();
    await world.time.pass(60_000);
    const { ioc, isPaid } = await lookUp();
    expect(isPaid).toBe(false);
    expect(await used()).toBe(1);
    expect(world.virusTotal().asked).toEqual(['/domains/evil.example.com']);
    expect(await world.enrichments.history(world.own, ioc.id)).toHaveLength(1);
  });

  it('of what is unknown within the life of that answer makes no history either', async () => {
    world.virusTotal().malicious = () => undefined;
    await lookUp();
    await world.time.pass(60_000);
    const { ioc } = await lookUp();
    expect(await world.enrichments.history(world.own, ioc.id)).toHaveLength(1);
  });

  it('that is to be fresh asks VirusTotal', async () => {
    await lookUp();
    await world.time.pass(60_000);
    const { ioc, isPaid } = await lookUp({ notBefore: world.time.clock.now() });
    expect(isPaid).toBe(true);
    expect(await used()).toBe(2);
    expect(await world.enrichments.history(world.own, ioc.id)).toHaveLength(2);
  });

  it('tells whoever looks on of the IOC and the usage', async () => {
    const told: string[] = [];
    world.events.subscribe(world.own, (event) => told.push(event.event));
    const { id: other } = await world.organisations.create({ name: 'Red Team' });
    world.events.subscribe(other, (event) => told.push(`other ${event.event}`));
    await lookUp();
    await settled();
    await settled();
    expect(told).toEqual(['ioc', 'usage']);
  });
});

describe('a look-up is refused', () => {
  it.each<[string, Ioc, string, string]>([
    ['a private address', { type: 'ipv4', value: '192.168.1.7' }, 'caveat', 'as VirusTotal cannot know it'],
    ['what is no IOC', { type: 'sha256', value: 'beef' }, 'invalid', '"beef" is not a SHA-256 hash'],
  ])('of %s, before anything is spent or kept', async (_, subject, code, words) => {
    const { code: given, message } = await refusal({ subject });
    expect(given).toBe(code);
    expect(message).toContain(words);
    expect(await used()).toBe(0);
    expect(await world.iocs.count(world.own, {})).toBe(0);
  });

  it('of IOCs of another organisation, as of those that are not there', async () => {
    const { id: other } = await world.organisations.create({ name: 'Red Team' });
    const [foreign] = (await world.iocs.import(other, [evil])).ids;
    const gone = await refusal({ subject: { id: '0197f000-0000-7000-8000-000000000001' } });
    expect(await refusal({ subject: { id: foreign! } })).toEqual(gone);
    expect(gone.code).toBe('missing');
    expect(world.virusTotal().asked).toEqual([]);
  });

  it('beyond the budget, until it is renewed; what is at hand is had all the same', async () => {
    await world.organisations.patch(world.own, { budgetPerDay: 1 });
    await lookUp();
    const refused = await refusal({ subject: { type: 'domain', value: 'other.example.com' } });
    expect(refused.message).toBe(
      'The daily budget of the organisation (1 look-up) is spent; look-ups are possible again from 2026-01-03 00:00 UTC on, or once a super admin raises the budget.',
    );
    expect(refused.code).toBe('budget');
    expect(refused.retryAfterSeconds(new Date('2026-01-02T23:59:00.000Z'))).toBe(60);
    expect((await lookUp()).isPaid).toBe(false);
    expect(await used()).toBe(1);
    expect(await world.iocs.count(world.own, {})).toBe(1);
  });

  const at = new Date('2026-01-03T00:00:00.000Z');
  it.each([
    [
      'the quota of the key',
      new QuotaExhaustedError(at, 'day'),
      'quota',
      at,
      'The daily VirusTotal quota of the key is used up; look-ups are possible again from 2026-01-03 00:00 UTC on.',
    ],
    [
      'an outage',
      new CircuitOpenError(new Date('2026-01-02T03:00:00.000Z'), at, new Error('no line')),
      'outage',
      at,
      'VirusTotal cannot be reached since 2026-01-02 03:00 UTC; ask again later. The last failure: no line',
    ],
    [
      'a key that is not taken',
      new CredentialsError('set VIRUSTOTAL_TOKEN', {}),
      'key',
      undefined,
      'VirusTotal does not take the API key: it is unknown, revoked, or its account is not active. A super admin must set a valid one.',
    ],
  ])('for %s, and no budget is spent', async (_, error, code, retryAt, message) => {
    world.virusTotal().before = () => Promise.reject(error);
    const refused = await refusal();
    expect(refused).toMatchObject({ code, message, retryAt });
    expect(await used()).toBe(0);
    expect(await world.iocs.count(world.own, {})).toBe(0);
  });

  it('when an answer is lost, and the budget is spent, as the quota is', async () => {
    world.virusTotal().before = async (_path, asker) => {
      await asker.isNeeded?.();
      throw new TransportError('The line broke.');
    };
    expect(await refusal()).toMatchObject({ code: 'outage', message: 'The line broke.' });
    expect(await used()).toBe(1);
  });

  it('when its IOC is deleted meanwhile', async () => {
    const { ioc } = await lookUp();
    world.virusTotal().before = async () => {
      await world.iocs.delete(world.own, { ids: [ioc.id] });
    };
    await world.time.pass(60_000);
    const notBefore = world.time.clock.now();
    expect((await refusal({ subject: { id: ioc.id }, notBefore })).code).toBe('missing');
  });
});
