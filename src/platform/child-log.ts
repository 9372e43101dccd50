/**
 * The log of a child process: a thin writer that hands its lines to core, which alone knows syslog and the console.
 * The lines of one turn of the loop travel as one message; details alone wait a little for company, as there may be a
 * thousand of them in the middle of what is urgent. When core is gone they go to standard error.
 */
import { writeSync } from "node:fs";
import type { LogLevel, LogLine, ToCore } from "./messages.js";

/** What the modules of a child log through. */
export interface Log {
  info(text: string): void;
  warning(text: string): void;
  error(text: string): void;
  /** Only with -D; a function is called only then. */
  detail(text: string | (() => string)): void;
}

export interface ChildLog extends Log {
  setDetail(detail: 0 | 1 | 2): void;
  /** Hands over what is buffered; `done` is called when core can read it even if this process ends. */
  flush(done?: () => void): void;
}

/** Hands a message to core; false or a throw when the channel is gone. */
export type Send = (message: ToCore) => boolean | void;

const STDERR = 2;

/** How long details may wait: as long as it takes to add and announce some thousand addresses. */
const DETAIL_MILLIS = 50;
/** Lines per message, and per turn of the loop: 0.3 ms. */
const LINES = 100;

/** A core that does not read (it is stopped) must not keep a child from ending. */
const WRITE_LIMIT_MILLIS = 200;

/**
 * Calls `done` when everything sent so far is in the pipe: messages keep their order, so it is enough to wait for one
 * more. Without this, the end of a long log would be lost with the process.
 */
function whenWritten(done: () => void): void {
  if (!process.connected || process.send === undefined) {
    setImmediate(done);
    return;
  }
  let called = false;
  const once = (): void => {
    if (called) return;
    called = true;
    clearTimeout(timer);
    done();
  };
  const timer = setTimeout(once, WRITE_LIMIT_MILLIS);
  const beat: ToCore = { kind: "beat" };
  process.send(beat, undefined, undefined, once);
}

function writeToStderr(lines: readonly LogLine[]): void {
  try {
    writeSync(STDERR, lines.map(({ text }) => `${text}\n`).join(""));
  } catch {
    // nobody is left to tell
  }
}

/** @param now wall clock in milliseconds, for tests */
export function createChildLog(send: Send, detail: 0 | 1 | 2 = 0, now: () => number = Date.now): ChildLog {
  let wanted = detail;
  let lines: LogLine[] = [];
  let due: "no" | "later" | "soon" = "no";
  let timer: NodeJS.Timeout | undefined;

  function handOver(count: number): void {
    const batch = lines.slice(0, count);
    lines = lines.slice(count);
    if (batch.length > 0) {
      let sent: boolean | void = false;
      try {
        sent = send({ kind: "log", lines: batch });
      } catch {
        // the channel closed between the check and the send
      }
      if (sent === false) writeToStderr(batch);
    }
  }

  function flush(done?: () => void): void {
    handOver(lines.length);
    if (done !== undefined) whenWritten(done);
  }

  function turn(): void {
    handOver(LINES);
    due = "no";
    if (lines.length > 0) soon();
  }

  function soon(): void {
    if (due === "soon") return;
    clearTimeout(timer);
    due = "soon";
    setImmediate(turn);
  }

  function later(): void {
    if (due !== "no") return;
    due = "later";
    timer = setTimeout(() => {
      due = "no";
      soon();
    }, DETAIL_MILLIS);
  }

  function add(level: LogLevel, text: string): void {
    lines.push({ level, text, atMillis: now() });
    if (level === "debug") later();
    else soon();
  }

  return {
    info: (text) => add("info", text),
    warning: (text) => add("warning", text),
    error: (text) => add("error", text),
    detail(text) {
      if (wanted > 0) add("debug", typeof text === "string" ? text : text());
    },
    setDetail(level) {
      wanted = level;
    },
    flush,
  };
}
