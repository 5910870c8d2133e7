import { createHash } from 'node:crypto';
import { canonicalUrl, urlId } from '../canonical-url.js';
import type { Catalog, ObjectRef } from '../catalog.js';
import type { VerdictCounts } from '../engine-verdicts.js';
import type { ReportType } from '../object-id.js';
import type { FileIdentity } from '../report-skeletons.js';
import { identityOf, sampleDomain, sampleFile, sampleIp, sampleUrl } from './reports.js';

/** Adds a report of an object that the catalogue does not hold. */
export type Inventor = (
  catalog: Catalog,
  wanted: ObjectRef & { readonly type: ReportType },
  asked: string,
) => void;

const FAMILIES = ['demoloader', 'examplebot', 'pretendstealer', 'mockransom', 'fakeminer'];

/**
 * Knows something about nearly everything, so that whoever tries the product with values of their own sees all of it. The
 * same object always has the same report, and none of it is true: some objects stay unknown, of the others some are clean,
 * some suspicious, some malicious, and these are related to hosts of names that are kept for documentation (RFC 2606) and of the network of the demonstration.
 * Addresses that are kept for documentation would not do: the product takes them for what they are.
 *
 * @param at - When everything was analysed.
 */
export function inventReports(at: Date): Inventor {
  return (catalog, wanted, asked) => {
    const chance = chanceOf(`${wanted.type} ${wanted.id}`);
    const share = chance(0) % 10;
    // Hosts are nearly always known; files and URLs often are not.
    if (share < (wanted.type === 'file' || wanted.type === 'url' ? 2 : 1)) return;
    const verdicts = verdictsOf(share, chance(1));
    if (!add(catalog, wanted, asked, verdicts, at)) return;
    if ((verdicts.malicious ?? 0) > 0) relate(catalog, wanted, chance, at);
  };
}

/** Numbers from 0 to 255 that depend on a text alone. */
function chanceOf(text: string): (index: number) => number {
  const digest = createHash('sha256').update(text).digest();
  return (index) => digest[index % digest.length] ?? 0;
}

function verdictsOf(share: number, degree: number): VerdictCounts {
  if (share < 5) return { harmless: 30 };
  if (share < 7) return { malicious: 1 + (degree % 5), harmless: 20 };
  return { malicious: 6 + (degree % 55), suspicious: degree % 3, harmless: 2 };
}

function add(
  catalog: Catalog,
  { type, id }: ObjectRef & { readonly type: ReportType },
  asked: string,
  verdicts: VerdictCounts,
  at: Date,
): boolean {
  const family = FAMILIES[chanceOf(id)(2) % FAMILIES.length] ?? 'demo';
  switch (type) {
    case 'file':
      catalog.addFile(
        sampleFile(fileOf(id), {
          at,
          verdicts: { ...verdicts, harmless: 0, 'type-unsupported': 4 },
          detections: [`Trojan.${family}`, `Gen:Variant.${family}`],
          attributes:
            (verdicts.malicious ?? 0) > 5
              ? { popular_threat_classification: { suggested_threat_label: `trojan.${family}/demo` } }
              : {},
        }),
      );
      return true;
    case 'ip_address':
      catalog.addIp(id, sampleIp(id, { at, verdicts }));
      return true;
    case 'domain':
      catalog.addDomain(id, sampleDomain(id, { at, verdicts }));
      return true;
    case 'url': {
      // Its id alone does not tell the URL.
      const url = canonicalUrl(Buffer.from(asked, 'base64url').toString());
      if (url === undefined || urlId(url) !== id) return false;
      catalog.addUrl(url, sampleUrl(url, { at, verdicts, attributes: { threat_names: [`Mal/${family}`] } }));
      return true;
    }
  }
}

/** A file that has the hash that was asked for, whichever that is. */
function fileOf(hash: string): FileIdentity {
  const identity = identityOf(hash, `sample-${hash.slice(0, 8)}.exe`);
  const name = ({ 32: 'md5', 40: 'sha1', 64: 'sha256' } as const)[hash.length as 32 | 40 | 64];
  return { ...identity, size: 100_000 + identity.size * 317, [name]: hash };
}

function relate(
  catalog: Catalog,
  { type, id }: ObjectRef & { readonly type: ReportType },
  chance: (index: number) => number,
  at: Date,
): void {
  const stored = catalog.find(type, id);
  if (stored === undefined) return;
  const host = (index: number): ObjectRef => ({ type: 'domain', id: `node-${chance(index)}.example.net` });
  const address = (index: number): ObjectRef => ({ type: 'ip_address', id: `1.2.3.${chance(index)}` });
  const file = (index: number): ObjectRef => ({
    type: 'file',
    id: identityOf(`${id} ${chance(index)}`, 'related').sha256,
  });
  const resolution = (ip: string, name: string) => ({
    type: 'resolution',
    id: `${ip}${name}`,
    attributes: {
      ip_address: ip,
      host_name: name,
      date: Math.floor(at.getTime() / 1000) - 86_400,
      resolver: 'VirusTotal',
    },
  });
  switch (type) {
    case 'file':
      catalog.relate(stored, 'contacted_domains', [host(3), host(4)]);
      catalog.relate(stored, 'contacted_ips', [address(5)]);
      catalog.relate(stored, 'dropped_files', [file(6)]);
      return;
    case 'ip_address':
      catalog.relate(stored, 'resolutions', [resolution(id, host(3).id), resolution(id, host(4).id)]);
      catalog.relate(stored, 'communicating_files', [file(5), file(6)]);
      return;
    case 'domain':
      catalog.relate(stored, 'resolutions', [resolution(address(3).id, id)]);
      catalog.relate(stored, 'communicating_files', [file(4)]);
      return;
    case 'url':
      catalog.relate(stored, 'last_serving_ip_address', [address(3)]);
      catalog.relate(stored, 'network_location', [host(4)]);
  }
}
