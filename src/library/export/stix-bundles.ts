import { createBundle } from '../../stix/bundle.js';
import { TLP_IDS } from '../../stix/markings.js';
import type { Bundle, StixObject } from '../../stix/objects.js';
import type { IocPages } from './exported-ioc.js';
import type { StixExportOptions } from './stix.js';
import { authorOf, observableOf, stixObjectsOf } from './stix-objects.js';

/** A bundle that can be imported by itself, and how many of the IOCs are in it. */
export interface IocBundle {
  readonly bundle: Bundle;
  readonly iocs: number;
}

/**
 * The IOCs as STIX 2.1 bundles for a platform that imports them one after the other: what `exportStix` writes into one,
 * but each with its author and the other ends of its relations.
 *
 * @param maxCharacters - No bundle is longer, unless a single IOC is.
 */
export async function* stixBundles(
  pages: IocPages,
  options: StixExportOptions & { readonly maxCharacters: number },
): AsyncGenerator<IocBundle, void, undefined> {
  const markings = options.tlp === undefined ? [] : [TLP_IDS[options.tlp]];
  const author = authorOf(options.author, options.authorSince);
  const { id: authorId } = author;
  let collected = new Collected(author);
  for await (const page of pages) {
    for (const ioc of page) {
      const { objects, relationships, ends } = stixObjectsOf(ioc, { authorId, markings });
      const provenance = { now: new Date(ioc.updatedAt), authorId, markings };
      const others = ends.map((end) => observableOf(end, provenance));
      const length = lengthOf([...objects, ...relationships, ...others]);
      if (collected.iocs > 0 && collected.length + length > options.maxCharacters) {
        yield collected.bundle();
        collected = new Collected(author);
      }
      collected.add({ objects, relationships, others }, length);
    }
  }
  if (collected.iocs > 0) yield collected.bundle();
}

/** What goes into the next bundle. */
class Collected {
  readonly #objects: StixObject[];
  readonly #others: StixObject[] = [];
  readonly #relationships: StixObject[] = [];
  iocs = 0;
  /** Characters, not less than the bundle will have. */
  length: number;

  constructor(author: StixObject) {
    this.#objects = [author];
    this.length = lengthOf([author]) + BUNDLE_FRAME;
  }

  add(said: Record<'objects' | 'relationships' | 'others', readonly StixObject[]>, length: number): void {
    this.#objects.push(...said.objects);
    this.#others.push(...said.others);
    this.#relationships.push(...said.relationships);
    this.iocs += 1;
    this.length += length;
  }

  /** Each object after those that it refers to, as some platforms import it; what is there twice counts the first time. */
  bundle(): IocBundle {
    const objects = [...this.#objects, ...this.#others, ...this.#relationships];
    return { bundle: createBundle(objects), iocs: this.iocs };
  }
}

/** Type, id and brackets of a bundle. */
const BUNDLE_FRAME = 120;

function lengthOf(objects: readonly StixObject[]): number {
  return objects.reduce((sum, object) => sum + JSON.stringify(object).length + 1, 0);
}
