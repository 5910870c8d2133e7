/** Secrets known to this process, so that no log line can carry one, wherever it came from. */
export class SecretRegistry {
  readonly #secrets = new Set<string>();

  /** Adds a secret; values too short to be told from ordinary text are ignored. */
  add(secret: string | undefined): void {
    if (secret === undefined || secret.length < 6) return;
    this.#secrets.add(secret);
    // Inside a JSON line the secret may stand escaped, and inside a URL percent-encoded.
    this.#secrets.add(JSON.stringify(secret).slice(1, -1));
    this.#secrets.add(encodeURIComponent(secret));
  }

  /** The text with every known secret replaced. */
  redact(text: string): string {
    let clean = text;
    for (const secret of this.#secrets) {
      if (clean.includes(secret)) clean = clean.replaceAll(secret, '[redacted]');
    }
    return clean;
  }
}
