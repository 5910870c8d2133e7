import { createAutonomousSystem } from '../stix/create.js';
import type { AutonomousSystem } from '../stix/objects.js';
import type { IpAddressReport } from '../virustotal/schema.js';
import type { MappingContext } from './context.js';
import { plainText } from './plain-text.js';

/** OpenCTI stores AS numbers as 32-bit signed integers; a bigger one fails in its worker. */
const MAX_AS_NUMBER = 2_147_483_647;

const MAX_NAME_LENGTH = 255;

/** The autonomous system that announces an address; `undefined` when there is none that the platform can hold. */
export function autonomousSystemOf(
  { asn, asOwner, registry }: IpAddressReport,
  context: MappingContext,
): AutonomousSystem | undefined {
  if (asn === undefined || !Number.isInteger(asn) || asn < 1 || asn > MAX_AS_NUMBER) return undefined;
  const name = plainText(asOwner ?? '', MAX_NAME_LENGTH);
  const rir = plainText(registry ?? '', MAX_NAME_LENGTH);
  return createAutonomousSystem({ number: asn, name, rir }, context);
}
