/**
 * A table of nftables of ours: replaced as a whole when the rules change, put back when somebody removes it, and noted in a
 * file before it is made, so that whoever comes after a crash can remove it. Effects only.
 */
import { readFile, rm, writeFile } from "node:fs/promises";
import type { Addon, Socket } from "../native/addon.js";
import { META, META_FIELDS } from "../native/addon.js";
import { nextMessage } from "../netlink/message.js";
import { decodeTableNews, TableWatch } from "../netlink/nftables.js";
import type { ScriptRunner } from "../platform/script-runner.js";
import { AF_NETLINK, NETLINK_ADD_MEMBERSHIP, NETLINK_NETFILTER, SOCK_RAW, SOL_NETLINK } from "./constants.js";
import type { Loop } from "./loop.js";
import { runNft } from "./nft.js";
import { familiesOfScript, removalScript, tableOfScript } from "./nft-table.js";
import { RestoreLimit } from "./restore-limit.js";
import { sockaddrNl } from "./socket-address.js";
import { systemErrorOf } from "./system-error.js";

/** NFNLGRP_NFTABLES. */
const GROUP = 7;
const SLOTS = 8;
/** A message is not larger than a page, and the name of the table comes first. */
const SLOT = 4096;
const MODE = 0o600;

interface FirewallPorts {
  addon: Addon;
  loop: Loop;
  runner: ScriptRunner;
  /** Holds the script that is in force. */
  file: string;
  /** Somebody removed the table, or a part of it; it is put back. */
  lost: (table: string) => void;
  /** The rules are not in force: why. */
  failed: (reason: string) => void;
  /** The rules are in force, but nobody will put them back: why. */
  unwatched: (reason: string) => void;
}

/** Removes the table that a file names, and then the file. @returns why it could not. Never rejects. */
export async function removeFirewall(runner: ScriptRunner, file: string): Promise<string | undefined> {
  try {
    const table = tableOfScript(await readFile(file, "utf8"));
    const failure = table === undefined ? undefined : await runNft(runner, [removalScript(table)]);
    if (failure === undefined) await rm(file, { force: true });
    return failure?.reason;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    return error instanceof Error ? error.message : String(error);
  }
}

export class Firewall {
  readonly #ports: FirewallPorts;
  readonly #limit = new RestoreLimit();
  readonly #slab = new Uint8Array(SLOTS * SLOT);
  readonly #meta = new Int32Array(SLOTS * META_FIELDS);
  /** One run at a time, in order. */
  #work: Promise<boolean> = Promise.resolve(true);
  /** The script that is wanted; undefined: no table. */
  #wanted: string | undefined;
  /** The script that nft has taken. */
  #inForce: string | undefined;
  #running = false;
  /** Something has happened since the last run began: what it makes may be gone again, or stand for other links. */
  #outdated = false;
  #socket: Socket | undefined;
  #watch: TableWatch | undefined;
  #cancelRestore: (() => void) | undefined;
  #closed = false;

  constructor(ports: FirewallPorts) {
    this.#ports = ports;
  }

  /**
   * Carries out a script of `replacementOf`; undefined: no table of ours. What an earlier process left is removed in the
   * same step. @returns whether that was done; else it was told why not
   */
  apply(script: string | undefined): Promise<boolean> {
    if (this.#closed) return this.#work;
    this.#wanted = script;
    return this.#queue();
  }

  /** As `apply`, also when the text is the same: what its names stand for has changed. */
  remake(script: string | undefined): Promise<boolean> {
    this.#inForce = undefined;
    this.#outdated = true;
    return this.apply(script);
  }

  #queue(): Promise<boolean> {
    this.#work = this.#work.then(() => this.#step());
    return this.#work;
  }

  /** @returns whether what is wanted was done. */
  async #step(): Promise<boolean> {
    const wanted = this.#wanted;
    if (wanted !== undefined && wanted === this.#inForce) return true;
    const before = await this.#noted();
    const stale = before !== undefined && (wanted === undefined || tableOfScript(wanted) !== before);
    if (stale) {
      this.#forget();
      const failure = await removeFirewall(this.#ports.runner, this.#ports.file);
      if (failure !== undefined) {
        this.#ports.failed(`table ${before} cannot be removed: ${failure}`);
        return false;
      }
    }
    return wanted === undefined || this.#replace(wanted, before !== undefined && !stale);
  }

  /** @param replaces there may be such a table already: it stays when this fails. */
  async #replace(script: string, replaces: boolean): Promise<boolean> {
    const { file, runner, failed } = this.#ports;
    const table = tableOfScript(script);
    try {
      await writeFile(file, script, { mode: MODE });
    } catch (error) {
      failed(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
    if (table !== undefined) this.#listen(table, script);
    this.#outdated = false;
    this.#running = true;
    const failure = await runNft(runner, ["-f", file]);
    this.#running = false;
    this.#inForce = failure === undefined && !this.#outdated ? script : undefined;
    if (failure === undefined) return true;
    if (failure.undone && !replaces) {
      this.#forget();
      await rm(file, { force: true });
    }
    failed(failure.reason);
    return false;
  }

  /** The table in the file, ours or of an earlier process. */
  async #noted(): Promise<string | undefined> {
    try {
      return tableOfScript(await readFile(this.#ports.file, "utf8"));
    } catch {
      return undefined;
    }
  }

  /** Hears of changes from now on. Without such messages nobody puts the table back, which is no reason not to have it. */
  #listen(table: string, script: string): void {
    this.#watch = new TableWatch(table, familiesOfScript(script));
    if (this.#socket !== undefined || this.#closed) return;
    try {
      this.#socket = new this.#ports.addon.Socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
      this.#socket.bind(sockaddrNl());
      this.#socket.setOption(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, GROUP);
      this.#socket.startReading((status) => this.#read(status < 0));
      this.#socket.setRef(false);
    } catch (error) {
      this.#forget();
      this.#ports.unwatched(
        `changes of table ${table} cannot be watched: ${systemErrorOf(error, "nfnetlink").code}`,
      );
    }
  }

  /** @param overrun messages were lost: the table may be too. */
  #read(overrun: boolean): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    let lost = overrun;
    try {
      for (;;) {
        const count = socket.receiveBatch(this.#slab, SLOT, this.#meta, new Uint8Array(0));
        for (let i = 0; i < count; i++) if (this.#take(i)) lost = true;
        if (count < SLOTS) break;
      }
    } catch (error) {
      // ENOBUFS: an overrun
      systemErrorOf(error, "nfnetlink");
      lost = true;
    }
    if (overrun) socket.startReading((status) => this.#read(status < 0));
    if (lost) this.#onLost();
  }

  #take(slot: number): boolean {
    const start = slot * SLOT;
    const end = start + (this.#meta[slot * META_FIELDS + META.length] ?? 0);
    let lost = false;
    for (let at = start; at < end; at = nextMessage(this.#slab, at, end)) {
      if (this.#watch?.take(decodeTableNews(this.#slab, at, end)) === true) lost = true;
    }
    return lost;
  }

  #onLost(): void {
    const wanted = this.#wanted;
    const isMade = this.#running || this.#inForce !== undefined;
    if (wanted === undefined || !isMade || this.#cancelRestore !== undefined) return;
    const { loop, lost } = this.#ports;
    lost(tableOfScript(wanted) ?? "");
    this.#inForce = undefined;
    this.#outdated = true;
    const now = loop.now();
    this.#cancelRestore = loop.at(this.#limit.next(now), () => {
      this.#cancelRestore = undefined;
      void this.#queue();
    });
  }

  #forget(): void {
    this.#inForce = undefined;
    this.#watch = undefined;
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** @param keep leaves the table, and the file that names it. */
  async close(keep: boolean): Promise<void> {
    this.#closed = true;
    this.#cancelRestore?.();
    this.#wanted = undefined;
    if (!keep) await this.#queue();
    await this.#work;
    this.#forget();
  }
}
