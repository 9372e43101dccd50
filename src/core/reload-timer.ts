/** reload_time_file: watches the file, and reloads when its time has come. What it says is in reload-time.ts. */
import { type FSWatcher, readFileSync, rmSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import type { ReloadSettings } from "../config/global-model.js";
import type { LogLevel } from "../platform/messages.js";
import { type DueTime, dueTime } from "./reload-time.js";

interface ReloadTimerPorts {
  /** Wall clock, milliseconds since 1970. */
  now(): number;
  log(level: LogLevel, text: string): void;
  reload(): void;
}

/** A file is read when nobody has written to it for so long. */
const QUIET_MILLIS = 100;
/** The clock may be set: it is looked at again after this, however far the time is. */
const LONGEST_WAIT_MILLIS = 60_000;

export class ReloadTimer {
  readonly #ports: ReloadTimerPorts;
  #settings: Pick<ReloadSettings, "timeFile" | "repeat"> = { repeat: false };
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #due: DueTime | undefined;

  constructor(ports: ReloadTimerPorts) {
    this.#ports = ports;
  }

  /** A configuration is in force. */
  take(settings: Pick<ReloadSettings, "timeFile" | "repeat">): void {
    this.close();
    this.#settings = settings;
    const { timeFile } = settings;
    if (timeFile === undefined) return;
    try {
      this.#watcher = watch(dirname(timeFile), (_event, name) => {
        if (name === null || name === basename(timeFile))
          this.#wait(QUIET_MILLIS, () => this.#look(timeFile));
      });
      this.#watcher.on("error", () => this.#watcher?.close());
    } catch (error) {
      this.#ports.log("warning", `reload_time_file is not watched: ${String(error)}`);
    }
    this.#look(timeFile);
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    clearTimeout(this.#timer);
    this.#due = undefined;
  }

  #wait(millis: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, millis);
    this.#timer.unref();
  }

  #look(timeFile: string): void {
    clearTimeout(this.#timer);
    const before = this.#due;
    this.#due = undefined;
    const line = firstLine(timeFile);
    if (line === undefined) {
      if (before !== undefined) this.#ports.log("info", `${timeFile} is gone: no reload is due`);
      return;
    }
    const due = dueTime(line, this.#ports.now());
    if (typeof due === "string")
      return this.#ports.log("warning", `${timeFile}: '${line}' ${due}, no reload is due`);
    this.#due = due;
    if (before?.atMillis !== due.atMillis)
      this.#ports.log("info", `Reload is due at ${new Date(due.atMillis).toISOString()}`);
    this.#arm(timeFile, due);
  }

  #arm(timeFile: string, due: DueTime): void {
    const left = due.atMillis - this.#ports.now();
    if (left > 0) return this.#wait(Math.min(left, LONGEST_WAIT_MILLIS), () => this.#arm(timeFile, due));
    this.#due = undefined;
    if (due.daily && this.#settings.repeat) this.#look(timeFile);
    else rmSync(timeFile, { force: true });
    this.#ports.log("info", `Reloading, as ${timeFile} asks for it`);
    this.#ports.reload();
  }
}

function firstLine(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1").split("\n", 1)[0];
  } catch {
    return undefined;
  }
}
