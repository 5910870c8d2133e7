import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { TLP_VALUES } from '../stix/markings.js';
import { closest } from './closest.js';
import type { Fault, Warning } from './findings.js';
import { isPemText, isPlaceholder } from './network-formats.js';
import { SUPPORTED_SCOPE } from './options/connector.js';
import type { Config } from './schema.js';

/** What a rule found; faults need no variable and source, `loadConfig` knows them. */
export interface RuleResult {
  readonly faults?: readonly Fault[];
  readonly warnings?: readonly Warning[];
}

/** Something that cannot be told from one value alone. */
export interface Rule {
  /** Paths of the options it looks at; it is left out when one of them, or its section, is faulty already. */
  readonly concerns: readonly string[];
  readonly check: (config: Config, cwd: string) => RuleResult;
}

const warn = (message: string): Warning => ({ level: 'warning', message });

const connectorId: Rule = {
  concerns: ['connector.id'],
  check: ({ connector: { id } }) => {
    if (isPlaceholder(id)) {
      return {
        warnings: [
          warn(
            'connector.id (CONNECTOR_ID) is the placeholder of the sample. Give the connector an id of its own.',
          ),
        ],
      };
    }
    if (!id.includes('_')) return {};
    return {
      warnings: [
        warn(
          'connector.id (CONNECTOR_ID) holds an underscore, at which the platform splits the ids of works. Use hyphens.',
        ),
      ],
    };
  },
};

const scope: Rule = {
  concerns: ['connector.scope'],
  check: ({ connector }) => {
    const supported = new Set<string>(SUPPORTED_SCOPE);
    const foreign = connector.scope.filter((type) => !supported.has(type));
    return {
      warnings: foreign.map((type) => {
        const near = closest(type, SUPPORTED_SCOPE);
        const remedy =
          near === undefined ? `Supported are ${SUPPORTED_SCOPE.join(', ')}.` : `Did you mean ${near}?`;
        return warn(
          `connector.scope (CONNECTOR_SCOPE) names ${JSON.stringify(type)}, which this connector cannot enrich. ${remedy}`,
        );
      }),
    };
  },
};

const callback: Rule = {
  concerns: [
    'connector.listen_protocol',
    'connector.listen_protocol_api_ssl',
    'connector.listen_protocol_api_uri',
  ],
  check: ({ connector }) => {
    if (connector.listenProtocol !== 'API') return {};
    const faults: Fault[] = [];
    if (connector.listenProtocolApiSsl) {
      for (const [path, value] of [
        ['connector.listen_protocol_api_ssl_key', connector.listenProtocolApiSslKey],
        ['connector.listen_protocol_api_ssl_cert', connector.listenProtocolApiSslCert],
      ] as const) {
        if (value !== undefined) continue;
        faults.push({
          path,
          problem: 'is missing, but the HTTP callback is to be served over TLS',
          remedy:
            'Give PEM text or the path of a PEM file, or set connector.listen_protocol_api_ssl to false.',
        });
      }
    }
    const warnings = isLoopback(connector.listenProtocolApiUri)
      ? [
          warn(
            `connector.listen_protocol_api_uri (CONNECTOR_LISTEN_PROTOCOL_API_URI) is ${connector.listenProtocolApiUri}, which only workers on this machine can reach.`,
          ),
        ]
      : [];
    return { faults, warnings };
  },
};

const ports: Rule = {
  concerns: [
    'connector.expose_metrics',
    'connector.metrics_port',
    'connector.health_port',
    'connector.listen_protocol',
    'connector.listen_protocol_api_port',
  ],
  check: ({ connector }) => {
    const listeners = [
      ...(connector.listenProtocol === 'API'
        ? [{ path: 'connector.listen_protocol_api_port', port: connector.listenProtocolApiPort }]
        : []),
      ...(connector.exposeMetrics ? [{ path: 'connector.metrics_port', port: connector.metricsPort }] : []),
      ...(connector.healthPort === 0 ? [] : [{ path: 'connector.health_port', port: connector.healthPort }]),
    ];
    const faults = listeners.flatMap(({ path, port }, index): Fault[] => {
      const earlier = listeners.slice(0, index).find((other) => other.port === port);
      if (earlier === undefined) return [];
      return [{ path, problem: `is ${port}, the port of ${earlier.path}`, remedy: 'Choose another port.' }];
    });
    return { faults };
  },
};

/** Results that are not to go to the platform must go somewhere. */
const destinations: Rule = {
  concerns: [
    'connector.send_to_queue',
    'connector.send_to_directory',
    'connector.send_to_directory_path',
    'connector.validate_before_import',
  ],
  check: ({ connector }, cwd) => {
    const { sendToQueue, sendToDirectory, sendToDirectoryPath, validateBeforeImport } = connector;
    const faults: Fault[] = [];
    if (!sendToQueue && !sendToDirectory && !validateBeforeImport) {
      faults.push({
        path: 'connector.send_to_queue',
        problem: 'is false, and results would go nowhere',
        remedy:
          'Set connector.send_to_directory to true and give connector.send_to_directory_path, or set connector.send_to_queue to true.',
      });
    }
    if (sendToDirectory && sendToDirectoryPath === undefined) {
      faults.push({
        path: 'connector.send_to_directory_path',
        problem: 'is missing, but bundles are to be written to a directory',
        remedy: 'Give the path of a directory, or set connector.send_to_directory to false.',
      });
    }
    if (
      sendToDirectory &&
      sendToDirectoryPath !== undefined &&
      !isWritable(resolve(cwd, sendToDirectoryPath))
    ) {
      faults.push({
        path: 'connector.send_to_directory_path',
        problem: 'is no directory that can be written',
        remedy: 'Create it, and let the user of this process write into it.',
      });
    }
    return { faults };
  },
};

const brokerCertificate: Rule = {
  concerns: ['mq.use_ssl_cert', 'mq.use_ssl_key'],
  check: ({ mq }) => {
    const given = [mq.useSslCert, mq.useSslKey].filter((value) => value !== undefined).length;
    if (given !== 1) return {};
    return {
      faults: [
        {
          path: mq.useSslKey === undefined ? 'mq.use_ssl_key' : 'mq.use_ssl_cert',
          problem: 'is missing, but its counterpart is set',
          remedy: 'Set both mq.use_ssl_cert and mq.use_ssl_key, or neither.',
        },
      ],
    };
  },
};

const apiUrl: Rule = {
  concerns: ['virustotal.api_url'],
  check: ({ virustotal }) =>
    /^http:/i.test(virustotal.apiUrl) && !isLoopback(virustotal.apiUrl)
      ? {
          warnings: [
            warn('virustotal.api_url (VIRUSTOTAL_API_URL) is not https: the API key travels in the clear.'),
          ],
        }
      : {},
};

const uploadTlp: Rule = {
  concerns: ['virustotal.max_tlp', 'virustotal.upload_max_tlp'],
  check: ({ virustotal: { maxTlp, uploadMaxTlp } }) =>
    TLP_VALUES.indexOf(uploadMaxTlp) > TLP_VALUES.indexOf(maxTlp)
      ? {
          warnings: [
            warn(
              `virustotal.upload_max_tlp (VIRUSTOTAL_UPLOAD_MAX_TLP) is ${uploadMaxTlp}, above virustotal.max_tlp (${maxTlp}): VirusTotal is not asked about such objects at all, so nothing above ${maxTlp} is uploaded.`,
            ),
          ],
        }
      : {},
};

const manualReserve: Rule = {
  concerns: ['virustotal.quota_reserve_manual_percent', 'virustotal.quota_per_day'],
  check: ({ virustotal }) =>
    virustotal.quotaReserveManualPercent === 100 && virustotal.quotaPerDay !== 0
      ? {
          warnings: [
            warn(
              'virustotal.quota_reserve_manual_percent (VIRUSTOTAL_QUOTA_RESERVE_MANUAL_PERCENT) is 100: automatic requests and playbooks wait for ever.',
            ),
          ],
        }
      : {},
};

const readableFiles: Rule = {
  concerns: ['opencti.ssl_verify', 'connector.listen_protocol', 'connector.listen_protocol_api_ssl'],
  check: ({ opencti, connector, mq, network }, cwd) => {
    const callbackOverTls = connector.listenProtocol === 'API' && connector.listenProtocolApiSsl;
    const files: readonly { path: string; value: boolean | string | undefined; used?: boolean }[] = [
      { path: 'opencti.ssl_verify', value: opencti.sslVerify },
      { path: 'network.https_ca_certificates', value: network.httpsCaCertificates },
      { path: 'mq.use_ssl_ca', value: mq.useSslCa },
      { path: 'mq.use_ssl_cert', value: mq.useSslCert },
      { path: 'mq.use_ssl_key', value: mq.useSslKey },
      {
        path: 'connector.listen_protocol_api_ssl_key',
        value: connector.listenProtocolApiSslKey,
        used: callbackOverTls,
      },
      {
        path: 'connector.listen_protocol_api_ssl_cert',
        value: connector.listenProtocolApiSslCert,
        used: callbackOverTls,
      },
    ];
    return {
      faults: files.flatMap(({ path, value, used = true }): Fault[] => {
        if (!used || typeof value !== 'string' || isPemText(value) || isReadable(resolve(cwd, value)))
          return [];
        const remedy =
          path === 'opencti.ssl_verify'
            ? 'Write true, false, or the path of a readable CA bundle.'
            : 'Give the path of a readable PEM file, or the PEM text itself.';
        return [{ path, problem: 'names a file that cannot be read', remedy }];
      }),
    };
  },
};

/** Whether what is sent to the URL never leaves this machine. */
function isLoopback(url: string): boolean {
  return /^(127(\.\d+){3}|localhost|\[::1\])$/.test(new URL(url).hostname);
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether files can be made in it; what a read-only file system or a right forbids is found out here already. */
function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return statSync(directory).isDirectory();
  } catch {
    return false;
  }
}

/** Every rule. */
export const rules: readonly Rule[] = [
  connectorId,
  scope,
  callback,
  ports,
  destinations,
  brokerCertificate,
  readableFiles,
  apiUrl,
  uploadTlp,
  manualReserve,
];
