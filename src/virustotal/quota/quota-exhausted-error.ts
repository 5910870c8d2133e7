import { PostponeError } from '../postpone-error.js';
import type { ExhaustedWindow } from './decide.js';

const spent: Readonly<Record<ExhaustedWindow, string>> = {
  hour: 'The hourly VirusTotal quota is used up',
  day: 'The daily VirusTotal quota is used up',
  month: 'The monthly VirusTotal quota is used up',
  blocked: 'VirusTotal refuses more look-ups with this API key for now',
};

/** A look-up has to wait longer than a request is held here; it goes back to the broker until then. */
export class QuotaExhaustedError extends PostponeError {
  constructor(
    readonly resetsAt: Date,
    readonly window: ExhaustedWindow,
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
