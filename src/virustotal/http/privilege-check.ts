import { unlessAborted } from '../../shared/unless-aborted.js';
import { ForbiddenError, type VirusTotalError } from '../errors.js';

/** What VirusTotal may refuse a key, whatever the value that is asked about. */
export interface Privilege {
  /** Distinct from that of everything else that may be refused by itself. */
  readonly name: string;
  /** Whether it was refused a short time ago. */
  isRefused(): Promise<boolean>;
  /** Notes a failure that is a refusal, before others go on. */
  failed(error: VirusTotalError): Promise<void>;
}

/** Told once how a call ended that was let through: whether VirusTotal answered it. */
export type CallEnd = (isAnswered: boolean) => void;

/**
 * Lets one call find out whether the key has a privilege, while others that need it wait. It is passed with the unit in
 * hand, so nobody waits here for quota, or behind a request that matters less.
 */
export class PrivilegeCheck {
  private readonly granted = new Set<string>();
  private readonly checks = new Map<string, Promise<void>>();

  /**
   * @param signal - Ends the wait, which is as long as a call.
   * @throws ForbiddenError when the privilege was refused a short time ago, which may be while this waited.
   */
  async pass(privilege: Privilege, signal: AbortSignal): Promise<CallEnd> {
    const { name } = privilege;
    await this.require(privilege);
    if (this.granted.has(name)) return this.endOf(name);
    const check = this.checks.get(name);
    if (check === undefined) return this.begin(name);
    await unlessAborted(check, signal, undefined);
    signal.throwIfAborted();
    // Once is enough: when the check failed for another reason, those who waited do not go one after the other.
    await this.require(privilege);
    return this.endOf(name);
  }

  /** @throws ForbiddenError when the privilege was refused a short time ago. */
  async require(privilege: Privilege): Promise<void> {
    if (!(await privilege.isRefused())) return;
    this.granted.delete(privilege.name);
    throw new ForbiddenError({ status: 403, code: 'ForbiddenError' });
  }

  private begin(name: string): CallEnd {
    let ended: () => void = () => undefined;
    this.checks.set(
      name,
      new Promise<void>((resolve) => {
        ended = resolve;
      }),
    );
    const end = this.endOf(name);
    return (isAnswered) => {
      end(isAnswered);
      this.checks.delete(name);
      ended();
    };
  }

  private endOf(name: string): CallEnd {
    return (isAnswered) => {
      if (isAnswered) this.granted.add(name);
    };
  }
}
