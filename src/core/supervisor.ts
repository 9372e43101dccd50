/**
 * What the parent decides: which children run, when one is started again, killed or given a new configuration,
 * when a start, a reload and a stop are complete. Pure: events and a time in, effects out, in order.
 * The life of a single child is in supervised-child.ts; what an end means for the daemon is decided here.
 */
import { EXIT, permanentError, type End } from "./exits.js";
import { SupervisedChild, type ChildIdentity, type ChildLimits } from "./supervised-child.js";
import type { Micros, Slices, SupervisorEffect, SupervisorEvent } from "./supervisor-events.js";

export interface SupervisorSettings {
  /** In the order in which they start. */
  children: readonly ChildIdentity[];
  limits: ChildLimits;
  /** false with -R: the death of a child stops everything. */
  respawn: boolean;
  /** -V: an ending daemon leaves addresses in place. */
  keepOnStop: boolean;
  /** A wake-up this much too late means that core itself was away. */
  stall: Micros;
  /** Period of the keep-alive to systemd; absent without a service watchdog. */
  keepAlive?: Micros;
}

/** What is under way and gets one line when it is complete. */
type Announcement = "startup" | "reload" | undefined;

export class Supervisor<Slice> {
  readonly #children = new Map<string, SupervisedChild<Slice>>();
  #generation = 0;
  #announcement: Announcement;
  /** Who has died over the reload under way, and goes on with the old configuration. */
  readonly #leftBehind: string[] = [];
  /** What a reload has read and offered to the running children, until all have answered. */
  #offer: Slices<Slice> | undefined;
  #offerRefused = false;
  #reloadQueued = false;
  /** Reloads since the start, for the dump of the parent's state. */
  readonly reloads = { accepted: 0, refused: 0 };
  #stopping = false;
  #exitStatus: number = EXIT.ok;
  #finished = false;
  #nextKeepAlive: Micros | undefined;
  /** The wake-up that was last promised, to notice that it came late. */
  #promised: Micros | undefined;

  constructor(readonly settings: SupervisorSettings) {
    for (const identity of settings.children) {
      this.#children.set(identity.name, new SupervisedChild(identity, settings.limits));
    }
  }

  /** When `timePassed` is wanted next. */
  get deadline(): Micros | undefined {
    let earliest = this.#nextKeepAlive;
    for (const { deadline } of this.#children.values()) {
      if (deadline !== undefined && (earliest === undefined || deadline < earliest)) earliest = deadline;
    }
    return earliest;
  }

  /** Name, phase and pid of each child: for the dump of the parent's state. */
  describe(): { name: string; phase: string; pid: number }[] {
    return [...this.#children.values()].map(({ identity, phase, pid }) => ({
      name: identity.name,
      phase,
      pid,
    }));
  }

  /** The whole behaviour: same state, event and time always give the same effects. */
  handle(event: SupervisorEvent<Slice>, now: Micros): SupervisorEffect<Slice>[] {
    const out: SupervisorEffect<Slice>[] = [];
    if (this.#finished) return out;
    this.#noticeStall(now, out);
    this.#onEvent(event, now, out);
    this.#completeWhatIsComplete(now, out);
    this.#promised = this.deadline;
    return out;
  }

  #onEvent(event: SupervisorEvent<Slice>, now: Micros, out: SupervisorEffect<Slice>[]): void {
    switch (event.kind) {
      case "started":
        this.#onStarted(event.slices, now, out);
        break;
      case "reloadRequested":
        this.#onReloadRequested(out);
        break;
      case "configurationRead":
        this.#onConfigurationRead(event.slices, now, out);
        break;
      case "configurationRefused":
        this.#refuseReload(out);
        break;
      case "dumpRequested":
        for (const child of this.#children.values()) {
          if (child.phase === "running")
            out.push({ kind: "dump", child: child.identity.name, what: event.what });
        }
        break;
      case "stopRequested":
        this.#stop(EXIT.ok, now, out);
        break;
      case "timePassed":
        this.#onTimePassed(now, out);
        break;
      default:
        this.#onChildEvent(event, now, out);
    }
  }

  #onChildEvent(
    event: Extract<SupervisorEvent<Slice>, { child: string }>,
    now: Micros,
    out: SupervisorEffect<Slice>[],
  ): void {
    const child = this.#children.get(event.child);
    if (child === undefined) throw new Error(`no child is called '${event.child}'`);
    if ("pid" in event && event.kind !== "spawned" && event.pid !== child.pid) return; // of an earlier process
    switch (event.kind) {
      case "spawned":
        child.onSpawned(event.pid, now, out);
        break;
      case "spawnFailed":
        child.onSpawnFailed(event.reason, now, out);
        break;
      case "readyReported":
        child.onReady(event.generation, now, out);
        break;
      case "committedReported":
        child.onCommitted(event.generation);
        break;
      case "refusalReported":
        if (!child.awaits(event.generation)) break; // of an offer that was taken back
        if (child.reload !== "none") this.#offerRefused = true;
        if (child.onRefused(event.reason, event.permanent, out))
          this.#fail(child, EXIT.configuration, now, out);
        break;
      case "beatReceived":
        child.onBeat(now);
        break;
      case "exited":
        this.#onExited(child, event.end, now, out);
        break;
      case "withdrawn":
        child.onWithdrawn(now, out);
        break;
      default:
        event satisfies never;
    }
  }

  #onStarted(slices: Slices<Slice>, now: Micros, out: SupervisorEffect<Slice>[]): void {
    this.#announcement = "startup";
    this.#generation = 1;
    if (this.settings.keepAlive !== undefined) this.#nextKeepAlive = now + this.settings.keepAlive;
    for (const [name, child] of this.#children) {
      const slice = slices.get(name);
      if (slice !== undefined) child.launch(slice, this.#generation, now, out);
      else out.push({ kind: "forget", child: name });
    }
    if (slices.size === 0) {
      out.push({ kind: "log", level: "warning", text: "Warning - keepalived has no configuration to run" });
    }
  }

  #onReloadRequested(out: SupervisorEffect<Slice>[]): void {
    if (this.#stopping) return;
    if (this.#busy) {
      if (!this.#reloadQueued)
        out.push({ kind: "log", level: "info", text: "Reload is queued behind the one under way" });
      this.#reloadQueued = true;
      return;
    }
    this.#reloadQueued = false;
    out.push({ kind: "log", level: "info", text: "Reloading ..." }, { kind: "readConfiguration" });
  }

  #onConfigurationRead(slices: Slices<Slice>, now: Micros, out: SupervisorEffect<Slice>[]): void {
    if (this.#stopping) return;
    this.#offer = slices;
    this.#offerRefused = false;
    this.#generation++;
    out.push({ kind: "notifyService", state: "reloading" });
    for (const [name, child] of this.#children) {
      const slice = slices.get(name);
      if (child.phase === "running" && slice !== undefined)
        child.reconfigure(slice, this.#generation, now, out);
      else child.hold();
    }
  }

  /** All have answered: either everybody changes or nobody. */
  #decideReload(slices: Slices<Slice>, now: Micros, out: SupervisorEffect<Slice>[]): void {
    this.#offer = undefined;
    if (this.#offerRefused) {
      for (const child of this.#children.values()) child.abandon(now, out);
      this.#refuseReload(out);
      out.push({ kind: "notifyService", state: "ready" });
      return;
    }
    this.#announcement = "reload";
    this.#leftBehind.length = 0;
    this.reloads.accepted++;
    out.push({ kind: "adoptConfiguration", generation: this.#generation });
    for (const [name, child] of this.#children) {
      const slice = slices.get(name);
      if (slice === undefined) this.#dismiss(child, now, out);
      else if (child.reload === "taken") child.commit(now, out);
      else child.launch(slice, this.#generation, now, out);
    }
  }

  #refuseReload(out: SupervisorEffect<Slice>[]): void {
    this.reloads.refused++;
    const text = "Reload refused: the running configuration stays in force";
    out.push({ kind: "log", level: "error", text });
  }

  /** The new configuration has nothing for it. */
  #dismiss(child: SupervisedChild<Slice>, now: Micros, out: SupervisorEffect<Slice>[]): void {
    if (child.phase === "absent") return;
    const text = `${child.identity.title} child process is no longer configured: stopping it`;
    out.push({ kind: "log", level: "info", text });
    const restPending = child.phase === "waiting";
    child.stop(now, out);
    if (restPending) out.push({ kind: "forget", child: child.identity.name });
  }

  #onExited(child: SupervisedChild<Slice>, end: End, now: Micros, out: SupervisorEffect<Slice>[]): void {
    const asked = child.phase === "stopping";
    // One that dies over an offer has refused it, so to speak.
    if (child.reload === "offered" || child.reload === "taken") this.#offerRefused = true;
    if (child.reload === "committing") this.#leftBehind.push(child.identity.ident);
    const orderly = "status" in end && end.status === EXIT.ok;
    const leftovers = !orderly && !(this.#stopping && this.settings.keepOnStop);
    const text = child.onExited(end, leftovers, now, out);
    const { name } = child.identity;
    if (asked) {
      if (!orderly) out.push({ kind: "log", level: "warning", text });
      if (!child.wanted) out.push({ kind: "forget", child: name });
      child.settle(now, out);
      return;
    }
    const permanent = permanentError(end);
    if (permanent !== undefined && "status" in end) {
      out.push({ kind: "log", level: "error", text: `${text}: permanent error ${permanent}. Terminating` });
      this.#fail(child, end.status, now, out);
    } else if (!this.settings.respawn) {
      out.push({ kind: "log", level: "error", text: `${text}: stopping, as -R asks` });
      this.#stop(EXIT.ok, now, out);
    } else {
      out.push({ kind: "log", level: "error", text: `${text}: ${child.describeRestart(now)}` });
      child.settle(now, out);
    }
  }

  #fail(child: SupervisedChild<Slice>, status: number, now: Micros, out: SupervisorEffect<Slice>[]): void {
    out.push({ kind: "notifyFailure", permission: status === EXIT.permission });
    child.wanted = false;
    this.#stop(status, now, out);
  }

  #stop(status: number, now: Micros, out: SupervisorEffect<Slice>[]): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#exitStatus = status;
    this.#reloadQueued = false;
    this.#offer = undefined;
    this.#announcement = undefined;
    out.push({ kind: "log", level: "info", text: "Stopping" }, { kind: "notifyService", state: "stopping" });
    for (const child of this.#children.values()) child.stop(now, out);
  }

  /** Core was stopped or busy: what it did not read meanwhile must not count against the children. */
  #noticeStall(now: Micros, out: SupervisorEffect<Slice>[]): void {
    if (this.#promised === undefined || now - this.#promised <= this.settings.stall) return;
    const seconds = ((now - this.#promised) / 1_000_000).toFixed(1);
    out.push({ kind: "log", level: "warning", text: `The parent process was held up for ${seconds} s` });
    for (const child of this.#children.values()) child.restartCounting(now);
  }

  #onTimePassed(now: Micros, out: SupervisorEffect<Slice>[]): void {
    for (const child of this.#children.values()) {
      child.onTimePassed(now, out);
      if (child.onReloadTime(now, out)) this.#offerRefused = true;
    }
    if (this.#nextKeepAlive !== undefined && now >= this.#nextKeepAlive) {
      this.#nextKeepAlive = now + (this.settings.keepAlive ?? 0);
      out.push({ kind: "notifyService", state: "alive" });
    }
  }

  get #busy(): boolean {
    return this.#offer !== undefined || [...this.#children.values()].some((child) => child.busy);
  }

  #completeWhatIsComplete(now: Micros, out: SupervisorEffect<Slice>[]): void {
    const children = [...this.#children.values()];
    if (this.#stopping) {
      for (const child of children) if (child.phase === "waiting") child.settle(now, out);
      if (!children.every((child) => child.phase === "absent")) return;
      this.#finished = true;
      this.#nextKeepAlive = undefined;
      out.push({ kind: "finish", status: this.#exitStatus });
      return;
    }
    if (this.#offer !== undefined && !children.some(({ reload }) => reload === "offered"))
      this.#decideReload(this.#offer, now, out);
    if (this.#busy) return;
    if (
      this.#announcement !== undefined &&
      !children.some((child) => child.wanted && child.phase !== "running")
    ) {
      out.push(this.#describeOutcome(this.#announcement), { kind: "notifyService", state: "ready" });
      this.#announcement = undefined;
    }
    if (this.#reloadQueued) this.#onReloadRequested(out);
  }

  #describeOutcome(what: NonNullable<Announcement>): SupervisorEffect<Slice> {
    if (what === "startup") return { kind: "log", level: "info", text: "Startup complete" };
    if (this.#leftBehind.length === 0) return { kind: "log", level: "info", text: "Reload complete" };
    const who = this.#leftBehind.join(" and ");
    const text = `Reload incomplete: the old configuration is in force for ${who}, until the next reload`;
    return { kind: "log", level: "error", text };
  }
}
