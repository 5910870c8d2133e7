import { createFile } from '../../stix/create.js';
import type { StixObject } from '../../stix/objects.js';
import type { Favicon } from '../../virustotal/schema-intelligence.js';
import type { DomainReport, IpAddressReport, UrlReport } from '../../virustotal/schema.js';
import type { MappingContext } from '../context.js';
import type { Part } from '../contribution.js';
import { codeSpan } from '../note-markdown.js';
import { relate } from '../relationships.js';

/** MD5 of no bytes at all: the icon of sites that have none, which would tie all of them together. */
const EMPTY_FILE = 'd41d8cd98f00b204e9800998ecf8427e';

/**
 * What a server can be recognised by. A favicon is a file, so it becomes one to which the site is `related-to`: sites
 * that show the same icon meet there. A JARM fingerprint stays in the Note: neither STIX nor OpenCTI has a type for it,
 * and a Text observable would tie every server with the same TLS library together without saying what the text is.
 */
export const fingerprints: Part<IpAddressReport | DomainReport | UrlReport> = ({ report, context }) => {
  if (!context.options.network.fingerprints) return undefined;
  const favicon = report.kind === 'ip_address' ? undefined : report.favicon;
  const jarm = report.kind === 'url' ? undefined : report.jarm;
  const rows = [
    // Zeros stand for a server that does not speak TLS.
    ['JARM', codeSpan(/^0*$/.test(jarm ?? '') ? undefined : jarm)],
    ['Favicon (MD5)', codeSpan(favicon?.md5)],
    ['Favicon (dhash)', codeSpan(favicon?.dhash)],
  ] as const;
  return {
    objects: faviconObjects(favicon, context),
    sections: [
      {
        title: 'Fingerprints',
        lines: rows.flatMap(([label, value]) =>
          value === undefined ? [] : [`- **${label}:** ${value.markdown}`],
        ),
      },
    ],
  };
};

function faviconObjects(favicon: Favicon | undefined, context: MappingContext): readonly StixObject[] {
  const md5 = favicon?.md5;
  if (md5 === undefined || md5 === EMPTY_FILE) return [];
  return relate(
    [
      {
        type: 'related-to',
        target: createFile({ MD5: md5 }, [], context),
        description: 'Favicon of the site',
      },
    ],
    context,
  );
}
