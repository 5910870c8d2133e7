import { inspect } from 'node:util';

const REPLACEMENT = '[redacted]';
/** What is shorter cannot be told from ordinary text. */
const MIN_LENGTH = 6;

/** Secrets known to this process, so that no log line can carry one, wherever it came from. */
export class SecretRegistry {
  readonly #secrets = new Set<string>();
  /** Every spelling of every secret, the longest first: one may be part of another. */
  #spellings: readonly string[] = [];
  /** The same as they stand inside JSON. */
  #inJson: readonly string[] = [];
  /** What the Base64 of anything that contains a secret contains. */
  #encodedCores: readonly string[] = [];

  /** Adds a secret; values too short to be told from ordinary text are ignored. */
  add(secret: string | undefined): void {
    if (secret === undefined || secret.length < MIN_LENGTH || this.#secrets.has(secret)) return;
    this.#secrets.add(secret);
    const all = [...this.#secrets];
    this.#spellings = longestFirst(all.flatMap(spellingsOf));
    this.#inJson = longestFirst(this.#spellings.map(asJson));
    this.#encodedCores = longestFirst(all.flatMap(encodedCoresOf));
  }

  /** The text with every known secret replaced in every spelling. */
  redact(text: string): string {
    return this.#without(this.#spellings, text);
  }

  /** As {@link redact}, for a text that is JSON and stays JSON. */
  redactJson(json: string): string {
    return this.#without(this.#inJson, json);
  }

  #without(spellings: readonly string[], text: string): string {
    let clean = text;
    for (const spelling of spellings) {
      if (clean.includes(spelling)) clean = clean.replaceAll(spelling, REPLACEMENT);
    }
    for (const core of this.#encodedCores) {
      if (clean.includes(core)) clean = clean.replace(base64Around(core), REPLACEMENT);
    }
    return clean;
  }
}

function longestFirst(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort((a, b) => b.length - a.length);
}

/**
 * As it is and percent-encoded in a URL; and each of them quoted, as JSON or as `util.inspect` does, inside a message
 * that may be quoted again. A secret of letters and digits has one spelling.
 */
function spellingsOf(secret: string): string[] {
  const encoded = encodeURIComponent(secret.replace(/\p{Surrogate}/gu, '\uFFFD'));
  const plain = [
    secret,
    encoded,
    encoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    new URLSearchParams([['', secret]]).toString().slice(1),
    asPassword(secret),
  ];
  const quoted = [...plain, ...plain.flatMap(quotedForms)];
  return [...quoted, ...quoted.flatMap(quotedForms)].filter((spelling) => spelling.length >= MIN_LENGTH);
}

/** What stands between quotation marks; `util.inspect` takes those that do not occur, if there are any. */
function quotedForms(text: string): string[] {
  const parts = text
    .split("'")
    .map((part) => inspect(part, { breakLength: Infinity, maxStringLength: null }).slice(1, -1));
  return [parts.join("'"), parts.join("\\'"), asJson(text)];
}

/** As the parts of a URL are written out again, which encodes less, and other characters, than `encodeURIComponent`. */
function asPassword(secret: string): string {
  const url = new URL('http://host/');
  url.password = secret;
  return url.password;
}

function asJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/**
 * Three bytes become four characters, so that there are three ways in which a secret can stand in Base64; what depends
 * on its neighbours is left out. Each way in the alphabet of headers and in that of URLs.
 */
function encodedCoresOf(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const cores = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const start = Math.ceil((offset * 8) / 6);
    const end = Math.floor(((offset + bytes.length) * 8) / 6);
    return encoded.slice(start, end);
  });
  return cores.flatMap((core) => [core, core.replaceAll('+', '-').replaceAll('/', '_')]);
}

/** The whole of what was encoded: its rest would give the neighbours of the secret away, and its first and last bits. */
function base64Around(core: string): RegExp {
  const literal = core.replace(/[+/]/g, String.raw`\$&`);
  return new RegExp(`[A-Za-z0-9+/_-]*${literal}[A-Za-z0-9+/_-]*={0,2}`, 'g');
}
