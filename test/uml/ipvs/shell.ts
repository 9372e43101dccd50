/** One shell that runs script after script: its forks are cheap where those of a big process are not. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";

export class Shell {
  #shell: ChildProcessByStdio<Writable, Readable, null> | undefined;
  #words = "";
  #arrived: (() => void) | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #count = 0;

  /** Runs commands, one a line, after what was given before. @returns what they print. */
  run(...commands: string[]): Promise<string> {
    const run = this.#last.then(() => this.#perform(commands.join("\n")));
    this.#last = run;
    return run;
  }

  /** To be called at the end: it keeps this process alive. */
  close(): void {
    this.#shell?.stdin.end();
    this.#shell = undefined;
  }

  async #perform(script: string): Promise<string> {
    const shell = (this.#shell ??= this.#start());
    const mark = `--- end of script ${++this.#count}\n`;
    this.#words = "";
    shell.stdin.write(`{\n${script}\n} 2>&1\necho '${mark.trim()}'\n`);
    while (!this.#words.endsWith(mark))
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    return this.#words.slice(0, -mark.length);
  }

  #start(): ChildProcessByStdio<Writable, Readable, null> {
    const shell = spawn("sh", [], { stdio: ["pipe", "pipe", "inherit"] });
    shell.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#words += text;
      this.#arrived?.();
    });
    return shell;
  }
}
