import { sampleIp } from '../src/simulators/virustotal/samples/reports.js';
import type { BenchWorld } from './bench-world.js';

/** Adds public addresses, none twice, to VirusTotal and the platform; returns the ids of the entities. */
export function addAddresses({ virusTotal, platform }: BenchWorld, count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const value = addressOf(index);
    virusTotal.catalog.addIp(value, sampleIp(value, { verdicts: { malicious: index % 20 } }));
    return platform.addObservable('IPv4-Addr', { value }).standardId;
  });
}

/**
 * Enriches addresses that were not asked for before.
 *
 * @returns how long that took, in seconds.
 * @throws Error when not every request was one look-up, or when a work has errors.
 */
export async function enrichAddresses(world: BenchWorld, entityIds: readonly string[]): Promise<number> {
  world.virusTotal.log.clear();
  const seconds = await world.enrich(entityIds);
  const lookUps = world.virusTotal.log.lookUps().length;
  if (lookUps !== entityIds.length) {
    throw new Error(`${entityIds.length} requests were ${lookUps} look-ups.`);
  }
  return seconds;
}

function addressOf(index: number): string {
  return `8.${8 + Math.floor(index / 62_500)}.${Math.floor(index / 250) % 250}.${(index % 250) + 1}`;
}
