import { cyberObservable, domainObject, optional, stixTimestamp, type Provenance } from './create.js';
import { identityId, x509CertificateId, type Hashes } from './ids.js';
import type { Identity, X509Certificate } from './objects.js';

export interface X509CertificateInput {
  /** STIX names; at least one. */
  readonly hashes: Hashes;
  readonly serialNumber?: string | undefined;
  /** `3` of version 3. */
  readonly version?: string | undefined;
  readonly subject?: string | undefined;
  readonly issuer?: string | undefined;
  readonly notBefore?: Date | undefined;
  readonly notAfter?: Date | undefined;
  readonly signatureAlgorithm?: string | undefined;
  readonly keyAlgorithm?: string | undefined;
  readonly keyModulus?: string | undefined;
  /** OpenCTI stores 32-bit signed integers. */
  readonly keyExponent?: number | undefined;
  /** Names and addresses. OpenCTI's workers do not import them; other readers of the bundle do. */
  readonly alternativeNames?: readonly string[] | undefined;
}

/**
 * An X.509 certificate (STIX 2.1 §6.18).
 *
 * @throws TypeError when there is no hash.
 * @throws RangeError when a date is invalid.
 */
export function createX509Certificate(
  certificate: X509CertificateInput,
  provenance: Provenance,
): X509Certificate {
  const { hashes, subject, issuer, notBefore, notAfter, alternativeNames = [] } = certificate;
  return {
    type: 'x509-certificate',
    id: x509CertificateId(hashes),
    ...cyberObservable(provenance),
    hashes,
    ...(subject !== undefined && subject !== '' && subject === issuer ? { is_self_signed: true } : {}),
    ...optional('version', certificate.version),
    ...optional('serial_number', certificate.serialNumber),
    ...optional('signature_algorithm', certificate.signatureAlgorithm),
    ...optional('issuer', issuer),
    ...optional('validity_not_before', notBefore && stixTimestamp(notBefore)),
    ...optional('validity_not_after', notAfter && stixTimestamp(notAfter)),
    ...optional('subject', subject),
    ...optional('subject_public_key_algorithm', certificate.keyAlgorithm),
    ...optional('subject_public_key_modulus', certificate.keyModulus),
    ...optional('subject_public_key_exponent', certificate.keyExponent),
    ...(alternativeNames.length === 0
      ? {}
      : { x509_v3_extensions: { subject_alternative_name: alternativeNames.join(', ') } }),
  };
}

/**
 * An organisation, known by its name (STIX 2.1 §4.5).
 *
 * @throws RangeError when the provenance's date is invalid.
 */
export function createOrganization(name: string, provenance: Provenance): Identity {
  return {
    type: 'identity',
    id: identityId(name, 'organization'),
    ...domainObject(provenance),
    name,
    identity_class: 'organization',
  };
}
