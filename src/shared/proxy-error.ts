import { isCertificateFault } from './certificate-fault.js';
import { asText, isJsonObject } from './json.js';

/** What a proxy is called in messages: where it is, without its credentials, and where that is written. */
export interface ProxyName {
  /** Host and port. */
  readonly host: string;
  readonly variable: 'HTTP_PROXY' | 'HTTPS_PROXY';
}

/**
 * A proxy cannot be reached, or does not let a request through: nothing of the request has arrived where it should. The
 * message is a part of a sentence, for whoever knows what the request was for.
 */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  /** A Node or undici code, or `PROXY_<status>`. */
  readonly code: string;

  private constructor(message: string, code: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    // Not that of the cause: undici treats some of them in a special way when a connection fails.
    this.code = code;
  }

  /** The proxy answered in place of the server. */
  static refused(proxy: ProxyName, status: number): ProxyError {
    const remedy =
      status === 407
        ? `it wants a user name and a password, or others than ${proxy.variable} has`
        : 'see what it allows, or list the server in NO_PROXY';
    return new ProxyError(
      `the proxy ${describe(proxy)} answered HTTP ${status}; ${remedy}`,
      `PROXY_${status}`,
    );
  }

  /** There is no connection to the proxy. */
  static unreachable(proxy: ProxyName, cause: unknown): ProxyError {
    const code = codeOf(cause);
    if (isCertificateFault(code)) {
      return new ProxyError(
        `the certificate of the proxy ${describe(proxy)} is not trusted (${code}); name its CA in HTTPS_CA_CERTIFICATES`,
        `PROXY_${code}`,
        cause,
      );
    }
    return new ProxyError(
      `there is no connection to the proxy ${describe(proxy)} (${code}); check ${proxy.variable}, and that the proxy is up`,
      `PROXY_${code}`,
      cause,
    );
  }
}

function describe({ host, variable }: ProxyName): string {
  return `${host} of ${variable}`;
}

/** A failed connection to several addresses is an AggregateError, which has the code of the first. */
function codeOf(error: unknown): string {
  return (isJsonObject(error) ? asText(error.code) : undefined) ?? 'NETWORK_ERROR';
}
