import type { JobRecord, JobStore } from '../store/job-store.js';
import type { LookUpEngine } from './look-up-engine.js';

const NO_KEY =
  'It was begun with a key of VirusTotal, and none is set now: set VIRUSTOTAL_TOKEN, or the key in the settings, and it goes on. The simulator does not answer for VirusTotal.';

/**
 * Pauses the jobs that were begun with a real key while only the simulator answers: their IOCs shall not be looked up
 * there, as they would count as done.
 *
 * @returns Those that were paused.
 */
export async function pauseWithoutKey(
  running: readonly JobRecord[],
  { engine, jobs }: { readonly engine: LookUpEngine; readonly jobs: JobStore },
): Promise<readonly JobRecord[]> {
  const since = running.length === 0 ? undefined : await engine.simulatedSince();
  if (since === undefined) return [];
  const begunBefore = running.filter(({ createdAt }) => createdAt < since.toISOString());
  for (const { organisationId, id } of begunBefore) await jobs.pause(organisationId, id, NO_KEY);
  return begunBefore;
}
