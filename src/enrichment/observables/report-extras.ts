import type { Observable } from '../../mapping/context.js';
import { noExtras, type ReportExtras } from '../../mapping/contribution.js';
import type { Report } from '../../virustotal/schema.js';
import type { ExtrasContext } from './definition.js';
import { furtherAnswers } from './further-answers.js';
import { definitionOf } from './registry.js';

/**
 * Everything that mapping needs beyond the report itself: what this type of observable has, and what several have.
 *
 * @throws what `onLoss` throws.
 */
export async function reportExtras(
  report: Report,
  observable: Observable,
  context: ExtrasContext,
): Promise<ReportExtras> {
  const [own, further] = await Promise.all([
    definitionOf(observable.type)?.extras(report, observable, context),
    furtherAnswers(report, context),
  ]);
  return { ...noExtras, ...own, ...further };
}
