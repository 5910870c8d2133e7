import type { PartHealth } from '../observability/health.js';
import type { PlatformOutageListener } from '../platform/heartbeat.js';
import type { Admission } from '../platform/inbound/request-line.js';
import type { OutageListener } from '../virustotal/http/outage-watch.js';
import type { Exhaustion, ExhaustionListener } from '../virustotal/quota/exhaustion-watch.js';

/** What takes requests, and can take some of them only. */
export interface Intake {
  serve(whom: Admission): unknown;
  /** Whether requests wait for a look-up. */
  expectWaiting?(isWaiting: boolean): void;
}

const NOT_TAKING = 'See to the other parts that are not well; it goes on by itself.';

/** Lets in the requests that can be served: it hears of quota and outages, and tells the intake. */
export class IntakeControl implements ExhaustionListener, OutageListener, PlatformOutageListener {
  /** Why and until when no look-up can be made. */
  private exhaustion: Exhaustion | undefined;
  private isUnreachable = false;
  private isPlatformAway = false;
  private intake: Intake | undefined;

  /** From now on the intake serves who can be served. */
  async follow(intake: Intake): Promise<void> {
    this.intake = intake;
    if (this.admission !== 'everyone') await intake.serve(this.admission);
  }

  /** A sentence for health while requests wait for the platform or for quota; `undefined` while none do. */
  get waitingText(): string | undefined {
    if (this.isPlatformAway) return 'requests wait until OpenCTI answers again';
    if (this.exhaustion === undefined) return undefined;
    const { manualServed, until } = this.exhaustion;
    return manualServed
      ? `automatic requests wait until ${until.toISOString()}: the rest of the VirusTotal quota is reserved for manual ones`
      : `requests wait until ${until.toISOString()}: the VirusTotal quota is used up`;
  }

  /**
   * What health says of the intake: requests are taken, or there is nobody to take any for.
   *
   * @param isTaking - Whether a request that comes now would be taken, as far as the way in goes.
   */
  health(isTaking: boolean): PartHealth {
    const detail = this.waitingText;
    const ok = isTaking || this.admission === 'nobody';
    if (!ok) return { ok, detail: detail ?? 'requests do not arrive', remedy: NOT_TAKING };
    return { ok, ...(detail === undefined ? {} : { detail }) };
  }

  readonly onExhausted = (exhaustion: Exhaustion): void => {
    this.exhaustion = exhaustion;
    this.tell();
  };

  readonly onResumed = (): void => {
    this.exhaustion = undefined;
    this.tell();
  };

  readonly onUnreachable = (): void => {
    this.isUnreachable = true;
    this.tell();
  };

  readonly onReachable = (): void => {
    this.isUnreachable = false;
    this.tell();
  };

  readonly onPlatformAway = (): void => {
    this.isPlatformAway = true;
    this.tell();
  };

  readonly onPlatformBack = (): void => {
    this.isPlatformAway = false;
    this.tell();
  };

  readonly onWaiting = (isWaiting: boolean): void => this.intake?.expectWaiting?.(isWaiting);

  private tell(): void {
    void this.intake?.serve(this.admission);
  }

  /**
   * Nobody while no request could be settled. Else those for whom there are look-ups: while VirusTotal is down, only
   * people are told so; the others come later.
   */
  private get admission(): Admission {
    if (this.isPlatformAway) return 'nobody';
    if (this.exhaustion === undefined) return this.isUnreachable ? 'manual' : 'everyone';
    return this.exhaustion.manualServed ? 'manual' : 'nobody';
  }
}
