import {
  BAD_GATEWAY,
  type FaultChance as PlatformChance,
  type PlannedFault,
} from '../../src/simulators/platform/faults.js';
import type { Fault, FaultChance } from '../../src/simulators/virustotal/faults.js';
import type { Chance } from './chance.js';

/** One call to the platform in so many fails. */
const PLATFORM_PERIOD = 40;
/** One call to VirusTotal in so many fails. */
const VIRUSTOTAL_PERIOD = 25;
/** A look-up is tried three times: an object must not be struck more often in a row, or it is rightly reported as failed. */
const MOST_IN_A_ROW = 2;

/**
 * What becomes of calls to the platform: a proxy answers 502, or the connection is dropped; either before the platform
 * has done anything, or when all is done and only the answer is lost.
 */
export function platformChance(chance: Chance): PlatformChance {
  const strikes = chance.onceIn(PLATFORM_PERIOD);
  return () => {
    if (!strikes()) return undefined;
    return chance.oneOf<PlannedFault>([
      { fault: BAD_GATEWAY, afterExecution: false },
      { fault: BAD_GATEWAY, afterExecution: true },
      { fault: { kind: 'reset' }, afterExecution: false },
      { fault: { kind: 'reset' }, afterExecution: true },
    ]);
  };
}

/**
 * What becomes of calls to VirusTotal: they are dropped, hang, or get a 503 or the page of a proxy.
 *
 * @param hangMs - How long one hangs before it is dropped; for as long as the connector has patience when absent.
 */
export function virusTotalChance(chance: Chance, hangMs: number | undefined): FaultChance {
  const strikes = chance.onceIn(VIRUSTOTAL_PERIOD);
  const inARow = new Map<string, number>();
  return ({ method, path }) => {
    const target = `${method} ${path}`;
    const before = inARow.get(target) ?? 0;
    if (!strikes() || before >= MOST_IN_A_ROW) {
      inARow.delete(target);
      return undefined;
    }
    inARow.set(target, before + 1);
    return chance.oneOf<Fault>([
      { kind: 'reset' },
      { kind: 'reset', when: 'in-body' },
      { kind: 'silence', ...(hangMs === undefined ? {} : { forMs: hangMs }) },
      { kind: 'error', status: 503, code: 'TransientError' },
      { kind: 'html', status: chance.oneOf([200, 502, 503]) },
    ]);
  };
}
