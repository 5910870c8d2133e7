import { asText, isJsonObject } from '../../shared/json.js';

const CONNECTION_FAULTS = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** How undici says that a proxy would not open the tunnel; it has no code of its own for that. */
const TUNNEL_REFUSAL = /^Proxy response \((\d{3})\)/;

/** Whether no connection came about, so that VirusTotal cannot have counted the call, let alone acted on it. */
export function neverArrived(error: unknown): boolean {
  if (!isJsonObject(error)) return false;
  return (
    CONNECTION_FAULTS.has(codeOf(error) ?? '') ||
    error.syscall === 'connect' ||
    error.syscall === 'getaddrinfo' ||
    isDistrusted(error) ||
    tunnelStatus(error) !== undefined
  );
}

/** Whether the certificate of what answers cannot be verified: nothing was sent to it. */
export function isDistrusted(error: unknown): boolean {
  const code = isJsonObject(error) ? (codeOf(error) ?? '') : '';
  return /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_)/.test(code);
}

/** The HTTP status with which a proxy refused to open a tunnel. */
export function tunnelStatus(error: unknown): number | undefined {
  const status = error instanceof Error ? TUNNEL_REFUSAL.exec(error.message)?.[1] : undefined;
  return status === undefined ? undefined : Number(status);
}

/** The short name of a network fault, such as `ECONNREFUSED`. */
export function faultName(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'time-out';
  const status = tunnelStatus(error);
  if (status !== undefined) return `the proxy answered HTTP ${status}`;
  const code = isJsonObject(error) ? codeOf(error) : undefined;
  return code ?? (error instanceof Error ? error.name : 'unknown fault');
}

function codeOf(error: { readonly code?: unknown }): string | undefined {
  return asText(error.code);
}
