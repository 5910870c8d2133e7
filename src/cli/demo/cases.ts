import type { PlatformSimulator } from '../../simulators/platform/simulator.js';
import {
  demoValues,
  eicar,
  maliciousDomain,
  maliciousIp,
} from '../../simulators/virustotal/samples/demo-values.js';

/** One request of the demonstration. */
export interface DemoCase {
  /** What the table calls it. */
  readonly label: string;
  readonly entityType: string;
  /** Id of the entity on the platform. */
  readonly entityId: string;
  readonly kind: 'manual' | 'auto' | 'playbook';
}

const HOW: Readonly<Record<string, DemoCase['kind']>> = { 'IPv6-Addr': 'auto', Url: 'auto' };

/**
 * Puts the observables of the demonstration on the platform: one request of each kind, among them an unknown hash, an
 * Indicator with two values, and a playbook step.
 */
export function addDemoCases(platform: PlatformSimulator): DemoCase[] {
  const cases = demoValues.map(({ observable, value }): DemoCase => {
    const isFile = observable === 'StixFile' || observable === 'Artifact';
    const entity = platform.addObservable(observable, isFile ? { hashes: { 'SHA-256': value } } : { value }, {
      markings: value === maliciousDomain ? ['TLP:GREEN'] : [],
    });
    return {
      label: value,
      entityType: observable,
      entityId: entity.standardId,
      kind: HOW[observable] ?? 'manual',
    };
  });
  const indicator = platform.addIndicator({
    name: 'Campaign infrastructure',
    pattern: `[ipv4-addr:value = '${maliciousIp}'] OR [domain-name:value = '${maliciousDomain}']`,
    markings: ['TLP:AMBER'],
  });
  const secret = platform.addObservable(
    'Domain-Name',
    { value: 'internal-case.example.com' },
    { markings: ['TLP:RED'] },
  );
  const file = platform.addObservable('StixFile', { hashes: { MD5: eicar.md5 } });
  return [
    ...cases,
    {
      label: 'Indicator with 2 values',
      entityType: 'Indicator',
      entityId: indicator.standardId,
      kind: 'manual',
    },
    { label: 'TLP:RED domain', entityType: 'Domain-Name', entityId: secret.standardId, kind: 'manual' },
    { label: `${eicar.md5} (playbook)`, entityType: 'StixFile', entityId: file.standardId, kind: 'playbook' },
  ];
}
