import type { DomainReport, FileReport, IpAddressReport, UrlReport } from '../virustotal/schema.js';
import type { Part } from './contribution.js';
import { relatedToDomain, relatedToFile, relatedToIpAddress, relatedToUrl } from './parts/related.js';

/**
 * The parts of the mapping by kind of object, in the order in which they speak in the Note. A new part is a file in
 * `parts/` and a line here; one for every kind of object stands in `everyPart`.
 */
const everyPart: readonly Part[] = [];

export const fileParts: readonly Part<FileReport>[] = [...everyPart, relatedToFile];

export const ipAddressParts: readonly Part<IpAddressReport>[] = [...everyPart, relatedToIpAddress];

export const domainParts: readonly Part<DomainReport>[] = [...everyPart, relatedToDomain];

export const urlParts: readonly Part<UrlReport>[] = [...everyPart, relatedToUrl];
