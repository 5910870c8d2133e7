import type { FailureKind } from '../shared/connector-error.js';
import { asText, isJsonObject, type JsonObject } from '../shared/json.js';
import { parseUrl } from '../shared/parse-url.js';
import type { Call, CallTimeouts } from './http/call.js';
import { InvalidArgumentError, VirusTotalError, wantsPause } from './errors.js';
import { encodePathSegment } from './gui-link.js';
import { multipartBody } from './http/multipart-body.js';
import { startContent } from './http/started-content.js';
import { objectPath } from './object-id.js';
import { asObject } from './report-fields.js';
import type { AnalysisStatus, Asker, FileContent, Submission, Submissions, VtObject } from './schema.js';
import type { VirusTotalTransport } from './http/transport.js';

/** Larger files go to an upload URL (VirusTotal reference §7: 32 MB). */
const MAX_DIRECT_BYTES = 33_554_432;

/** Longer than the minute for which the source may be silent, so that it is the source which is blamed. */
const SOURCE_SILENCE_MS = 90_000;

const uploadTimeouts: CallTimeouts = {
  idleMs: SOURCE_SILENCE_MS,
  // VirusTotal reads and hashes the file before it answers.
  headersMs: 180_000,
  // 650 MB in three hours are half a megabit a second.
  totalMs: 3 * 3_600_000,
};

/**
 * Submissions as calls of VirusTotal's API (VirusTotal reference §7). No file is sent, and no analysis asked for, a
 * second time when the first may have been taken: it fails with an error that is `uncertain`, and a look-up tells what
 * became of it.
 */
export class VirusTotalSubmissions implements Submissions {
  private readonly origin: string;

  /** @param baseUrl - Of the API, as the transport has it; upload URLs must have the same origin. */
  constructor(
    private readonly transport: VirusTotalTransport,
    baseUrl: string,
  ) {
    this.origin = new URL(baseUrl).origin;
  }

  /**
   * Uploading a file that VirusTotal has never seen is free, and so is following its analysis (VirusTotal reference
   * §2.2): both are tried without a unit. If somebody else has submitted the file since it was looked up, VirusTotal
   * counts the calls all the same, which the ledger learns when it is reconciled; only when VirusTotal refuses one for
   * lack of quota it is made again with a unit. An upload URL always costs one.
   *
   * @throws ConnectorError of the source when the content cannot be read, or is not what it should be; nothing was
   *   submitted then.
   */
  async submitFile(content: FileContent, asker: Asker): Promise<Submission | undefined> {
    const analysisId = await freeIfPossible(asker, (payer) => this.upload(content, asker, payer));
    return analysisId === undefined ? undefined : { analysisId, free: true };
  }

  async submitUrl(url: string, asker: Asker): Promise<Submission> {
    const analysisId = await this.submit({
      operation: 'submit URL',
      path: '/urls',
      asker,
      // Taken twice, it costs one unit more; given up, a person has to ask once more, and pays for that as well.
      repeatable: true,
      body: () => ({
        content: new URLSearchParams({ url }).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
    });
    if (analysisId !== undefined) return { analysisId, free: false };
    throw notFound(
      'VirusTotal takes no URLs at the configured address; check the base URL.',
      'configuration',
    );
  }

  async reanalyse(object: VtObject, asker: Asker): Promise<Submission | undefined> {
    const analysisId = await this.submit({
      operation: `reanalyse ${object.kind}`,
      path: `${objectPath(object)}/analyse`,
      asker,
    });
    return analysisId === undefined ? undefined : { analysisId, free: false };
  }

  async analysisStatus(submission: Submission, asker: Asker): Promise<AnalysisStatus | undefined> {
    const path = `/analyses/${encodePathSegment(submission.analysisId)}`;
    const follow = (payer: Asker | undefined): Promise<AnalysisStatus | undefined> =>
      this.transport.call({ operation: 'follow analysis', path, asker: payer, about: asker.about }, statusOf);
    return submission.free ? freeIfPossible(asker, follow) : follow(asker);
  }

  /** @returns the id of the analysis; `undefined` when one of this file is running already (409). */
  private async upload(
    content: FileContent,
    asker: Asker,
    payer: Asker | undefined,
  ): Promise<string | undefined> {
    const { about } = asker;
    if (content.sizeBytes !== undefined && content.sizeBytes <= MAX_DIRECT_BYTES)
      return this.uploadTo({ path: '/files', about }, content, payer);
    // The place costs a unit, which is wasted when the source cannot be read.
    const started = await this.transport.prepare(SOURCE_SILENCE_MS, (signal) =>
      startContent(content, signal),
    );
    try {
      return await this.uploadTo({ ...(await this.uploadPlace(asker)), about }, started.content, payer);
    } finally {
      started.close();
    }
  }

  private async uploadTo(
    place: Pick<Call, 'path' | 'baseUrl' | 'about'>,
    content: FileContent,
    payer: Asker | undefined,
  ): Promise<string | undefined> {
    try {
      const analysisId = await this.submit({
        operation: 'upload file',
        ...place,
        asker: payer,
        body: (signal) => multipartBody(content, signal),
        timeouts: uploadTimeouts,
      });
      if (analysisId !== undefined) return analysisId;
    } catch (error) {
      if (!(error instanceof VirusTotalError)) throw error;
      if (error.status === 409) return undefined;
      throw error.status === 413 ? tooLarge(error) : error;
    }
    // An upload URL is good for one use and a short time.
    throw notFound(
      'VirusTotal does not know its own address for this upload any more; try again later.',
      'transient',
    );
  }

  /** Makes a POST that starts an analysis. @returns its id; `undefined` when VirusTotal does not know the object. */
  private submit(call: Call): Promise<string | undefined> {
    return this.transport.call({ ...call, method: 'POST' }, analysisIdOf);
  }

  /** Where a large file may be uploaded, once. Costs a unit. */
  private async uploadPlace(asker: Asker): Promise<Pick<Call, 'path' | 'baseUrl'>> {
    const call = { operation: 'ask for upload URL', path: '/files/upload_url', asker };
    const address = await this.transport.call(call, (json) => asText(json.data));
    if (address === undefined) {
      throw notFound(
        'VirusTotal names no address to upload large files to; check the base URL.',
        'configuration',
      );
    }
    const url = this.uploadUrl(address);
    return { baseUrl: url.origin, path: `${url.pathname}${url.search}` };
  }

  /**
   * The documentation shows an address without TLS, so that is put right; any other difference from the origin of the
   * API is none that the key and the file may go to.
   */
  private uploadUrl(address: string): URL {
    const url = parseUrl(address);
    if (url?.protocol === 'http:' && this.origin.startsWith('https:')) url.protocol = 'https:';
    if (url?.origin === this.origin && url.username === '' && url.password === '') return url;
    const host = url?.host === undefined || url.host === '' ? 'no usable address' : url.host;
    throw new VirusTotalError(
      `VirusTotal names ${host} as the place for an upload, where only ${new URL(this.origin).host} is trusted; nothing was uploaded. Check proxy and base URL.`,
      'configuration',
      { untouched: true },
    );
  }
}

/** `{data: {type: "analysis", id}}`, the answer to every submission. */
function analysisIdOf(json: JsonObject): string | undefined {
  return asText(asObject(json.data).id);
}

/** An unknown status is one that is not final. */
function statusOf(json: JsonObject): AnalysisStatus | undefined {
  if (!isJsonObject(json.data)) return undefined;
  const { status } = asObject(json.data.attributes);
  return status === 'queued' || status === 'completed' ? status : 'in-progress';
}

function tooLarge({ status, code, cause }: VirusTotalError): InvalidArgumentError {
  return new InvalidArgumentError(
    'VirusTotal does not take a file of this size (HTTP 413); lower VIRUSTOTAL_FILE_UPLOAD_MAX_MB.',
    { status, code, cause, untouched: true },
  );
}

function notFound(message: string, kind: FailureKind): VirusTotalError {
  return new VirusTotalError(message, kind, { status: 404, untouched: true });
}

/**
 * Makes a call that should cost nothing; when VirusTotal wants a unit for it all the same, with one. So is one that came
 * too often: who needs a unit waits for his turn, and while the key pauses.
 */
async function freeIfPossible<T>(asker: Asker, make: (payer: Asker | undefined) => Promise<T>): Promise<T> {
  try {
    return await make(undefined);
  } catch (error) {
    if (wantsPause(error)) return make(asker);
    throw error;
  }
}
