/** What a script writes to stderr: its beginning is kept, as text for one line of the log. Pure. */

/** What is kept of a script's stderr. */
const KEPT_BYTES = 4096;

export class ScriptOutput {
  readonly #kept: Buffer[] = [];
  #keptBytes = 0;
  /** Bytes so far, kept or not. */
  total = 0;

  add(chunk: Uint8Array): void {
    this.total += chunk.length;
    const room = KEPT_BYTES - this.#keptBytes;
    if (room <= 0 || chunk.length === 0) return;
    // A copy: a part would keep the whole chunk alive.
    const part = Buffer.from(chunk.subarray(0, room));
    this.#kept.push(part);
    this.#keptBytes += part.length;
  }

  /** One line; control characters are made harmless, and what was cut off is said. */
  get text(): string {
    const text = Buffer.concat(this.#kept).toString("utf8").trim();
    const line = text.replace(/\s*\n\s*/g, " | ").replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");
    return this.total > this.#keptBytes ? `${line} [... ${this.total} bytes in all]` : line;
  }
}
