import { isCertificateFault } from '../../shared/certificate-fault.js';
import { asText, isJsonObject } from '../../shared/json.js';
import { ProxyError } from '../../shared/proxy-error.js';

const CONNECTION_FAULTS = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Whether no connection came about, so that VirusTotal cannot have counted the call, let alone acted on it. */
export function neverArrived(error: unknown): boolean {
  if (!isJsonObject(error)) return false;
  return (
    CONNECTION_FAULTS.has(codeOf(error) ?? '') ||
    error.syscall === 'connect' ||
    error.syscall === 'getaddrinfo' ||
    isDistrusted(error) ||
    error instanceof ProxyError
  );
}

/** Whether the certificate of what answers cannot be verified: nothing was sent to it. */
export function isDistrusted(error: unknown): boolean {
  const code = isJsonObject(error) ? (codeOf(error) ?? '') : '';
  return isCertificateFault(code);
}

/** The short name of a network fault, such as `ECONNREFUSED`; of a proxy the whole story. */
export function faultName(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'time-out';
  if (error instanceof ProxyError) return error.message;
  const code = isJsonObject(error) ? codeOf(error) : undefined;
  return code ?? (error instanceof Error ? error.name : 'unknown fault');
}

function codeOf(error: { readonly code?: unknown }): string | undefined {
  return asText(error.code);
}
