import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlatformSimulator } from '../../src/simulators/platform/simulator.js';
import { eicar, maliciousDomain, maliciousIp } from '../../src/simulators/virustotal/samples/demo-values.js';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { bundleObjects, workSettled } from '../helpers/enrichment-results.js';

describe('what the operator excludes', () => {
  let world: ConnectorWorld;
  let platform: PlatformSimulator;

  beforeAll(async () => {
    world = await startConnectorWorld({
      variables: {
        VIRUSTOTAL_EXCLUDE: `203.0.113.0/24,8.8.0.0/16, *.example.net ,https://example.com/internal,${eicar.md5}`,
      },
    });
    platform = world.platform;
  });

  afterAll(async () => {
    await world.close();
  });

  const pathsAsked = (): string[] => world.virusTotal.log.entries.map(({ path }) => path);
  /** What VirusTotal is asked while something is done. */
  const askedDuring = async (action: () => Promise<unknown>): Promise<string[]> => {
    const before = pathsAsked().length;
    await action();
    return pathsAsked().slice(before);
  };

  it('is never sent, and the work says why', async () => {
    const values = [
      ['IPv4-Addr', { value: '8.8.8.8' }, '8.8.8.8'],
      ['Domain-Name', { value: 'Intranet.Example.NET' }, 'intranet.example.net'],
      ['Hostname', { value: 'host.example.net' }, 'host.example.net'],
      ['Url', { value: 'http://8.8.4.4/x' }, 'http://8.8.4.4/x'],
      ['Url', { value: 'example.com/internal/y' }, 'example.com/internal/y'],
      ['StixFile', { hashes: { 'SHA-256': eicar.sha256, MD5: eicar.md5 } }, eicar.sha256],
    ] as const;
    for (const [type, identity, shown] of values) {
      const { standardId } = platform.addObservable(type, identity);
      const asked = await askedDuring(async () => {
        const work = await workSettled(platform, await platform.requestEnrichment({ entityId: standardId }));
        expect(work.errors).toEqual([]);
        expect(work.messages.at(-1)?.message).toBe(
          `VirusTotal: ${shown} is excluded from look-ups (VIRUSTOTAL_EXCLUDE). Nothing was asked.`,
        );
      });
      expect(asked, shown).toEqual([]);
    }
  });

  it('comes back unchanged from a playbook step', async () => {
    const file = platform.addObservable('StixFile', { hashes: { MD5: eicar.md5 } }, { labels: ['found'] });
    const asked = await askedDuring(async () => {
      const { executionId } = await platform.requestPlaybookStep({ entityId: file.standardId });
      const replies = (): PlatformSimulator['playbookReplies'] =>
        platform.playbookReplies.filter((reply) => reply.executionId === executionId);
      await platform.until(() => replies().length > 0, { description: 'the answer to the playbook step' });
      expect(replies()).toHaveLength(1);
      expect(replies()[0]?.expected).toBe(true);
      expect(bundleObjects(replies()[0]?.bundle)).toEqual([platform.stixOf(file.standardId)]);
    });
    expect(asked).toEqual([]);
  });

  it('is left out of an Indicator, whose other values are looked up', async () => {
    const indicator = platform.addIndicator({
      name: 'Campaign infrastructure',
      pattern: `[ipv4-addr:value = '${maliciousIp}'] OR [domain-name:value = 'intranet.example.net']`,
    });
    const asked = await askedDuring(async () => {
      const workId = await platform.requestEnrichment({ entityId: indicator.standardId });
      const work = await workSettled(platform, workId);
      expect(work.messages.at(-1)?.message).toMatch(
        /intranet\.example\.net is excluded from look-ups \(VIRUSTOTAL_EXCLUDE\)\./,
      );
    });
    expect(asked).toEqual([`/ip_addresses/${maliciousIp}`]);
  });

  it('does not keep anything else from being looked up', async () => {
    const { standardId } = platform.addObservable('Domain-Name', { value: maliciousDomain });
    const asked = await askedDuring(async () => {
      await workSettled(platform, await platform.requestEnrichment({ entityId: standardId }));
    });
    expect(asked).toEqual([`/domains/${maliciousDomain}`]);
  });
});
