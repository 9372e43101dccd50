/**
 * One child as a process: forked from a bundle, with a channel for messages. Turns Node's events into a few calls,
 * in a fixed order: whatever the child still had to say comes before the news of its end.
 */
import { fork, type ChildProcess as NodeChild } from "node:child_process";
import { constants } from "node:os";
import { asToCore, type ToChild, type ToCore } from "../platform/messages.js";
import type { End } from "./exits.js";
import type { Slice } from "./children.js";

export interface ChildListener {
  onMessage(message: ToCore): void;
  /** Called once. */
  onExited(end: End): void;
  /** What a child that has no log any more writes to standard error, by line. */
  onStderr(line: string): void;
}

interface ForkOptions {
  /** Path of the bundle. */
  entry: string;
  /** Pass the child's standard error through to ours (foreground), or read it by line. */
  inheritStderr: boolean;
}

/** The pipes of a process that is gone close with it; a descriptor that leaked must not hide its death for longer. */
const GRACE_MILLIS = 100;

/** Ours would change the child's heap, start an inspector or speak to the service manager. */
const NOT_FOR_CHILDREN = [
  "NODE_OPTIONS",
  "NODE_EXTRA_CA_CERTS",
  "NOTIFY_SOCKET",
  "WATCHDOG_USEC",
  "WATCHDOG_PID",
];

/**
 * Of the options that the command gave core, those for children too. Without its memory reducer V8 does not collect and
 * compact everything after 8 quiet seconds: in the middle of service that takes as much of the processor as 10,000
 * adverts, and puts off those that are due (platform/heap.ts).
 */
const FOR_CHILDREN = ["--no-memory-reducer"];

export function childEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const copy = { ...environment };
  for (const name of NOT_FOR_CHILDREN) delete copy[name];
  return copy;
}

export class ChildProcess {
  readonly #process: NodeChild;
  #ended = false;

  /** Throws when there can be no process. */
  constructor(options: ForkOptions, listener: ChildListener) {
    this.#process = fork(options.entry, [], {
      env: childEnvironment(process.env),
      execArgv: process.execArgv.filter((option) => FOR_CHILDREN.includes(option)),
      serialization: "json",
      stdio: ["ignore", "ignore", options.inheritStderr ? "inherit" : "pipe", "ipc"],
    });
    const child = this.#process;
    child.on("message", (message) => listener.onMessage(asToCore(message)));
    child.on("error", () => undefined); // a failed send: the exit says the rest
    child.once("exit", (code, signal) => {
      const end = endOf(code, signal);
      this.#afterLastWords(() => listener.onExited(end));
    });
    this.#readStderr(listener);
  }

  /** Process id; undefined when the fork failed. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** @returns false when the channel is gone. */
  send(message: ToChild<Slice>): boolean {
    if (!this.#process.connected) return false;
    this.#process.send(message, () => undefined);
    return true;
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Calls `report` once, when the channel and standard error are read to their ends, or at the latest after the grace. */
  #afterLastWords(report: () => void): void {
    const child = this.#process;
    let open = 1;
    const close = (): void => {
      open--;
      if (open > 0 || this.#ended) return;
      this.#ended = true;
      clearTimeout(timer);
      report();
    };
    const timer = setTimeout(() => {
      open = 1;
      close();
    }, GRACE_MILLIS);
    if (child.connected) {
      open++;
      child.once("disconnect", close);
    }
    if (child.stderr !== null && !child.stderr.closed) {
      open++;
      child.stderr.once("close", close);
    }
    close();
  }

  #readStderr(listener: ChildListener): void {
    let rest = "";
    this.#process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) listener.onStderr(line);
    });
    this.#process.stderr?.once("close", () => {
      if (rest !== "") listener.onStderr(rest);
    });
  }
}

function endOf(code: number | null, signal: NodeJS.Signals | null): End {
  if (signal !== null) return { signal, number: constants.signals[signal] };
  return { status: code ?? 0 };
}
