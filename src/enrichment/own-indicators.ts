import { clearanceOf } from '../mapping/clearance.js';
import type { Observable } from '../mapping/context.js';
import type { MappingOptions } from '../mapping/options.js';
import { ownPatterns, ownSince } from '../mapping/own-indicator.js';
import { readVerdict } from '../mapping/score.js';
import { indicatorId } from '../stix/ids.js';
import type { StixObject } from '../stix/objects.js';
import type { Report } from '../virustotal/schema.js';
import type { IndicatorReader } from './ports.js';
import type { EnrichmentRequest } from './request.js';

/**
 * The valid Indicators that earlier reports on an observable made, as the platform holds them now. The platform is asked
 * only when the verdict clears the object and the option wants that followed: an Indicator cannot be revoked without
 * knowing that it is there, or it would come to be by that.
 *
 * @throws ConnectorError when the platform cannot be asked.
 */
export async function readOwnIndicators(
  report: Report,
  observable: Observable,
  {
    indicators,
    mapping,
  }: { readonly indicators?: IndicatorReader | undefined; readonly mapping: MappingOptions },
  request: EnrichmentRequest,
): Promise<readonly StixObject[]> {
  if (indicators === undefined || !mapping.indicators.followVerdict) return [];
  const verdict = readVerdict(report, mapping.trustedEngines);
  if (clearanceOf(report, verdict, mapping) === undefined) return [];
  const found = await Promise.all(
    ownPatterns(report, observable).map((pattern) => indicators.readIndicator(indicatorId(pattern), request)),
  );
  const own = found
    .filter((entity) => entity !== undefined)
    .filter((entity) => ownSince(entity) !== undefined);
  return own as unknown as readonly StixObject[];
}
