import type { FastifyReply } from 'fastify';
import type { ImportResult, Job, LibraryEvents, Role, SessionUser } from '../../src/library/web/api.js';
import type { FakeIoc } from './fake-library-rows.js';

/** An answer that is no success: a problem document of RFC 9457. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly more: Readonly<Record<string, unknown>> = {},
  ) {
    super(title);
  }
}

/** Everything the fake keeps; tests look into it and change it. */
export interface FakeState {
  rows: FakeIoc[];
  jobs: Job[];
  /** Ids of the IOCs of each job. */
  readonly jobIds: Map<string, readonly string[]>;
  user: SessionUser | null;
  simulated: boolean;
  /** Host of the platform, where there is one. */
  opencti: string | null;
  /** While set, look-ups wait for it. */
  gate: Promise<void> | null;
  /** What every row of a job says beside its state. */
  rowMessage: string | null;
  /** What an import of related IOCs says about their look-ups. */
  started: Pick<ImportResult, 'jobId' | 'notice'>;
  /** What the next requests are refused with. */
  refusals: { readonly path: string; readonly refusal: Refusal }[];
  readonly requests: { readonly method: string; readonly url: string; readonly body: unknown }[];
  readonly streams: Set<FastifyReply>;
}

export interface FakeLibrary {
  readonly url: string;
  readonly state: FakeState;
  readonly send: <Name extends keyof LibraryEvents>(name: Name, content: LibraryEvents[Name]) => void;
  /** Logs a user of this role in, without a password. */
  readonly enter: (role: Role) => void;
  readonly close: () => Promise<void>;
}
