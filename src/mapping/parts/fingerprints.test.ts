import { describe, expect, it } from 'vitest';
import {
  contextFor,
  domainReport,
  ipAddressReport,
  plainOptions,
  urlReport,
} from '../../../test/helpers/mapping-samples.js';
import type { Report } from '../../virustotal/schema.js';
import { noExtras } from '../contribution.js';
import { readVerdict } from '../score.js';
import { fingerprints } from './fingerprints.js';

const JARM = '29d3fd00029d29d00042d43d00041d598ac0c1012db967bb1ad0ff2491b3ae';
const MD5 = '776802e980e0f2a59043a78be5528339';
const DOMAIN = 'domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7';

function made(report: Exclude<Report, { kind: 'file' }>, isOn = true) {
  const network = { ...plainOptions.network, fingerprints: isOn };
  const context = contextFor('Domain-Name', 'example.com', DOMAIN, { options: { network } });
  return fingerprints({ report, verdict: readVerdict(report), context, extras: noExtras });
}

describe('fingerprints', () => {
  it('are in the Note, and the favicon is a file to which the site is related', () => {
    expect(made(domainReport({ jarm: JARM, favicon: { md5: MD5, dhash: 'e0ce46a7a786cef0' } }))).toEqual({
      objects: [
        {
          type: 'file',
          id: 'file--611fb5c4-1967-5b29-b1f0-a26f02fb4548',
          spec_version: '2.1',
          object_marking_refs: ['marking-definition--f88d31f6-486f-44da-b317-01333bde0b82'],
          x_opencti_created_by_ref: 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756',
          hashes: { MD5 },
        },
        expect.objectContaining({
          relationship_type: 'related-to',
          source_ref: DOMAIN,
          target_ref: 'file--611fb5c4-1967-5b29-b1f0-a26f02fb4548',
          description: 'Favicon of the site',
        }),
      ],
      sections: [
        {
          title: 'Fingerprints',
          lines: [
            `- **JARM:** \`${JARM}\``,
            `- **Favicon (MD5):** \`${MD5}\``,
            '- **Favicon (dhash):** `e0ce46a7a786cef0`',
          ],
        },
      ],
    });
  });

  it('of an address are its JARM alone, which is no object', () => {
    expect(made(ipAddressReport({ jarm: JARM }))).toEqual({
      objects: [],
      sections: [{ title: 'Fingerprints', lines: [`- **JARM:** \`${JARM}\``] }],
    });
  });

  it('of a URL are those of its favicon', () => {
    expect(made(urlReport({ favicon: { md5: MD5, dhash: undefined } }))?.objects).toHaveLength(2);
  });

  it('say nothing of a server without TLS, and nothing of an empty icon in the graph', () => {
    const empty = 'd41d8cd98f00b204e9800998ecf8427e';
    expect(made(domainReport({ jarm: '0'.repeat(62), favicon: { md5: empty, dhash: undefined } }))).toEqual({
      objects: [],
      sections: [{ title: 'Fingerprints', lines: [`- **Favicon (MD5):** \`${empty}\``] }],
    });
  });

  it('are left out with the option off', () => {
    expect(made(domainReport({ jarm: JARM }), false)).toBeUndefined();
  });
});
