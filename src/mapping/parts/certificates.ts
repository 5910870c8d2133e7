import { createX509Certificate } from '../../stix/create-network.js';
import type { X509Certificate } from '../../stix/objects.js';
import type { Certificate } from '../../virustotal/schema-intelligence.js';
import type { DomainReport, IpAddressReport } from '../../virustotal/schema.js';
import type { MappingContext } from '../context.js';
import type { Part } from '../contribution.js';
import { cell, codeSpan, type CellValue } from '../note-markdown.js';
import { plainText } from '../plain-text.js';
import { relate } from '../relationships.js';
import { stixDate } from '../stix-date.js';

const MAX_NAME = 1000;
/** A key of 16384 bits has 4096 hexadecimal digits. */
const MAX_MODULUS = 4096;
const MAX_ALTERNATIVE_NAMES = 100;
/** OpenCTI's numbers are 32-bit signed integers. */
const MAX_INT = 2_147_483_647;

/**
 * The certificate that a server showed last, as an X509-Certificate to which the address or name is `related-to`. The
 * names it is made out for stand in the Note as well: OpenCTI's workers do not import extensions.
 */
export const certificates: Part<IpAddressReport | DomainReport> = ({ report, context }) => {
  const { certificate } = report;
  if (!context.options.network.certificates || certificate === undefined) return undefined;
  return {
    objects: relate(
      [
        {
          type: 'related-to',
          target: certificateObject(certificate, context),
          description: 'Last HTTPS certificate',
        },
      ],
      context,
    ),
    sections: [{ title: 'Last HTTPS certificate', lines: certificateLines(certificate) }],
    clauses: ['certificate added'],
  };
};

function certificateObject(certificate: Certificate, context: MappingContext): X509Certificate {
  const { sha1, sha256, version, keyModulus, keyExponent } = certificate;
  const line = (text: string | undefined, maxLength = MAX_NAME): string => plainText(text ?? '', maxLength);
  return createX509Certificate(
    {
      hashes: {
        ...(sha1 === undefined ? {} : { 'SHA-1': sha1 }),
        ...(sha256 === undefined ? {} : { 'SHA-256': sha256 }),
      },
      serialNumber: line(certificate.serialNumber, 100),
      version: line(version, 20).replace(/^v(?=\d)/i, ''),
      subject: line(certificate.subject),
      issuer: line(certificate.issuer),
      notBefore: stixDate(certificate.notBefore),
      notAfter: stixDate(certificate.notAfter),
      signatureAlgorithm: line(certificate.signatureAlgorithm, 100),
      keyAlgorithm: line(certificate.keyAlgorithm, 100),
      keyModulus: line((keyModulus ?? '').length > MAX_MODULUS ? undefined : keyModulus, MAX_MODULUS),
      keyExponent: keyExponent !== undefined && keyExponent <= MAX_INT ? keyExponent : undefined,
      alternativeNames: alternativeNames(certificate),
    },
    context,
  );
}

function alternativeNames({ alternativeNames: names }: Certificate): string[] {
  const distinct = new Set(names.slice(0, MAX_ALTERNATIVE_NAMES).map((name) => plainText(name, 255)));
  return [...distinct].filter((name) => name !== '');
}

function certificateLines(certificate: Certificate): string[] {
  const names = certificate.alternativeNames.slice(0, MAX_ALTERNATIVE_NAMES).map(codeSpan);
  const rows: readonly (readonly [string, CellValue])[] = [
    ['Subject', codeSpan(certificate.subject)],
    ['Issuer', codeSpan(certificate.issuer)],
    ['Names', names.filter((name) => name !== undefined)],
    ['Valid from', certificate.notBefore],
    ['Valid until', certificate.notAfter],
    ['Serial number', codeSpan(certificate.serialNumber)],
    ['SHA-256', codeSpan(certificate.sha256)],
    ['SHA-1', codeSpan(certificate.sha1)],
    ['Seen by VirusTotal', certificate.seenAt],
  ];
  return rows
    .filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0))
    .map(([label, value]) => `- **${label}:** ${cell(value)}`);
}
