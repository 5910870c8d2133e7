import { inspect } from 'node:util';
import { ConnectorError, describeError } from '../../shared/connector-error.js';
import { ProxyError } from '../../shared/proxy-error.js';
import { TransportError, VirusTotalError } from '../errors.js';
import { encodePathSegment } from '../gui-link.js';
import { faultName, isDistrusted, neverArrived } from './network-fault.js';

/** Makes errors of what the network throws, none of which holds the API key, not even in a cause. */
export class KeyFreeFailures {
  constructor(private readonly apiKey: string) {}

  /** The error for anything that an exchange throws. */
  of(error: unknown): VirusTotalError {
    if (error instanceof VirusTotalError) return error;
    const details = { cause: this.cause(error), untouched: neverArrived(error) };
    const fault = this.text(faultName(error));
    if (error instanceof ProxyError)
      return new TransportError(`VirusTotal could not be reached: ${fault}.`, details);
    if (isDistrusted(error)) {
      return new TransportError(
        `The certificate of what answers for VirusTotal is not trusted (${fault}); if a proxy inspects TLS, name its CA in HTTPS_CA_CERTIFICATES.`,
        details,
        'configuration',
      );
    }
    return new TransportError(
      `VirusTotal could not be reached (${fault}); check network and proxy, or try again later.`,
      details,
    );
  }

  /** The error for a call that ended because the connector stops. */
  ofStop(error: unknown): VirusTotalError {
    if (error instanceof VirusTotalError) return error;
    return new TransportError('The connector stopped before VirusTotal answered; ask again.', {
      cause: this.cause(error),
    });
  }

  /** The error for a body that could not be read where it comes from. */
  ofSource(error: unknown): ConnectorError {
    if (error instanceof ConnectorError) return error;
    return new ConnectorError(
      `What was to be sent to VirusTotal could not be read (${this.text(faultName(error))}); ask again later.`,
      'transient',
      { cause: this.cause(error), untouched: true },
    );
  }

  /** The text without the key. */
  text(text: string): string {
    return text.replaceAll(this.apiKey, '[key]').replaceAll(encodePathSegment(this.apiKey), '[key]');
  }

  private cause(error: unknown): unknown {
    return inspect(error, { depth: 10 }).includes(this.apiKey)
      ? new Error(this.text(describeError(error)))
      : error;
  }
}
