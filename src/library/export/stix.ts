import { createHash } from 'node:crypto';
import { deterministicId } from '../../stix/ids.js';
import { TLP_IDS, type Tlp } from '../../stix/markings.js';
import type { StixId, StixObject } from '../../stix/objects.js';
import type { IocPages } from './exported-ioc.js';
import { authorOf, observableOf, stixObjectsOf } from './stix-objects.js';

export interface StixExportOptions {
  /** Name of the organisation that is the author of everything in the bundle. */
  readonly author: string;
  /** When the author was created: stable, so that the same IOCs give the same bundle. */
  readonly authorSince: Date;
  /** Marks everything but the author; nothing is marked when absent. */
  readonly tlp?: Tlp | undefined;
}

/**
 * The IOCs as one STIX 2.1 bundle, one page after the other: an observable for each, an Indicator for each that is
 * malicious, a Note where there is one, and the kept relations, whose other ends come along. Ids are deterministic, and the
 * id of the bundle follows from its content, which is why it stands at its end. In memory are kept the ids, and the
 * observables at the other ends of relations that have not come by themselves.
 */
export async function* exportStix(
  pages: IocPages,
  options: StixExportOptions,
): AsyncGenerator<string, void, undefined> {
  const writer = new BundleWriter();
  const markings = options.tlp === undefined ? [] : [TLP_IDS[options.tlp]];
  const author = authorOf(options.author, options.authorSince);
  const { id: authorId } = author;
  yield `{"type":"bundle","objects":[${writer.add(author)}`;
  const awaited = new Map<StixId, StixObject>();
  for await (const page of pages) {
    let text = '';
    for (const ioc of page) {
      const { objects, relationships, ends } = stixObjectsOf(ioc, { authorId, markings });
      for (const object of [...objects, ...relationships]) text += writer.add(object);
      for (const end of ends) {
        const observable = observableOf(end, { now: new Date(ioc.updatedAt), authorId, markings });
        awaited.set(observable.id, observable);
      }
    }
    for (const id of awaited.keys()) if (writer.has(id)) awaited.delete(id);
    if (text !== '') yield text;
  }
  let text = '';
  for (const observable of awaited.values()) text += writer.add(observable);
  yield `${text}],"id":"${writer.bundleId()}"}\n`;
}

/** Writes objects one by one, each id once. */
class BundleWriter {
  readonly #ids = new Set<StixId>();
  readonly #hash = createHash('sha256');

  has(id: StixId): boolean {
    return this.#ids.has(id);
  }

  /** The object as it follows those before it; empty when it is there already. */
  add(object: StixObject): string {
    if (this.#ids.has(object.id)) return '';
    const text = (this.#ids.size === 0 ? '' : ',') + JSON.stringify(object);
    this.#ids.add(object.id);
    this.#hash.update(text);
    return text;
  }

  bundleId(): StixId {
    return deterministicId('bundle', { sha256: this.#hash.digest('hex') });
  }
}
