/**
 * A supervisor in virtual time with scripted children: a child answers at once unless it is told to stay silent.
 * Tests read `said` (the log), `effects` (names with their child) and `now`.
 */
import { Supervisor, type SupervisorSettings } from "../../../src/core/supervisor.js";
import type { End } from "../../../src/core/exits.js";
import type { SupervisorEffect, SupervisorEvent } from "../../../src/core/supervisor-events.js";

export const SECOND = 1_000_000;
const BEAT = SECOND / 2;
/** What a deadline asks for is done in a few turns; one that is never done would hold virtual time still. */
const MOST_TURNS = 100;

interface Scripted {
  pid: number;
  alive: boolean;
  /** Beats, answers and obeys; false: does nothing but die by SIGKILL. */
  responsive: boolean;
  nextBeat: number;
  started: boolean;
  generations: number[];
  slices: string[];
}

export class Bench {
  now = 0;
  readonly effects: string[] = [];
  readonly said: string[] = [];
  readonly children = new Map<string, Scripted>();
  /** Every process ever started, by name, with the time. */
  readonly spawns: { child: string; at: number }[] = [];
  /** Answer to readConfiguration: names that are wanted, or undefined for a text with mistakes. */
  file: string[] | undefined = ["vrrp"];
  /** Part of every slice that is read. */
  edition = 1;
  finished: number | undefined;
  /** New children say `ready` by themselves. */
  ready = true;
  /** Children say `committed` by themselves. */
  commits = true;
  /** What children say to a new configuration. */
  refusal: { reason: string; permanent: boolean; child?: string } | undefined;
  /** Whether a killed process is gone at once: one that waits for the kernel is not. */
  dies = true;
  /** Whether `withdraw` is answered. */
  withdraws = true;
  readonly supervisor: Supervisor<string>;
  readonly #queue: SupervisorEvent<string>[] = [];
  #busy = false;
  #nextPid = 100;

  constructor(settings: Partial<SupervisorSettings> = {}) {
    this.supervisor = new Supervisor<string>({
      children: [
        { name: "check", title: "Healthcheck", ident: "Keepalived_healthcheckers", silence: 4 * BEAT },
        { name: "vrrp", title: "VRRP", ident: "Keepalived_vrrp", silence: 4 * BEAT },
      ],
      limits: { start: 30 * SECOND, stop: 5 * SECOND, offer: 20 * SECOND, commit: 50 * SECOND },
      respawn: true,
      keepOnStop: false,
      stall: BEAT,
      ...settings,
    });
  }

  start(): this {
    this.post({ kind: "started", slices: this.slices() });
    return this;
  }

  slices(): Map<string, string> {
    return new Map((this.file ?? []).map((name) => [name, `edition ${this.edition} of ${name}`]));
  }

  child(name = "vrrp"): Scripted {
    const child = this.children.get(name);
    if (child === undefined) throw new Error(`${name} was never started`);
    return child;
  }

  /** The process ends by itself or by somebody else's hand. */
  die(end: End, name = "vrrp"): void {
    const child = this.child(name);
    child.alive = false;
    this.post({ kind: "exited", child: name, pid: child.pid, end });
  }

  killed(name = "vrrp"): void {
    this.die({ signal: "SIGKILL", number: 9 }, name);
  }

  post(event: SupervisorEvent<string>): void {
    this.#queue.push(event);
    if (this.#busy) return;
    this.#busy = true;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      for (const effect of this.supervisor.handle(next, this.now)) this.#perform(effect);
    }
    this.#busy = false;
  }

  /** Lets time pass, with beats and deadlines in order. */
  advance(duration: number): void {
    const end = this.now + duration;
    let turns = 0;
    for (;;) {
      const beats = [...this.children.values()].filter(
        (child) => child.alive && child.responsive && child.started,
      );
      const next = Math.min(this.supervisor.deadline ?? Infinity, ...beats.map(({ nextBeat }) => nextBeat));
      if (next > end) break;
      turns = next > this.now ? 0 : turns + 1;
      if (turns > MOST_TURNS) throw new Error(`what is due at ${next} is still due after ${turns} turns`);
      this.now = Math.max(this.now, next);
      for (const [name, child] of this.children) {
        if (!beats.includes(child) || child.nextBeat > this.now) continue;
        child.nextBeat += BEAT;
        this.post({ kind: "beatReceived", child: name, pid: child.pid });
      }
      if ((this.supervisor.deadline ?? Infinity) <= this.now) this.post({ kind: "timePassed" });
    }
    this.now = end;
  }

  /** Core itself does nothing for a while; what the children sent meanwhile is lost. */
  stall(duration: number): void {
    this.now += duration;
    for (const child of this.children.values()) child.nextBeat = this.now + BEAT;
    this.post({ kind: "timePassed" });
  }

  #perform(effect: SupervisorEffect<string>): void {
    this.effects.push("child" in effect ? `${effect.kind} ${effect.child}` : effect.kind);
    switch (effect.kind) {
      case "log":
        this.said.push(effect.text);
        break;
      case "spawn":
        this.#spawn(effect.child);
        break;
      case "configure":
        this.#configure(effect.child, effect.generation, effect.slice);
        break;
      case "commit":
        this.#commit(effect.child, effect.generation);
        break;
      case "start":
        Object.assign(this.child(effect.child), { started: true, nextBeat: this.now + BEAT });
        break;
      case "stop":
        if (this.child(effect.child).responsive) this.die({ status: 0 }, effect.child);
        break;
      case "kill":
        if (this.dies) this.killed(effect.child);
        break;
      case "withdraw":
        if (this.withdraws) this.post({ kind: "withdrawn", child: effect.child });
        break;
      case "readConfiguration":
        if (this.file === undefined) this.post({ kind: "configurationRefused" });
        else this.post({ kind: "configurationRead", slices: this.slices() });
        break;
      case "finish":
        this.finished = effect.status;
        break;
      default:
        break;
    }
  }

  #spawn(name: string): void {
    if (this.children.get(name)?.alive) throw new Error(`${name} was started twice`);
    const pid = this.#nextPid++;
    this.spawns.push({ child: name, at: this.now });
    const child = {
      pid,
      alive: true,
      responsive: true,
      started: false,
      nextBeat: Infinity,
      generations: [],
      slices: [],
    };
    this.children.set(name, child);
    this.post({ kind: "spawned", child: name, pid });
  }

  #commit(name: string, generation: number): void {
    const { responsive, pid } = this.child(name);
    if (responsive && this.commits) this.post({ kind: "committedReported", child: name, pid, generation });
  }

  #configure(name: string, generation: number, slice: string): void {
    const child = this.child(name);
    child.generations.push(generation);
    child.slices.push(slice);
    if (!child.responsive || !this.ready) return;
    const { pid } = child;
    const { refusal } = this;
    if (refusal === undefined || (refusal.child ?? name) !== name)
      this.post({ kind: "readyReported", child: name, pid, generation });
    else {
      const { reason, permanent } = refusal;
      this.post({ kind: "refusalReported", child: name, pid, generation, reason, permanent });
    }
  }
}
