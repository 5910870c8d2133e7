import { describe, expect, it } from 'vitest';

import {
  CredentialsError,
  failureFromAnswer,
  failureWithoutEnvelope,
  ForbiddenError,
  InvalidArgumentError,
  QuotaExceededError,
  TemporaryFailureError,
  TooManyRequestsError,
  TransportError,
  VirusTotalError,
} from './errors.js';

describe('failureFromAnswer', () => {
  it.each([
    [400, 'BadRequestError', InvalidArgumentError, 'invalid'],
    [400, 'InvalidArgumentError', InvalidArgumentError, 'invalid'],
    [400, 'NotAvailableYet', VirusTotalError, 'transient'],
    [400, 'NotAvailableYetError', VirusTotalError, 'transient'],
    [401, 'AuthenticationRequiredError', CredentialsError, 'configuration'],
    [401, 'UserNotActiveError', CredentialsError, 'configuration'],
    [401, 'WrongCredentialsError', CredentialsError, 'configuration'],
    [403, 'ForbiddenError', ForbiddenError, 'configuration'],
    [404, 'NotFoundError', VirusTotalError, 'defect'],
    [409, 'AlreadyExistsError', VirusTotalError, 'defect'],
    [424, 'FailedDependencyError', TemporaryFailureError, 'transient'],
    [429, 'QuotaExceededError', QuotaExceededError, 'transient'],
    [429, 'QuotaExceeded', QuotaExceededError, 'transient'],
    [429, 'TooManyRequestsError', TooManyRequestsError, 'transient'],
    [429, 'SomethingNew', TooManyRequestsError, 'transient'],
    [503, 'TransientError', TemporaryFailureError, 'transient'],
    [504, 'DeadlineExceededError', TemporaryFailureError, 'transient'],
    [500, 'QuotaExceededError', TemporaryFailureError, 'transient'],
    [403, 'WrongCredentialsError', ForbiddenError, 'configuration'],
    [413, 'PayloadTooLargeError', InvalidArgumentError, 'invalid'],
    [414, undefined, InvalidArgumentError, 'invalid'],
    [418, undefined, VirusTotalError, 'defect'],
  ])('classifies %i %s by status first, then by code', (status, code, type, kind) => {
    const error = failureFromAnswer({ status, code, message: 'x' });
    expect(error.constructor).toBe(type);
    expect(error).toMatchObject({ kind, status, code, name: type.name });
  });

  it('tells what to do about each fault of the key', () => {
    const messageOf = (code: string): string =>
      failureFromAnswer({ status: 401, code, message: undefined }).message;
    expect(messageOf('WrongCredentialsError')).toBe(
      'VirusTotal rejected the API key; set VIRUSTOTAL_TOKEN to a valid one.',
    );
    expect(messageOf('UserNotActiveError')).toBe(
      'The VirusTotal account of the API key is not active; activate it, or set VIRUSTOTAL_TOKEN to the key of another account.',
    );
    expect(messageOf('AuthenticationRequiredError')).toBe(
      'VirusTotal received no API key; set VIRUSTOTAL_TOKEN, and check that no proxy removes the header x-apikey.',
    );
  });

  it('says that a value is too long', () => {
    expect(failureWithoutEnvelope(414).message).toBe('The value is too long for VirusTotal (HTTP 414).');
    expect(failureFromAnswer({ status: 413, code: 'X', message: 'x' }).message).toBe(
      'The value is too long for VirusTotal (HTTP 413).',
    );
  });

  it("quotes VirusTotal's own words in one line and cut to size", () => {
    const message = `Unable to\n canonicalize\u202E url\0 ${'x'.repeat(300)}`;
    expect(failureFromAnswer({ status: 400, code: 'InvalidArgumentError', message }).message).toBe(
      `VirusTotal does not accept this value (InvalidArgumentError: Unable to canonicalize url ${'x'.repeat(173)}…); correct it.`,
    );
  });
});

describe('failureWithoutEnvelope', () => {
  it.each([
    [204, TooManyRequestsError, 'transient'],
    [302, TransportError, 'configuration'],
    [401, CredentialsError, 'configuration'],
    [403, TransportError, 'configuration'],
    [404, TransportError, 'configuration'],
    [407, TransportError, 'configuration'],
    [408, TransportError, 'transient'],
    [413, InvalidArgumentError, 'invalid'],
    [414, InvalidArgumentError, 'invalid'],
    [429, TooManyRequestsError, 'transient'],
    [502, TransportError, 'transient'],
  ])('takes HTTP %i for an answer of something in between', (status, type, kind) => {
    const error = failureWithoutEnvelope(status);
    expect(error.constructor).toBe(type);
    expect(error).toMatchObject({ kind, status });
  });
});
