import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Broker } from '../../src/simulators/broker/broker.js';
import { installDebianPackage } from '../../src/simulators/broker/debian-package.js';
import { startOwnBroker } from '../../src/simulators/broker/find-broker.js';
import { Chance } from './chance.js';
import { platformChance, virusTotalChance } from './faults.js';
import { Load } from './load.js';
import { Storm } from './storm.js';
import { isSettled, wrongCourse, wrongRequests, type Course } from './verdict.js';
import { startChaosWorld, type ChaosWorld } from './world.js';

/**
 * Everything dies, and nothing is lost (issue 4). `CHAOS_SEED` repeats a run as far as time allows: what is asked, what
 * fails, and how far the requests are when something dies come from it; `CHAOS_REQUESTS` says how many there are, and
 * `CHAOS_VERSION` which platform.
 */

const SEED = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 1_000_000));
const REQUESTS = Number(process.env.CHAOS_REQUESTS ?? 120);
const IS_LONG = REQUESTS >= 500;
const [KILLS, OUTAGES] = IS_LONG ? [5, 2] : [2, 1];
/** Until the connector loses patience, or, in the short form, for a moment. */
const HANG_MS = IS_LONG ? undefined : 1_500;
const CONCURRENCY = IS_LONG ? 16 : 8;
/** As long as nothing at all may be settled: a call that hangs, a pause of the circuit and a reconnection in a row. */
const STALL_MS = IS_LONG ? 150_000 : 40_000;
const TIMEOUT_MS = IS_LONG ? 1_800_000 : 180_000;
/** Requests that wait at the same time; a platform asks for enrichment all day long. */
const MOST_OPEN = Math.max(40, REQUESTS / 5);

const replay = `CHAOS_SEED=${SEED} CHAOS_REQUESTS=${REQUESTS} npm run test:chaos`;

describe('chaos', () => {
  let broker: Broker | undefined;
  let world: ChaosWorld | undefined;

  beforeAll(async () => {
    process.stderr.write(`chaos: ${replay}\n`);
    const log = (message: string): boolean => process.stderr.write(`chaos: ${message}\n`);
    broker = await startOwnBroker(log);
    if (broker === undefined && (await installDebianPackage(log))) broker = await startOwnBroker(log);
  });

  afterAll(async () => {
    await world?.close();
    await broker?.stop();
  });

  it(
    `leaves none of ${REQUESTS} requests lost, stuck or in error`,
    async () => {
      if (broker === undefined) {
        throw new Error('Install rabbitmq-server: the broker of this test is killed, so it must be private.');
      }
      const chance = new Chance(SEED);
      world = await startChaosWorld(broker, {
        version: process.env.CHAOS_VERSION,
        concurrency: CONCURRENCY,
      });
      const { platform, virusTotal, supervisor } = world;
      platform.faults.leaveTo(platformChance(chance.fork()));
      virusTotal.faults.leaveTo(virusTotalChance(chance.fork(), HANG_MS));

      const load = new Load(world, chance.fork());
      const open = new Set<number>();
      const settled = (): number => {
        for (const index of open) if (isSettled(world!, load.sent[index]!)) open.delete(index);
        return load.sent.length - open.size;
      };
      const reached = async (count: number): Promise<void> => {
        for (let before = -1; before < settled();) {
          before = settled();
          const isOver = await platform
            .until(() => settled() >= count, { timeoutMs: STALL_MS })
            .then(() => true)
            .catch(() => false);
          if (isOver) return;
        }
      };
      const storm = new Storm(
        { kills: KILLS, outages: OUTAGES, requests: REQUESTS, broker, supervisor, reached },
        chance.fork(),
      );
      const raging = storm.rage();
      for (let sent = 0; sent < REQUESTS; sent += 1) {
        await reached(sent - MOST_OPEN);
        await load.sendOne();
        open.add(sent);
      }
      await raging;
      await reached(REQUESTS);
      await untilAcknowledged(broker);

      platform.faults.clear();
      virusTotal.faults.clear();
      const { kills, outages } = storm;
      const course: Course = { sent: load.sent, kills, outages, concurrency: CONCURRENCY };
      const exitCode = await supervisor.stop('SIGTERM');
      const left = await platform.queueDepth('listen');
      const unhandled = supervisor.linesAbout(['unhandled', 'uncaught', 'MaxListeners']);
      const wrong = [
        ...wrongRequests(world, course, supervisor),
        ...wrongCourse(world, course),
        ...supervisor.ownEnds,
        ...unhandled.map(({ text }) => `logged: ${text}`),
        ...world.secrets
          .filter((secret) => supervisor.linesAbout([secret]).length > 0)
          .map((secret) => `a secret was logged: ${secret.slice(0, 6)}…`),
        ...(exitCode === 0 ? [] : [`the connector stopped with ${exitCode}`]),
        ...(left === 0 ? [] : [`${left} requests wait in the queue`]),
      ];
      expect(kills).toHaveLength(KILLS);
      expect(wrong, `${replay}\n${storm.told.join('\n')}\n${wrong.join('\n')}\n`).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

/** What a broker forgot to be acknowledged when it was killed comes again, however long it is settled. */
async function untilAcknowledged({ control }: Broker): Promise<void> {
  const until = Date.now() + STALL_MS;
  while (Date.now() < until) {
    const messages = await control?.command('list_queues', '--quiet', '--no-table-headers', 'messages');
    if (!/[1-9]/.test(messages ?? '')) return;
    await pause(250);
  }
}
