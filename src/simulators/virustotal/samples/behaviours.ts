import type { JsonObject } from '../../../shared/json.js';
import type { RelatedObject } from '../catalog.js';
import { epochSeconds } from '../report-skeletons.js';

/** Two sandbox runs of a file, one telling and one nearly empty. */
export function sampleBehaviours(sha256: string, at: Date): RelatedObject[] {
  const run = (sandbox: string, attributes: JsonObject): RelatedObject => ({
    type: 'file_behaviour',
    id: `${sha256}_${sandbox}`,
    attributes: { sandbox_name: sandbox, analysis_date: epochSeconds(at), ...attributes },
  });
  return [
    run('Example Sandbox', {
      behash: '00000000000000000000000000000000',
      has_html_report: true,
      has_pcap: false,
      verdicts: ['MALWARE'],
      tags: ['DETECT_DEBUG_ENVIRONMENT'],
      processes_tree: [
        {
          process_id: '1234',
          name: 'demo.exe',
          children: [{ process_id: '1240', name: 'cmd.exe /c echo demo' }],
        },
      ],
      command_executions: ['cmd.exe /c echo demo'],
      files_written: ['C:\\Users\\demo\\AppData\\demo.txt'],
      files_dropped: [{ path: 'C:\\Users\\demo\\AppData\\demo.txt' }],
      registry_keys_set: [{ key: 'HKCU\\Software\\Demo', value: '1' }],
      dns_lookups: [{ hostname: 'c2.evil.example.com', resolved_ips: ['1.2.3.4'] }],
      ip_traffic: [
        { destination_ip: '1.2.3.4', destination_port: 443, transport_layer_protocol: 'TCP' },
        { destination_ip: '239.255.255.250', destination_port: 1900, transport_layer_protocol: 'UDP' },
      ],
      mitre_attack_techniques: [
        {
          id: 'T1082',
          signature_description: 'Reads software policies',
          severity: 'IMPACT_SEVERITY_INFO',
        },
        { id: 'T1055.012', signature_description: 'Hollows a process', severity: 'IMPACT_SEVERITY_HIGH' },
      ],
    }),
    run('Another Sandbox', {
      tags: [],
      dns_lookups: [{ hostname: 'c2.evil.example.com', resolved_ips: ['1.2.3.4'] }],
    }),
  ];
}

/** Tactics and techniques by sandbox (`behaviour_mitre_trees`): severities without prefix here. */
export function sampleBehaviourTrees(): JsonObject {
  return {
    'Example Sandbox': {
      tactics: [
        {
          id: 'TA0007',
          name: 'Discovery',
          description: 'Invented for demonstration.',
          link: 'https://attack.mitre.org/tactics/TA0007/',
          techniques: [
            {
              id: 'T1082',
              name: 'System Information Discovery',
              description: 'Invented for demonstration.',
              link: 'https://attack.mitre.org/techniques/T1082/',
              signatures: [{ severity: 'INFO', description: 'Reads software policies' }],
            },
          ],
        },
      ],
    },
    'Another Sandbox': { tactics: [] },
  };
}
