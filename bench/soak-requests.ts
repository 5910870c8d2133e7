import { createHash } from 'node:crypto';
import type { JsonObject } from '../src/shared/json.js';
import { fileId, valueObservableId } from '../src/stix/ids.js';

/** Part of the requests that ask for one of the observables asked for lately. */
const REPEATED = 0.5;
/** How many of the last observables are asked for again. */
const LATELY = 5_000;

/** Bodies of requests as the platform sends them, one after the other; the same ones each time. */
export class SoakRequests {
  #count = 0;
  #observables = 0;

  /** @param createdAt - When the platform made the work, which is part of its id. */
  next(createdAt: Date): Buffer {
    this.#count += 1;
    const random = fraction(`draw ${this.#count}`);
    const isRepeated = fraction(`repeat ${this.#count}`) < REPEATED;
    const back = Math.min(LATELY, this.#observables);
    const index = isRepeated ? this.#observables - Math.floor(random * back) : (this.#observables += 1);
    const entity = entityOf(index);
    return Buffer.from(JSON.stringify(this.#message(entity, createdAt)));
  }

  #message(entity: JsonObject & { id: string }, createdAt: Date): JsonObject {
    const number = this.#count;
    if (number % 10 === 0) return playbookMessage(entity, number);
    return {
      internal: {
        work_id: `work_soak-${number}_${createdAt.toISOString()}`,
        applicant_id: null,
        draft_id: null,
        mode: number % 5 === 0 ? 'manual' : 'auto',
        trigger: 'create',
      },
      event: {
        event_type: 'INTERNAL_ENRICHMENT',
        entity_id: entity.id,
        entity_type: entity.x_type,
        stix_entity: JSON.stringify(entity),
        stix_objects: null,
      },
    };
  }
}

function playbookMessage(entity: JsonObject & { id: string }, number: number): JsonObject {
  return {
    internal: {
      work_id: null,
      playbook: {
        execution_id: `execution-${number}`,
        playbook_id: 'playbook',
        data_instance_id: entity.id,
        step_id: 'step',
        previous_step_id: 'before',
        event_id: `event-${number}`,
      },
      applicant_id: null,
      mode: 'auto',
      trigger: 'create',
    },
    event: {
      entity_id: entity.id,
      entity_type: entity.x_type,
      bundle: { id: `bundle--${number}`, type: 'bundle', spec_version: '2.1', objects: [entity] },
    },
  };
}

function entityOf(index: number): JsonObject & { id: string } {
  const common = { spec_version: '2.1' };
  switch (index % 4) {
    case 0: {
      const hashes = { 'SHA-256': createHash('sha256').update(`soak ${index}`).digest('hex') };
      return { ...common, type: 'file', id: fileId(hashes), x_type: 'StixFile', hashes };
    }
    case 1: {
      const value = `8.${8 + Math.floor(index / 62_500)}.${Math.floor(index / 250) % 250}.${(index % 250) + 1}`;
      const id = valueObservableId('ipv4-addr', value);
      return { ...common, type: 'ipv4-addr', id, x_type: 'IPv4-Addr', value };
    }
    case 2: {
      const value = `host-${index}.example.com`;
      const id = valueObservableId('domain-name', value);
      return { ...common, type: 'domain-name', id, x_type: 'Domain-Name', value };
    }
    default: {
      const value = `http://host-${index}.example.com/path`;
      return { ...common, type: 'url', id: valueObservableId('url', value), x_type: 'Url', value };
    }
  }
}

/** A number in [0, 1) that belongs to the text. */
function fraction(text: string): number {
  return createHash('md5').update(text).digest().readUInt32BE() / 2 ** 32;
}
