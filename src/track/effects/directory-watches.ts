/**
 * Tells of changes in directories, also in ones that do not exist yet: then of their nearest parent that does, until
 * they come. A directory that is removed, moved away or replaced is followed by its path. Where the file system tells
 * nothing of changes (NFS, FUSE, /proc) they are looked at every second.
 */
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Addon, Inotify, NativeError } from "../../native/addon.js";
import type { Loop } from "../../net/loop.js";
import type { Log } from "../../platform/child-log.js";
import { silentFilesystem } from "../filesystems.js";
import * as inotify from "../inotify-events.js";

/** One mask for all: two paths may lead to one directory, which has one watch only. */
const MASK =
  inotify.IN_CLOSE_WRITE |
  inotify.IN_MOVED_FROM |
  inotify.IN_MOVED_TO |
  inotify.IN_CREATE |
  inotify.IN_DELETE |
  inotify.IN_DELETE_SELF |
  inotify.IN_MOVE_SELF |
  inotify.IN_ONLYDIR;
const ITSELF_GONE = inotify.IN_DELETE_SELF | inotify.IN_MOVE_SELF | inotify.IN_UNMOUNT | inotify.IN_IGNORED;
/** The kernel writes it from memory, and asks no server. */
const MOUNTS = "/proc/self/mountinfo";
/** A directory that cannot be watched is looked at this often. */
const LOOK_MICROS = 1_000_000;

/** Empty where there is no /proc. */
function mounts(): string {
  try {
    return readFileSync(MOUNTS, "utf8");
  } catch {
    return "";
  }
}

/** What happened to a name; undefined: anything may have. */
type DirectoryListener = (name: string | undefined, mask: number) => void;

interface Watched {
  path: string;
  listeners: Set<DirectoryListener>;
  /** Of the directory, or of the parent that is there. */
  watch: number | undefined;
  absent: boolean;
  cancelLook: (() => void) | undefined;
  toldRefused: boolean;
}

export class DirectoryWatches {
  readonly #inotify: Inotify;
  readonly #loop: Loop;
  readonly #log: Log;
  readonly #byPath = new Map<string, Watched>();
  readonly #byWatch = new Map<number, Set<Watched>>();
  #closed = false;

  constructor(addon: Addon, loop: Loop, log: Log) {
    this.#loop = loop;
    this.#log = log;
    this.#inotify = new addon.Inotify((records) => this.#onRecords(records));
  }

  /** @returns what ends it */
  watch(path: string, listener: DirectoryListener): () => void {
    let watched = this.#byPath.get(path);
    if (watched === undefined) {
      watched = {
        path,
        listeners: new Set(),
        watch: undefined,
        absent: false,
        cancelLook: undefined,
        toldRefused: false,
      };
      this.#byPath.set(path, watched);
      this.#establish(watched);
    }
    const { listeners } = watched;
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#forget(watched);
    };
  }

  close(): void {
    this.#closed = true;
    for (const { cancelLook } of this.#byPath.values()) cancelLook?.();
    this.#inotify.close();
  }

  #forget(watched: Watched): void {
    this.#byPath.delete(watched.path);
    watched.cancelLook?.();
    this.#release(watched);
  }

  #release(watched: Watched): void {
    const { watch } = watched;
    watched.watch = undefined;
    if (watch === undefined) return;
    const sharing = this.#byWatch.get(watch);
    sharing?.delete(watched);
    if (sharing?.size !== 0) return;
    this.#byWatch.delete(watch);
    if (!this.#closed) this.#inotify.remove(watch);
  }

  /** Watches the directory, or the nearest parent. Tried again where one came into being meanwhile. */
  #establish(watched: Watched): void {
    if (this.#closed) return;
    this.#release(watched);
    const silent = silentFilesystem(watched.path, mounts());
    if (silent !== undefined) return this.#onSilent(watched, silent);
    let below: string | undefined;
    for (let path = watched.path; ; path = dirname(path)) {
      const outcome = this.#add(path, watched);
      if (outcome === "refused") return;
      if (outcome === "absent" && path !== dirname(path)) {
        below = path;
        continue;
      }
      watched.absent = path !== watched.path;
      // It came while its parent was not watched yet.
      if (below !== undefined && this.#exists(below)) this.#establish(watched);
      return;
    }
  }

  #exists(path: string): boolean {
    try {
      const watch = this.#inotify.add(path, MASK);
      if (!this.#byWatch.has(watch)) this.#inotify.remove(watch);
      return true;
    } catch {
      return false;
    }
  }

  #add(path: string, watched: Watched): "watched" | "absent" | "refused" {
    try {
      const watch = this.#inotify.add(path, MASK);
      watched.watch = watch;
      const sharing = this.#byWatch.get(watch);
      if (sharing === undefined) this.#byWatch.set(watch, new Set([watched]));
      else sharing.add(watched);
      watched.toldRefused = false;
      return "watched";
    } catch (error) {
      const { code, message } = error as NativeError;
      if (code === "ENOENT" || code === "ENOTDIR") return "absent";
      this.#onRefused(watched, code, message);
      return "refused";
    }
  }

  #onSilent(watched: Watched, filesystem: string): void {
    watched.absent = false;
    if (!watched.toldRefused)
      this.#log.info(
        `${watched.path} is on ${filesystem}, which does not tell of changes: it is looked at every second`,
      );
    this.#lookLater(watched);
  }

  /** No watch (too many of them on the host, no permission): the files are looked at again and again. */
  #onRefused(watched: Watched, code: string, message: string): void {
    if (!watched.toldRefused) {
      const advice = code === "ENOSPC" ? " (fs.inotify.max_user_watches)" : "";
      this.#log.warning(
        `Cannot watch ${watched.path}: ${message}${advice}; it is looked at every second instead`,
      );
    }
    this.#lookLater(watched);
  }

  #lookLater(watched: Watched): void {
    watched.toldRefused = true;
    watched.cancelLook?.();
    watched.cancelLook = this.#loop.at(this.#loop.now() + LOOK_MICROS, () => {
      this.#establish(watched);
      this.#tell(watched, undefined, 0);
    });
  }

  #onRecords(records: Uint8Array): void {
    for (const { watch, mask, name } of inotify.decodeInotifyEvents(records)) {
      if ((mask & inotify.IN_Q_OVERFLOW) !== 0) {
        for (const watched of [...this.#byPath.values()]) this.#anew(watched);
        continue;
      }
      const concerned = [...(this.#byWatch.get(watch) ?? [])];
      if ((mask & inotify.IN_IGNORED) !== 0) this.#byWatch.delete(watch);
      for (const watched of concerned) this.#onEvent(watched, mask, name);
    }
  }

  #onEvent(watched: Watched, mask: number, name: string): void {
    if ((mask & ITSELF_GONE) !== 0) this.#anew(watched);
    else if (!watched.absent) this.#tell(watched, name, mask);
    else if ((mask & (inotify.IN_CREATE | inotify.IN_MOVED_TO)) !== 0) this.#anew(watched);
  }

  #anew(watched: Watched): void {
    this.#establish(watched);
    this.#tell(watched, undefined, 0);
  }

  #tell({ listeners }: Watched, name: string | undefined, mask: number): void {
    for (const listener of [...listeners]) listener(name, mask);
  }
}
