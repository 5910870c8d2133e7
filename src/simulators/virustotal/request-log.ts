import type { IncomingMessage } from 'node:http';

/** One request the simulator received. Keys are redacted wherever they may stand. */
export interface LoggedRequest {
  readonly at: Date;
  readonly method: string;
  /** Path below `/api/v3` as sent (percent-encoded), without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** Status sent; `undefined` while the request runs and when the connection was cut. */
  readonly status: number | undefined;
  /** Units of quota this request used. */
  readonly quotaUnits: number;
  /** Bytes of an uploaded file that arrived, whether or not the upload was complete. */
  readonly uploadedBytes: number;
  /** Kind of the fault that struck this request. */
  readonly fault: string | undefined;
  /** Whether no endpoint exists for method and path: a client that asks such things is wrong. */
  readonly unexpected: boolean;
}

/** A request while it is being answered. */
export type OpenRequest = { -readonly [Field in keyof LoggedRequest]: LoggedRequest[Field] };

type Predicate = (request: LoggedRequest) => boolean;

const redacted = '[redacted]';
const lookUpPath = /^\/(files|ip_addresses|domains|urls)\/[^/]+$/;

/** What was asked, for assertions and for the demo. */
export class RequestLog {
  #requests: OpenRequest[] = [];
  #waiting: { readonly satisfied: () => boolean; readonly resolve: () => void }[] = [];

  /** Every request in order of arrival. */
  get entries(): readonly LoggedRequest[] {
    return this.#requests;
  }

  /** Requests that satisfy the condition. */
  matching(predicate: Predicate): readonly LoggedRequest[] {
    return this.#requests.filter(predicate);
  }

  /** Requests for one report: file, address, domain or URL. */
  lookUps(): readonly LoggedRequest[] {
    return this.matching(
      ({ method, path }) => method === 'GET' && lookUpPath.test(path) && path !== '/files/upload_url',
    );
  }

  /** Requests no endpoint exists for. */
  unexpected(): readonly LoggedRequest[] {
    return this.matching((request) => request.unexpected);
  }

  /** Units of quota used by all requests together. */
  get quotaUnits(): number {
    return this.#requests.reduce((sum, { quotaUnits }) => sum + quotaUnits, 0);
  }

  /** Milliseconds of the simulator's clock between each request and the one before it. */
  intervalsMs(predicate: Predicate = () => true): readonly number[] {
    const times = this.matching(predicate).map(({ at }) => at.getTime());
    return times.slice(1).map((time, index) => time - (times[index] ?? time));
  }

  /** Resolves as soon as this many requests that satisfy the condition have arrived. */
  async waitFor(count: number, predicate: Predicate = () => true): Promise<void> {
    const satisfied = (): boolean => this.matching(predicate).length >= count;
    if (satisfied()) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push({ satisfied, resolve });
    });
  }

  /** Forgets all requests. */
  clear(): void {
    this.#requests = [];
  }

  /** Notes a request that has just arrived; the server fills in the rest. */
  open(request: IncomingMessage, path: string, query: URLSearchParams, at: Date): OpenRequest {
    const key = request.headers['x-apikey'];
    const redact = (text: string): string => redactKeys(text, typeof key === 'string' ? key : undefined);
    const entry: OpenRequest = {
      at,
      method: request.method ?? '',
      path: redact(path),
      query: Object.fromEntries([...query].map(([name, value]) => [name, redact(value)])),
      headers: Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [
          name,
          name === 'x-apikey' ? redacted : redact(String(value)),
        ]),
      ),
      status: undefined,
      quotaUnits: 0,
      uploadedBytes: 0,
      fault: undefined,
      unexpected: false,
    };
    this.#requests.push(entry);
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ satisfied }) => !satisfied());
    for (const { satisfied, resolve } of waiting) if (satisfied()) resolve();
    return entry;
  }
}

/** Users are addressed by their key too, so a path or a query can hold one. */
function redactKeys(text: string, key: string | undefined): string {
  const withoutKey = key === undefined || key === '' ? text : text.replaceAll(key, redacted);
  return withoutKey.replace(/(^\/users\/)[0-9a-f]{64}/i, `$1${redacted}`);
}
