/**
 * Lines that a full pipe does not take yet: kept up to a limit, then the oldest go, as the newest say how things are.
 * Counts what went, one series at a time: from the first line lost until everything that waits is written. Pure.
 */

export class FifoBuffer {
  readonly #limitBytes: number;
  readonly #lines: Buffer[] = [];
  #bytes = 0;
  #dropped = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** @returns whether this line began a series of losses. */
  push(line: string): boolean {
    const began = this.#dropped === 0;
    const bytes = Buffer.from(line);
    this.#lines.push(bytes);
    this.#bytes += bytes.length;
    while (this.#bytes > this.#limitBytes) {
      this.#bytes -= this.#lines.shift()?.length ?? 0;
      this.#dropped++;
    }
    return began && this.#dropped > 0;
  }

  /** The line to write next. */
  get first(): Buffer | undefined {
    return this.#lines[0];
  }

  get size(): number {
    return this.#lines.length;
  }

  /** The first line was written. @returns how many lines the series that ends with it has lost; 0 as a rule. */
  written(): number {
    this.#bytes -= this.#lines.shift()?.length ?? 0;
    return this.#lines.length === 0 ? this.endSeries() : 0;
  }

  /** Lines lost and not reported yet. */
  endSeries(): number {
    const lost = this.#dropped;
    this.#dropped = 0;
    return lost;
  }
}
