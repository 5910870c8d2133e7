import { PostponeError } from '../postpone-error.js';
import type { ExhaustedWindow } from './decide.js';

const spent: Readonly<Record<ExhaustedWindow | 'minute', string>> = {
  minute: 'More VirusTotal look-ups are wanted than the quota of a minute allows',
  hour: 'The hourly VirusTotal quota is used up',
  day: 'The daily VirusTotal quota is used up',
  month: 'The monthly VirusTotal quota is used up',
  blocked: 'VirusTotal refuses more look-ups with this API key for now',
};

/**
 * A look-up has to wait longer than a request is held here; it goes back to the broker until then. Of the minute: the
 * request has waited for many of them.
 */
export class QuotaExhaustedError extends PostponeError {
  constructor(
    readonly resetsAt: Date,
    readonly window: ExhaustedWindow | 'minute',
  ) {
    const moment = resetsAt.toISOString().slice(0, 16).replace('T', ' ');
    super(`${spent[window]}; the request waits until ${moment} UTC.`, 'transient');
  }

  get until(): Date {
    return this.resetsAt;
  }

  postpones(): boolean {
    return true;
  }
}
