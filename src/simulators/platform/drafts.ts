import { randomUUID } from 'node:crypto';
import type { EntityStore } from './entity-store.js';
import { PlatformError } from './errors.js';

/** A draft workspace. */
export interface Draft {
  readonly id: string;
  readonly name: string;
  readonly entityId: string | null;
  /** What was read and written in it, on top of the live knowledge. */
  readonly store: EntityStore;
  /** Whether it was validated, closed or deleted. */
  locked: boolean;
}

/** The draft workspaces of the platform. */
export class Drafts {
  /** The draft the connector's user is in by herself; applies to requests that do not name one. */
  activeDraftId: string | null = null;
  readonly #drafts = new Map<string, Draft>();
  readonly #live: EntityStore;

  constructor(live: EntityStore) {
    this.#live = live;
  }

  create(name: string, entityId: string | null = null): Draft {
    const draft = { id: randomUUID(), name, entityId, store: this.#live.draft(), locked: false };
    this.#drafts.set(draft.id, draft);
    return draft;
  }

  find(id: string): Draft | undefined {
    return this.#drafts.get(id);
  }

  all(): Draft[] {
    return [...this.#drafts.values()];
  }

  /**
   * The store to import into.
   *
   * @throws {PlatformError} `DRAFT_LOCKED` for a draft that is closed or does not exist.
   */
  openStore(id: string | null): EntityStore {
    if (id === null || id === '') return this.#live;
    const draft = this.#drafts.get(id);
    if (draft === undefined || draft.locked) {
      throw new PlatformError('DRAFT_LOCKED', 'The draft is not available', { draftId: id });
    }
    return draft.store;
  }

  /** The store of a draft; the live one without a draft or for an unknown one. */
  storeOf(id: string | null): EntityStore {
    return (id === null ? undefined : this.#drafts.get(id)?.store) ?? this.#live;
  }
}
