/** What one part of the connector says about itself. */
export interface PartHealth {
  readonly ok: boolean;
  /** A sentence when there is something to say. */
  readonly detail?: string | undefined;
  /** What an operator can do about it. */
  readonly remedy?: string | undefined;
  /** Since when it is as it is, when the part itself knows. */
  readonly since?: Date | undefined;
}

/** A part in a report: everything is text, and nothing a secret. */
export interface ReportedPart {
  readonly ok: boolean;
  /** ISO 8601. */
  readonly since: string;
  readonly detail?: string;
  readonly remedy?: string;
}

/**
 * - `ok`: every part is well.
 * - `degraded`: requests are served, but a part needs somebody's hand.
 * - `unready`: requests are not served.
 */
export interface HealthReport {
  readonly status: 'ok' | 'degraded' | 'unready';
  readonly parts: Readonly<Record<string, ReportedPart>>;
}

/** Whether a restart would help, and why. */
export interface LifeReport {
  readonly status: 'ok' | 'stuck';
  readonly parts: Readonly<Record<string, ReportedPart>>;
}

export interface WatchOptions {
  /** Requests are served without it. Default: they are not. */
  readonly advisory?: boolean;
}

interface Part {
  readonly probe: () => PartHealth;
  readonly advisory: boolean;
  /** As it was seen last, and since when. */
  ok: boolean | undefined;
  since: Date;
}

interface Vital extends Part {
  readonly graceMs: number;
}

/** Often enough for "since when". */
const LOOK_INTERVAL_MS = 5_000;

/**
 * Collects what the parts say. Readiness asks whether requests are served; liveness asks whether a restart would help,
 * which it does not when RabbitMQ, the platform or VirusTotal is away.
 */
export class Health {
  readonly #parts = new Map<string, Part>();
  readonly #vitals = new Map<string, Vital>();
  readonly #now: () => Date;
  #timer: NodeJS.Timeout | undefined;

  /** @param now - For "since when" of parts that do not know it. */
  constructor(now: () => Date = () => new Date()) {
    this.#now = now;
  }

  /** Registers a part under the name that the report shows. */
  watch(name: string, probe: () => PartHealth, { advisory = false }: WatchOptions = {}): void {
    this.#parts.set(name, { probe, advisory, ok: undefined, since: this.#now() });
  }

  /**
   * Registers something that only a restart puts right when it stays wrong.
   *
   * @param graceMs - How long it may be wrong, in milliseconds.
   */
  watchLife(name: string, graceMs: number, probe: () => PartHealth): void {
    this.#vitals.set(name, { probe, graceMs, advisory: false, ok: undefined, since: this.#now() });
  }

  /** Looks now and then, so that a report can say since when a part is not well. */
  start(): void {
    this.#timer ??= setInterval(() => {
      this.look();
    }, LOOK_INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Notes what has changed since the last look. */
  look(): void {
    for (const part of [...this.#parts.values(), ...this.#vitals.values()]) this.#seen(part);
  }

  /** Whether requests are served. */
  report(): HealthReport {
    const looked = [...this.#parts].map(([name, part]) => ({ name, part, said: this.#seen(part) }));
    const unwell = looked.filter(({ said }) => !said.ok);
    const isReady = unwell.every(({ part }) => part.advisory);
    return {
      status: unwell.length === 0 ? 'ok' : isReady ? 'degraded' : 'unready',
      parts: Object.fromEntries(looked.map(({ name, part, said }) => [name, reported(said, part.since)])),
    };
  }

  /** Whether a restart would help. That it is answered at all shows that the event loop turns. */
  life(): LifeReport {
    const now = this.#now().getTime();
    const looked = [...this.#vitals].map(([name, vital]) => {
      const said = this.#seen(vital);
      const since = said.since ?? vital.since;
      const ok = said.ok || now - since.getTime() < vital.graceMs;
      return { name, ok, said: reported({ ...said, ok }, since) };
    });
    return {
      status: looked.every(({ ok }) => ok) ? 'ok' : 'stuck',
      parts: Object.fromEntries(looked.map(({ name, said }) => [name, said])),
    };
  }

  #seen(part: Part): PartHealth {
    const said = part.probe();
    if (part.ok !== undefined && said.ok !== part.ok) part.since = this.#now();
    part.ok = said.ok;
    return said;
  }
}

function reported({ ok, detail, remedy, since }: PartHealth, seenSince: Date): ReportedPart {
  return {
    ok,
    since: (since ?? seenSince).toISOString(),
    ...(detail === undefined ? {} : { detail }),
    ...(remedy === undefined ? {} : { remedy }),
  };
}
