/**
 * How much faster are requests settled side by side? The same 200 automatic enrichments, through a real RabbitMQ, at
 * concurrency 1 and at concurrency 32, with a VirusTotal that takes 200 ms for each answer. Both runs happen in one
 * call of this script, each after a warm-up; what counts is their ratio.
 *
 *   npm run bench            # needs RabbitMQ as the tests do
 */
import { addAddresses, enrichAddresses } from './addresses.js';
import { startBenchWorld, withBroker } from './bench-world.js';

const REQUESTS = 200;
/** Requests before the clock starts. */
const WARM_UP = 64;
const LATENCY_MS = 200;
const WANTED_RATIO = 15;
const CONCURRENCIES = [1, 32] as const;

await withBroker(async (broker) => {
  const results: number[] = [];
  for (const concurrency of CONCURRENCIES) {
    const world = await startBenchWorld({ broker, concurrency, latencyMs: LATENCY_MS });
    try {
      // A daemon runs for weeks; what it does in its first second, while code is compiled, says nothing.
      const entityIds = addAddresses(world, WARM_UP + REQUESTS);
      await enrichAddresses(world, entityIds.slice(0, WARM_UP));
      const seconds = await enrichAddresses(world, entityIds.slice(WARM_UP));
      results.push(seconds);
      console.log(
        `concurrency ${String(concurrency).padStart(2)}: ${REQUESTS} requests in ${seconds.toFixed(2)} s (${(REQUESTS / seconds).toFixed(1)} per second)`,
      );
    } finally {
      await world.close();
    }
  }
  const [alone = NaN, together = NaN] = results;
  console.log(`ratio: ${(alone / together).toFixed(1)} times as fast (wanted: more than ${WANTED_RATIO})`);
  if (!(alone / together > WANTED_RATIO)) process.exitCode = 1;
});
