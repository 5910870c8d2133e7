import { describe, expect, it } from 'vitest';
import {
  contextFor,
  domainReport,
  indicatorContextFor,
  plainOptions,
} from '../../../test/helpers/mapping-samples.js';
import type { StixId } from '../../stix/objects.js';
import type { Certificate } from '../../virustotal/schema-intelligence.js';
import { noExtras } from '../contribution.js';
import { readVerdict } from '../score.js';
import { certificates } from './certificates.js';

const DOMAIN: StixId = 'domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7';
const SHA1 = 'da39a3ee5e6b4b0d3255bfef95601890afd80709';
const SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const on = { options: { network: { ...plainOptions.network, certificates: true } } };

const certificate: Certificate = {
  sha256: SHA256,
  sha1: SHA1,
  serialNumber: 'f6dd595b0c28',
  version: 'V3',
  subject: 'CN=example.com',
  issuer: 'C=US, O=Example CA',
  notBefore: new Date('2025-07-07T08:35:58Z'),
  notAfter: new Date('2025-09-29T08:35:57Z'),
  signatureAlgorithm: 'sha256RSA',
  keyAlgorithm: 'RSA',
  keyModulus: 'abcdef',
  keyExponent: 65_537,
  alternativeNames: ['example.com', '*.example.com', 'example.com', '198.51.100.3'],
  seenAt: new Date('2026-01-01'),
};

function made(
  changes: Partial<Certificate> = {},
  context = contextFor('Domain-Name', 'example.com', DOMAIN, on),
) {
  const report = domainReport({ certificate: { ...certificate, ...changes } });
  return certificates({ report, verdict: readVerdict(report), context, extras: noExtras });
}

describe('the last certificate of a server', () => {
  it('becomes an X509-Certificate to which the name is related', () => {
    expect(made()?.objects).toEqual([
      {
        type: 'x509-certificate',
        // By SHA-1, as OpenCTI chooses among hashes.
        id: 'x509-certificate--fa6e66a5-f019-51f9-8ab5-812023e58c6e',
        spec_version: '2.1',
        object_marking_refs: ['marking-definition--f88d31f6-486f-44da-b317-01333bde0b82'],
        x_opencti_created_by_ref: 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756',
        hashes: { 'SHA-1': SHA1, 'SHA-256': SHA256 },
        version: '3',
        serial_number: 'f6dd595b0c28',
        signature_algorithm: 'sha256RSA',
        issuer: 'C=US, O=Example CA',
        validity_not_before: '2025-07-07T08:35:58.000Z',
        validity_not_after: '2025-09-29T08:35:57.000Z',
        subject: 'CN=example.com',
        subject_public_key_algorithm: 'RSA',
        subject_public_key_modulus: 'abcdef',
        subject_public_key_exponent: 65_537,
        x509_v3_extensions: { subject_alternative_name: 'example.com, *.example.com, 198.51.100.3' },
      },
      expect.objectContaining({
        relationship_type: 'related-to',
        source_ref: DOMAIN,
        target_ref: 'x509-certificate--fa6e66a5-f019-51f9-8ab5-812023e58c6e',
        description: 'Last HTTPS certificate',
      }),
    ]);
  });

  it('is described in the Note', () => {
    expect(made()?.sections).toEqual([
      {
        title: 'Last HTTPS certificate',
        lines: [
          '- **Subject:** `CN=example.com`',
          '- **Issuer:** `C=US, O=Example CA`',
          '- **Names:** `example.com`, `*.example.com`, `example.com`, `198.51.100.3`',
          '- **Valid from:** 2025-07-07 08:35:58 UTC',
          '- **Valid until:** 2025-09-29 08:35:57 UTC',
          '- **Serial number:** `f6dd595b0c28`',
          `- **SHA-256:** \`${SHA256}\``,
          `- **SHA-1:** \`${SHA1}\``,
          '- **Seen by VirusTotal:** 2026-01-01 00:00:00 UTC',
        ],
      },
    ]);
  });

  it('is known to be self-signed when issuer and subject are one', () => {
    expect(made({ issuer: 'CN=example.com' })?.objects?.[0]).toMatchObject({ is_self_signed: true });
    expect(made({ issuer: undefined, subject: undefined })?.objects?.[0]).not.toHaveProperty(
      'is_self_signed',
    );
  });

  it('leaves out what the platform cannot hold', () => {
    const [object] =
      made({
        keyExponent: 2 ** 31,
        keyModulus: 'a'.repeat(5000),
        notBefore: new Date('1950-01-01'),
        alternativeNames: ['\0', '\u202e'],
        issuer: `x\0${'y'.repeat(2000)}`,
      })?.objects ?? [];
    for (const property of [
      'subject_public_key_exponent',
      'subject_public_key_modulus',
      'validity_not_before',
      'x509_v3_extensions',
    ])
      expect(object).not.toHaveProperty(property);
    expect(object?.issuer).toBe(`x${'y'.repeat(998)}…`);
  });

  it('hangs on the observable when an Indicator is enriched', () => {
    const types = made({}, indicatorContextFor('Domain-Name', 'example.com', on))?.objects?.map(
      ({ type }) => type,
    );
    expect(types).toEqual(['domain-name', 'relationship', 'x509-certificate', 'relationship']);
  });

  it('is left out with the option off', () => {
    expect(made({}, contextFor('Domain-Name', 'example.com', DOMAIN))).toBeUndefined();
  });
});
