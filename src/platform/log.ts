/**
 * The log of the daemon, in core only: children hand their lines over (child-log.ts). pino does the levels; the
 * destination renders lines as keepalived's operators know them, to syslog and to the console.
 * Lines of one turn of the loop are written together; `flush` writes at once and is called before every exit.
 * pino is loaded beside the start of the children, which do not wait for it; until then lines are kept.
 */
import { writeSync } from "node:fs";
import type { Logger } from "pino";
import type { Addon } from "../native/addon.js";
import { formatConsoleLine } from "./log-lines.js";
import type { LogLevel } from "./messages.js";

/** Who speaks: "Keepalived_vrrp" and its process id. */
export interface Speaker {
  ident: string;
  pid: number;
}

interface LogSinks {
  /** With -l and -n: lines with a date on standard error. */
  console: boolean;
  /** Shifted LOG_ constant of the facility; absent with -G. */
  syslog?: { addon: Pick<Addon, "openSyslog" | "syslog">; facility: number };
}

export interface CoreLog {
  /** A text of several lines becomes several lines. */
  write(speaker: Speaker, level: LogLevel, text: string, atMillis?: number): void;
  /** Writes what is kept; `done` is called once it is written. */
  flush(done?: () => void): void;
}

/** Priorities of syslog(3). Detail is sent as info: a usual syslog drops debug lines, and -D asked for them. */
const PRIORITY: Record<LogLevel, number> = { debug: 6, info: 6, warning: 4, error: 3 };
const PINO_LEVEL = { debug: "debug", info: "info", warning: "warn", error: "error" } as const;
/** LOG_NDELAY: connect at once. The process id is part of the ident, as the lines of children carry their own. */
const SYSLOG_OPTIONS = 0x08;

const STDERR = 2;
/** Console text that is kept while a slow reader blocks the pipe; what is more is lost. */
const CONSOLE_LIMIT = 1 << 20;
const RETRY_MILLIS = 10;

interface Meta {
  speaker: Speaker;
  level: LogLevel;
  atMillis: number;
}

/** Standard error without blocking the loop and without Node's stream. */
class Console {
  #text = "";
  #lost = 0;
  #retry: NodeJS.Timeout | undefined;

  add(line: string): void {
    if (this.#text.length < CONSOLE_LIMIT) this.#text += line;
    else this.#lost++;
  }

  flush(): void {
    if (this.#lost > 0 && this.#text.length < CONSOLE_LIMIT / 2) {
      this.#text += formatConsoleLine(
        Date.now(),
        `${this.#lost} log lines were lost: standard error is not read`,
      );
      this.#lost = 0;
    }
    let bytes = Buffer.from(this.#text);
    try {
      while (bytes.length > 0) bytes = bytes.subarray(writeSync(STDERR, bytes));
    } catch (error) {
      const full = error instanceof Error && "code" in error && error.code === "EAGAIN";
      if (!full) bytes = Buffer.alloc(0); // a closed standard error is no reason to stop routing
    }
    this.#text = bytes.toString();
    if (this.#text === "" || this.#retry !== undefined) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.flush();
    }, RETRY_MILLIS);
  }
}

/** The destination that pino writes to: takes the line's parts instead of its JSON. */
class Destination {
  /** Set by pino before each write. */
  lastMsg = "";
  lastObj: Meta | undefined;

  readonly #console = new Console();
  #ident = "";

  constructor(readonly sinks: LogSinks) {
    // Asks pino for the two fields above.
    Object.defineProperty(this, Symbol.for("pino.metadata"), { value: true });
  }

  write(): void {
    const meta = this.lastObj;
    if (meta === undefined) return;
    if (this.sinks.console) this.#console.add(formatConsoleLine(meta.atMillis, this.lastMsg));
    const { syslog } = this.sinks;
    if (syslog === undefined) return;
    const ident = `${meta.speaker.ident}[${meta.speaker.pid}]`;
    if (ident !== this.#ident) syslog.addon.openSyslog(ident, syslog.facility, SYSLOG_OPTIONS);
    this.#ident = ident;
    syslog.addon.syslog(PRIORITY[meta.level], this.lastMsg);
  }

  flush(): void {
    this.#console.flush();
  }
}

export function createLog(sinks: LogSinks): CoreLog {
  const destination = new Destination(sinks);
  let logger: Logger | undefined;
  let waiting: { meta: Meta; text: string }[] = [];
  const loading = import("pino").then(({ pino }) => {
    logger = pino({ level: "debug", base: null, timestamp: false }, destination);
  });

  function write(): void {
    const lines = waiting;
    waiting = [];
    for (const { meta, text } of lines) logger?.[PINO_LEVEL[meta.level]](meta, text);
    destination.flush();
  }

  function flush(done?: () => void): void {
    if (logger === undefined) {
      void loading.then(() => flush(done));
      return;
    }
    write();
    done?.();
  }

  return {
    write(speaker, level, text, atMillis = Date.now()) {
      if (waiting.length === 0) setImmediate(() => flush());
      for (const line of text.split("\n")) waiting.push({ meta: { speaker, level, atMillis }, text: line });
    },
    flush,
  };
}
