import { withAnySignal } from '../../shared/any-signal.js';
import { ConnectorError } from '../../shared/connector-error.js';
import type { Telemetry } from '../../shared/telemetry.js';
import { TransportError, type VirusTotalError } from '../errors.js';
import type { Call } from './call.js';
import type { CircuitBreaker, Passage } from './circuit-breaker.js';
import type { OutageTrial } from './outage-trial.js';
import type { Pacer, Unit } from './pacer.js';
import { PrivilegeCheck, type CallEnd } from './privilege-check.js';

/** What an attempt was let through with; each part is told how it ended. */
export interface Admission {
  /** `undefined` when the attempt is free, or nothing is counted. */
  readonly unit: Unit | undefined;
  readonly passage: Passage;
  /** `undefined` when every key may. */
  readonly privilege: CallEnd | undefined;
}

export interface AdmissionsOptions {
  readonly breaker: CircuitBreaker;
  readonly trial: OutageTrial;
  /** Without it nothing is counted. */
  readonly pacer?: Pacer | undefined;
  readonly telemetry: Telemetry;
  /** Ends every wait when the connector stops. */
  readonly signal?: AbortSignal | undefined;
  /** What a wait that was ended failed with. */
  readonly failure: (error: unknown) => VirusTotalError;
}

/** Lets attempts through: VirusTotal is up, there is a unit, and the key may, as far as is known. */
export class Admissions {
  private readonly privileges = new PrivilegeCheck();

  constructor(private readonly options: AdmissionsOptions) {}

  /**
   * Waits until an attempt may be made. Nothing is spent when it may not.
   *
   * @param isQuotaCall - The quota itself is free, short, and about no object: it needs no other call to go ahead.
   * @throws ForbiddenError for what the key may not use; CircuitOpenError while VirusTotal is down; what the pacer throws.
   */
  async admit(call: Call, isQuotaCall: boolean): Promise<Admission> {
    const { breaker, trial } = this.options;
    // Nobody needs to wait for a unit that is not used then.
    breaker.check();
    if (call.privilege !== undefined) await this.privileges.require(call.privilege);
    const unit = await this.acquire(call);
    let privilege: CallEnd | undefined;
    try {
      privilege = await this.pass(call);
      const passage = isQuotaCall ? breaker.enter() : await trial.enter();
      return { unit, passage, privilege };
    } catch (error) {
      privilege?.(false);
      await unit?.giveBack();
      throw error;
    }
  }

  /** The unit that an attempt costs. */
  private async acquire({ asker }: Call): Promise<Unit | undefined> {
    const { pacer, signal, telemetry } = this.options;
    if (asker === undefined || pacer === undefined) return undefined;
    const since = performance.now();
    try {
      const unit = await withAnySignal([asker.signal, signal], (either) =>
        pacer.acquire(asker.priority, either, asker.startedAtMs),
      );
      telemetry.quotaAwaited(asker.priority, performance.now() - since);
      if (asker.isNeeded === undefined || (await asker.isNeeded())) return unit;
      await unit.giveBack();
      throw new TransportError('The answer came from elsewhere.');
    } catch (error) {
      throw this.failureOf(error);
    }
  }

  private async pass({ privilege, asker }: Call): Promise<CallEnd | undefined> {
    if (privilege === undefined) return undefined;
    try {
      return await withAnySignal([asker?.signal, this.options.signal], (either) =>
        this.privileges.pass(privilege, either),
      );
    } catch (error) {
      throw this.failureOf(error);
    }
  }

  private failureOf(error: unknown): ConnectorError {
    return error instanceof ConnectorError ? error : this.options.failure(error);
  }
}
