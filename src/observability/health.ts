/** What one part of the connector says about itself. */
export interface PartHealth {
  readonly ok: boolean;
  /** A sentence when there is something to say. */
  readonly detail?: string | undefined;
}

export interface HealthReport {
  readonly status: 'ok' | 'degraded';
  readonly parts: Readonly<Record<string, PartHealth>>;
}

/** Collects what the parts say; the connector is healthy when every part is. */
export class Health {
  readonly #parts = new Map<string, () => PartHealth>();

  /** Registers a part under the name that the report shows. */
  watch(name: string, probe: () => PartHealth): void {
    this.#parts.set(name, probe);
  }

  report(): HealthReport {
    const parts = Object.fromEntries([...this.#parts].map(([name, probe]) => [name, probe()]));
    const ok = Object.values(parts).every((part) => part.ok);
    return { status: ok ? 'ok' : 'degraded', parts };
  }
}
