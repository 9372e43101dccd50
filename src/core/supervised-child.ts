/**
 * The life of one child: spawn → configure → ready → start, the watchdog over its beats, its end, and how long
 * to wait before the next try. Pure; knows nothing of the other children. The supervisor owns these and decides
 * what an end means for the daemon.
 */
import { describeEnd, type End } from "./exits.js";
import type { Micros, SupervisorEffect } from "./supervisor-events.js";

const SECOND: Micros = 1_000_000;

/** A run of this long counts as healthy: the next death starts the delays anew. */
const HEALTHY_RUN: Micros = 60 * SECOND;
/** Longest delay before a restart. */
const LONGEST_DELAY: Micros = 60 * SECOND;
/** Removing what a dead child left may hold up its restart for so long, no longer. */
const CLEAR_LIMIT: Micros = 2 * SECOND;

/** 0, 1, 2, 4, 8, 16, 32, 60, 60 ... seconds. */
export function nextDelay(delay: Micros): Micros {
  if (delay === 0) return SECOND;
  return delay * 2 > 32 * SECOND ? LONGEST_DELAY : delay * 2;
}

type Phase =
  /** Not needed, or not yet wanted. */
  | "absent"
  /** Spawned, has not yet taken its first configuration. */
  | "starting"
  | "running"
  /** Asked to end. */
  | "stopping"
  /** Dead; its leftovers are being removed. */
  | "clearing"
  /** Dead; waits for its restart. */
  | "waiting";

/** How far a new configuration has come. */
export type Reload =
  | "none"
  /** Offered; the answer is out. */
  | "offered"
  /** It can be used. */
  | "taken"
  /** It is being put into force. */
  | "committing";

/** Time limits, the same for every child. */
export interface ChildLimits {
  /** From spawn to ready. */
  start: Micros;
  /** From the order to stop to SIGKILL. */
  stop: Micros;
  /** From the offer of a new configuration to the answer. */
  offer: Micros;
  /** For putting it into force: long, as the child serves meanwhile, and what the kernel takes back can take its time. */
  commit: Micros;
}

export interface ChildIdentity {
  /** Key in the table of children, for instance "vrrp". */
  name: string;
  /** As in "Starting VRRP child process". */
  title: string;
  /** Log ident, for instance "Keepalived_vrrp". */
  ident: string;
  /** Once started: the longest time between two beats, in microseconds. */
  silence: Micros;
}

export class SupervisedChild<Slice> {
  phase: Phase = "absent";
  /** Process id; 0 between a spawn and its event, and when there is no process. */
  pid = 0;
  reload: Reload = "none";
  /** What the supervisor wants of it once it is dead and cleared: a new process, or none. */
  wanted = false;

  /** The slice that a new process gets: the one in force, or the first one offered. */
  #slice: Slice | undefined;
  #candidate: Slice | undefined;
  #generation = 0;
  #spawnedAt: Micros = 0;
  /** Delay before the restart after the next early death. */
  #delay: Micros = 0;
  #restartAt: Micros = 0;
  /** The next moment at which something must have happened. */
  #deadline: Micros | undefined;
  /** When the step of the reload that is under way must be done, however alive the child is. */
  #reloadDeadline: Micros | undefined;
  /** Why it was killed by us, for the line about its end. */
  #killedBecause: string | undefined;
  /** A reload is being decided: a restart that is due waits for it. */
  #held = false;

  constructor(
    readonly identity: ChildIdentity,
    readonly limits: ChildLimits,
  ) {}

  get deadline(): Micros | undefined {
    if (this.#deadline === undefined || this.#reloadDeadline === undefined)
      return this.#deadline ?? this.#reloadDeadline;
    return Math.min(this.#deadline, this.#reloadDeadline);
  }

  /** There is a process. */
  get alive(): boolean {
    return this.phase === "starting" || this.phase === "running" || this.phase === "stopping";
  }

  /** Whether an answer to this generation is one to what it was given last. */
  awaits(generation: number): boolean {
    return generation === this.#generation;
  }

  /** A first start or a reload is under way. */
  get busy(): boolean {
    return this.phase === "starting" || this.reload !== "none";
  }

  /** Takes the slice for the next process and starts it now, whatever delay was pending. */
  launch(slice: Slice, generation: number, now: Micros, out: SupervisorEffect<Slice>[]): void {
    this.#slice = slice;
    this.#generation = generation;
    this.#held = false;
    this.wanted = true;
    if (this.alive || this.phase === "clearing") return; // the restart follows the end
    this.#spawn(now, out);
  }

  /** Offers a new slice to the running process. */
  reconfigure(slice: Slice, generation: number, now: Micros, out: SupervisorEffect<Slice>[]): void {
    this.#generation = generation;
    this.#candidate = slice;
    this.reload = "offered";
    this.#reloadDeadline = now + this.limits.offer;
    out.push({ kind: "configure", child: this.identity.name, generation, slice });
  }

  /** All others have taken the offer too. */
  commit(now: Micros, out: SupervisorEffect<Slice>[]): void {
    if (this.reload !== "taken") return;
    this.reload = "committing";
    this.#reloadDeadline = now + this.limits.commit;
    out.push({ kind: "commit", child: this.identity.name, generation: this.#generation });
  }

  /** Somebody has refused the offer: nobody changes. */
  abandon(now: Micros, out: SupervisorEffect<Slice>[]): void {
    if (this.reload === "taken")
      out.push({ kind: "abandon", child: this.identity.name, generation: this.#generation });
    this.#settleReload();
    this.#held = false;
    if (this.phase === "waiting") this.#deadline = this.#restartAt;
    this.settle(now, out);
  }

  /** Until the reload is decided a dead child stays dead, as it is not known which configuration it will get. */
  hold(): void {
    this.#held = true;
    if (this.phase === "waiting") this.#deadline = undefined;
  }

  onCommitted(generation: number): void {
    if (generation !== this.#generation || this.reload !== "committing") return;
    this.#slice = this.#candidate;
    this.#settleReload();
  }

  onSpawned(pid: number, now: Micros, out: SupervisorEffect<Slice>[]): void {
    this.pid = pid;
    out.push({
      kind: "log",
      level: "info",
      text: `Starting ${this.identity.title} child process, pid=${pid}`,
    });
    if (this.phase !== "starting" || this.#slice === undefined) return;
    this.#deadline = now + this.limits.start;
    const { name } = this.identity;
    out.push({ kind: "configure", child: name, generation: this.#generation, slice: this.#slice });
  }

  /** No process came to be: the next try follows after the usual delay. */
  onSpawnFailed(reason: string, now: Micros, out: SupervisorEffect<Slice>[]): void {
    this.phase = "waiting";
    this.#advanceDelay(now);
    this.#deadline = this.#restartAt;
    const text = `${this.identity.title} child process cannot be started: ${reason}; ${this.describeRestart(now)}`;
    out.push({ kind: "log", level: "error", text });
    this.settle(now, out);
  }

  onReady(generation: number, now: Micros, out: SupervisorEffect<Slice>[]): void {
    if (!this.awaits(generation)) return; // the answer to the newer one is still to come
    if (this.phase === "starting") {
      this.phase = "running";
      this.#deadline = now + this.identity.silence;
      out.push({ kind: "start", child: this.identity.name });
    } else if (this.phase === "running" && this.reload === "offered") {
      this.reload = "taken";
      this.#reloadDeadline = undefined;
    }
  }

  /** @returns true when the refusal ends the daemon: a first configuration that can never be used. */
  onRefused(reason: string, permanent: boolean, out: SupervisorEffect<Slice>[]): boolean {
    const { ident, name } = this.identity;
    if (this.phase === "running" && this.reload !== "none") {
      const text = `${ident} refused the new configuration: ${reason}. It keeps the old one`;
      out.push({ kind: "log", level: "error", text });
      this.#settleReload();
      return false;
    }
    if (this.phase !== "starting") return false;
    out.push({ kind: "log", level: "error", text: `${ident} refused its configuration: ${reason}` });
    if (permanent) return true;
    this.#killedBecause = "it refused its configuration";
    out.push({ kind: "kill", child: name });
    return false;
  }

  onBeat(now: Micros): void {
    if (this.phase === "running") this.#deadline = now + this.identity.silence;
  }

  /** Core itself was away: the child gets its time once more. */
  restartCounting(now: Micros): void {
    if (this.phase === "running") this.#deadline = now + this.identity.silence;
    else if (this.phase === "starting") this.#deadline = now + this.limits.start;
    if (this.#reloadDeadline !== undefined) this.#reloadDeadline = now + this.#reloadLimit;
  }

  /** Asks the process to end, or forgets a restart that is pending. */
  stop(now: Micros, out: SupervisorEffect<Slice>[]): void {
    this.wanted = false;
    this.#held = false;
    this.#settleReload();
    if (this.phase === "waiting") {
      this.phase = "absent";
      this.#deadline = undefined;
    } else if (this.phase === "starting" || this.phase === "running") {
      this.phase = "stopping";
      this.#deadline = now + this.limits.stop;
      out.push({ kind: "stop", child: this.identity.name });
    }
  }

  /**
   * The process is gone. `leftovers`: it may have left things in the kernel that must go now.
   * @returns what happened to it, for the log: "pid 7 exited due to signal 9 (SIGKILL), killed by ...".
   */
  onExited(end: End, leftovers: boolean, now: Micros, out: SupervisorEffect<Slice>[]): string {
    const because = this.#killedBecause === undefined ? "" : `, killed because ${this.#killedBecause}`;
    const text = `${this.identity.ident} pid ${this.pid} ${describeEnd(end)}${because}`;
    if (this.reload !== "none") {
      const kept = `${this.identity.ident} died over the new configuration: the old one stays in force for it`;
      out.push({ kind: "log", level: "error", text: kept });
    }
    this.#killedBecause = undefined;
    this.#settleReload();
    this.pid = 0;
    if (this.phase === "stopping") this.#restartAt = now;
    else this.#advanceDelay(now);
    if (leftovers) {
      this.phase = "clearing";
      this.#deadline = now + CLEAR_LIMIT;
      out.push({ kind: "withdraw", child: this.identity.name });
    } else {
      this.phase = "waiting";
      this.#deadline = this.#restartAt;
    }
    return text;
  }

  /** "at once", "in 4 s": when the next process starts, seen from the death. */
  describeRestart(now: Micros): string {
    const wait = this.#restartAt - now;
    return wait <= 0 ? "restarting at once" : `restarting in ${wait / SECOND} s`;
  }

  onWithdrawn(now: Micros, out: SupervisorEffect<Slice>[]): void {
    if (this.phase !== "clearing") return;
    this.phase = "waiting";
    this.#deadline = this.#restartAt;
    this.settle(now, out);
  }

  /**
   * It lives, and does not get on with the reload. An offer that is not answered is taken back; half way into a new
   * configuration there is no way back, so it is killed, and what is started in its place has the old one.
   * @returns true when it has let an offer pass
   */
  onReloadTime(now: Micros, out: SupervisorEffect<Slice>[]): boolean {
    if (this.#reloadDeadline === undefined || now < this.#reloadDeadline) return false;
    const seconds = this.#seconds(this.#reloadLimit);
    const { ident, name } = this.identity;
    if (this.reload === "committing") {
      this.#kill(`it did not put the new configuration into force in ${seconds} s`, out);
      return false;
    }
    const text = `${ident} pid ${this.pid} did not answer the new configuration in ${seconds} s. It keeps the old one`;
    out.push({ kind: "log", level: "error", text });
    out.push({ kind: "abandon", child: name, generation: this.#generation });
    this.#settleReload();
    return true;
  }

  onTimePassed(now: Micros, out: SupervisorEffect<Slice>[]): void {
    if (this.#deadline === undefined || now < this.#deadline) return;
    if (this.phase === "running")
      this.#kill(`it was silent for ${this.#seconds(this.identity.silence)} s`, out);
    else if (this.phase === "starting")
      this.#kill(`it was not ready after ${this.#seconds(this.limits.start)} s`, out);
    else if (this.phase === "stopping")
      this.#kill(`it did not stop in ${this.#seconds(this.limits.stop)} s`, out);
    else if (this.phase === "clearing") this.onWithdrawn(now, out);
    else this.settle(now, out);
  }

  /** Dead and cleared: start again when wanted and due, or rest when not wanted. */
  settle(now: Micros, out: SupervisorEffect<Slice>[]): void {
    if (this.phase !== "waiting") return;
    if (!this.wanted) {
      this.phase = "absent";
      this.#deadline = undefined;
    } else if (this.#held) {
      this.#deadline = undefined;
    } else if (now >= this.#restartAt) {
      this.#spawn(now, out);
    }
  }

  #spawn(now: Micros, out: SupervisorEffect<Slice>[]): void {
    this.phase = "starting";
    this.pid = 0;
    this.#spawnedAt = now;
    this.#deadline = now + this.limits.start;
    out.push({ kind: "spawn", child: this.identity.name });
  }

  #kill(reason: string, out: SupervisorEffect<Slice>[]): void {
    this.#killedBecause = reason;
    if (this.reload === "committing") this.#reloadDeadline = undefined;
    this.#deadline = undefined; // SIGKILL cannot be refused: its end is the next thing to happen
    const text = `${this.identity.ident} pid ${this.pid} is killed: ${reason}`;
    out.push({ kind: "log", level: "error", text }, { kind: "kill", child: this.identity.name });
  }

  get #reloadLimit(): Micros {
    return this.reload === "committing" ? this.limits.commit : this.limits.offer;
  }

  #settleReload(): void {
    this.reload = "none";
    this.#reloadDeadline = undefined;
    this.#candidate = undefined;
  }

  #advanceDelay(now: Micros): void {
    if (now - this.#spawnedAt >= HEALTHY_RUN) {
      this.#restartAt = now;
      this.#delay = 0;
    } else {
      this.#restartAt = now + this.#delay;
      this.#delay = nextDelay(this.#delay);
    }
  }

  #seconds(duration: Micros): number {
    return duration / SECOND;
  }
}
