import type { SimulatedVirusTotal } from '../../app/create-library-look-ups.js';

/** As long as VirusTotal takes on a good day, so that waiting can be seen. */
const LATENCY_MS = 250;

/** Starts the simulator of VirusTotal, which knows something about nearly everything; loaded only where it is needed. */
export async function startLibrarySimulator(): Promise<SimulatedVirusTotal> {
  const [{ startVirusTotalSimulator }, { demoCatalog }, { inventReports }] = await Promise.all([
    import('../../simulators/virustotal/server.js'),
    import('../../simulators/virustotal/samples/demo-catalog.js'),
    import('../../simulators/virustotal/samples/invented-reports.js'),
  ]);
  const now = new Date();
  return startVirusTotalSimulator({
    catalog: demoCatalog(now),
    invent: inventReports(now),
    latencyMs: LATENCY_MS,
  });
}
