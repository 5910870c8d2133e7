import { rootCertificates } from 'node:tls';
import { readPem } from '../../shared/http-dispatcher.js';

/** Where the platform's RabbitMQ is, as registration says or as the operator overrides (`MQ_*`). */
export interface BrokerConnection {
  readonly host: string;
  readonly port: number;
  readonly vhost: string;
  readonly useSsl: boolean;
  readonly user: string;
  readonly pass: string;
}

/** TLS towards the broker (`MQ_USE_SSL_*`); used only when the connection asks for TLS. */
export interface BrokerTls {
  /** PEM text or path; trusted beside the authorities that Node knows, as in the Python client. */
  readonly ca?: string | undefined;
  /** Client certificate, PEM text or path. */
  readonly cert?: string | undefined;
  /** Key of the client certificate, PEM text or path. */
  readonly key?: string | undefined;
  readonly passphrase?: string | undefined;
  /** Whether the broker's certificate is checked. */
  readonly rejectUnauthorized: boolean;
}

export interface TlsSocketOptions {
  readonly ca?: string[];
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  readonly rejectUnauthorized: boolean;
}

/**
 * Options for the TLS socket.
 *
 * @throws ConnectorError (`configuration`) when a PEM file cannot be read.
 */
export function tlsSocketOptions(tls: BrokerTls): TlsSocketOptions {
  return {
    rejectUnauthorized: tls.rejectUnauthorized,
    ...(tls.ca === undefined ? {} : { ca: [...rootCertificates, readPem(tls.ca)] }),
    ...(tls.cert === undefined ? {} : { cert: readPem(tls.cert) }),
    ...(tls.key === undefined ? {} : { key: readPem(tls.key) }),
    ...(tls.passphrase === undefined ? {} : { passphrase: tls.passphrase }),
  };
}
