import type { FastifyRequest } from 'fastify';
import { ConnectorError } from '../../shared/connector-error.js';
import { principalOf } from './access.js';
import type { IocParts } from './ioc-parts.js';
import { Refusal } from './refusal.js';

/** What came of looking up what was imported. */
export interface EnrichmentOfImport {
  readonly jobId?: string;
  /** A sentence: why nothing was started. */
  readonly notice?: string;
}

/**
 * Whether whoever imports wants look-ups, and may have them.
 *
 * @throws Refusal when they are asked for with a token that is not for look-ups.
 */
export async function wantsEnrichment(
  request: FastifyRequest,
  { organisations }: IocParts,
  asked: boolean,
): Promise<boolean> {
  const { scopes, organisationId } = principalOf(request);
  const mayLookUp = scopes === undefined || scopes.includes('lookup');
  if (asked && !mayLookUp)
    throw new Refusal(403, 'The API token lacks the scope lookup; make another one, or leave "enrich" out.');
  if (asked || !mayLookUp) return asked;
  return (await organisations.get(organisationId))?.autoEnrich === true;
}

/** Looks up what was imported, by a job. The import stands whatever comes of it, so that faults are a notice. */
export async function enrichImported(
  request: FastifyRequest,
  { startBulk }: IocParts,
  ids: readonly string[],
): Promise<EnrichmentOfImport> {
  if (ids.length === 0) return {};
  try {
    return { jobId: (await startBulk(principalOf(request), ids)).id };
  } catch (error) {
    const isForPersons =
      error instanceof Refusal || (error instanceof ConnectorError && error.kind !== 'defect');
    if (isForPersons) return { notice: error.message };
    request.log.error({ err: error }, 'the look-ups of an import could not be started');
    return { notice: 'The look-ups could not be started; start them from the list.' };
  }
}
