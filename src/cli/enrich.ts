import { createPacedVirusTotal } from '../app/create-virustotal.js';
import { gateOptions, mappingOptions } from '../app/mapping-options.js';
import { openState } from '../app/open-state.js';
import { createEnrich } from '../enrichment/enrich.js';
import { systemClock } from '../shared/clock.js';
import { noTelemetry } from '../shared/telemetry.js';
import { createBundle } from '../stix/bundle.js';
import { loadCommandContext } from './load-config.js';
import { entityFromValue } from './observable-argument.js';
import { presentOutcome } from './present-outcome.js';
import { standAloneRequest } from './stand-alone-request.js';

/**
 * Looks one value up without any platform and prints what the connector would hand over.
 *
 * @param json - Print the STIX bundle instead of a table.
 * @returns the exit code: 0 when there was an answer (also "unknown"), 1 otherwise.
 * @throws ConnectorError when the value or the configuration cannot be used.
 */
export async function enrichValue(
  value: string,
  json: boolean,
  configFile: string | undefined,
): Promise<number> {
  const { entityType, entity } = entityFromValue(value);
  const { config, logger } = loadCommandContext(configFile, ['opencti']);
  const services = { logger, clock: systemClock, telemetry: noTelemetry };
  const store = await openState(config, services);
  const paced = createPacedVirusTotal(config, store, services);
  const enrich = createEnrich({
    entities: { readEntity: () => Promise.resolve(undefined) },
    virusTotal: paced.virusTotal,
    clock: systemClock,
    logger,
    gate: { ...gateOptions(config), scope: [] },
    mapping: mappingOptions(config),
    manualMaxAgeMs: config.virustotal.manualMaxAgeMinutes * 60_000,
  });
  const how = { mode: 'manual', receivedAt: systemClock.now() } as const;
  // oxlint-disable-next-line typescript/no-misused-promises -- finally waits for what it is given (ADR 27)
  const outcome = await enrich(standAloneRequest(entity, entityType, how)).finally(async () => {
    await paced.close();
    await store.close();
  });
  const answered = outcome.status === 'enriched' || outcome.status === 'unknown';
  if (!answered) {
    console.error(outcome.message);
    return 1;
  }
  if (!json) {
    console.log(presentOutcome(outcome));
  } else {
    const objects = outcome.status === 'enriched' ? [outcome.leanEntity, ...outcome.objects] : [];
    console.log(JSON.stringify(createBundle(objects), undefined, 2));
    if (outcome.status === 'unknown') console.error(outcome.message);
  }
  return 0;
}
