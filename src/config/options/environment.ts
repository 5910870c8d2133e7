import { path, text } from '../formats.js';
import { pem, proxyUrl, secretUrl } from '../network-formats.js';
import { option, optional } from '../option.js';

/** The network between this process and everything it talks to over HTTP (protocol reference §14). */
export const network = {
  https_ca_certificates: optional({
    doc: 'More certificate authorities to trust for every HTTPS connection, beside those known to Node.js.',
    env: 'HTTPS_CA_CERTIFICATES',
    type: pem,
    example: '/run/secrets/ca.pem',
  }),
  http_proxy: optional({
    doc: 'Proxy for servers with http URLs, to which requests go without a tunnel.',
    env: 'HTTP_PROXY',
    otherEnv: [{ name: 'http_proxy', deprecated: false }],
    type: proxyUrl,
    secret: true,
    example: 'http://proxy.example.com:3128',
  }),
  https_proxy: optional({
    doc: 'Proxy for servers with https URLs, through tunnels.',
    env: 'HTTPS_PROXY',
    otherEnv: [{ name: 'https_proxy', deprecated: false }],
    type: proxyUrl,
    secret: true,
    example: 'http://proxy.example.com:3128',
  }),
  no_proxy: optional({
    doc: 'Hosts with everything below them, addresses and networks (10.0.0.0/8) that are reached without a proxy, each with or without a port, separated by commas; * for all.',
    env: 'NO_PROXY',
    otherEnv: [{ name: 'no_proxy', deprecated: false }],
    type: text,
    example: 'opencti,rabbitmq,localhost',
  }),
};

/** Where this process keeps what must survive a restart. */
export const state = {
  path: option({
    doc: 'SQLite file that holds what must survive a restart: the quota used, the cached reports, and the requests that wait for an analysis. Not on a network file system.',
    env: 'STATE_PATH',
    type: path,
    default: 'state/connector.sqlite',
  }),
  redis_url: optional({
    doc: 'Redis in which replicas with one VirusTotal key share the quota used, the cached reports, and the requests that wait for an analysis, in place of the file; rediss:// for TLS.',
    env: 'STATE_REDIS_URL',
    type: secretUrl,
    secret: true,
    example: 'redis://redis:6379',
  }),
};
