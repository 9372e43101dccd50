/** Output of a running program, line by line, each with the time it came. */
import type { Readable } from "node:stream";

export interface Line {
  /** Milliseconds since the epoch, with fractions. */
  readonly at: number;
  readonly text: string;
}

/** Wall clock in milliseconds with microseconds, comparable with tcpdump's and ping's stamps. */
export function wallClockMs(): number {
  return performance.timeOrigin + performance.now();
}

/** Collects lines and tells whoever listens. */
export class Lines {
  readonly all: Line[] = [];
  readonly #listeners: ((line: Line) => void)[] = [];
  readonly #observers: (() => void)[] = [];

  /** Reads a stream to its end. Called once per stream: stdout and stderr may share one `Lines`. */
  read(stream: Readable): void {
    let rest = "";
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop() ?? "";
      for (const text of parts) this.#add(text);
    });
    stream.on("end", () => {
      if (rest !== "") this.#add(rest);
    });
  }

  onLine(listener: (line: Line) => void): void {
    this.#listeners.push(listener);
  }

  /** After all listeners of a line and before the next one: who looks at every line misses no state that passes. */
  onTaken(observer: () => void): void {
    this.#observers.push(observer);
  }

  #add(text: string): void {
    const line = { at: wallClockMs(), text };
    this.all.push(line);
    for (const listener of this.#listeners) listener(line);
    for (const observer of this.#observers) observer();
  }

  /** The first line from index `from` that matches. */
  find(pattern: RegExp, from = 0): Line | undefined {
    return this.all.slice(from).find((line) => pattern.test(line.text));
  }

  /** The last lines, for the report of a failure. */
  tail(count: number): string {
    return this.all
      .slice(-count)
      .map((line) => `    ${new Date(line.at).toISOString().slice(11, 23)} ${line.text}`)
      .join("\n");
  }
}
