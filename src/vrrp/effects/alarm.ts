/**
 * The timers of all instances on one timerfd. Everything due is handed over with one and the same time, so that
 * the adverts of instances that started together stay together and leave in one system call.
 */
import type { Addon, Timer } from "../../native/addon.js";
import { type Deadline, Deadlines } from "../../platform/deadlines.js";
import type { Micros, TimerName } from "../events.js";
import type { VrrpInstance } from "../instance.js";
import { Suspension } from "../suspension.js";

interface Key {
  machine: VrrpInstance;
  timer: TimerName;
}

type Timers = Record<TimerName, Deadline<Key> | undefined>;

/** A MASTER that missed an advert may have a successor by now. `late` is an upper bound. */
function isDecision({ machine, timer }: Key, late: Micros): boolean {
  if (timer === "masterDown") return true;
  return timer === "advert" && late >= machine.settings.advertIntervalMicros;
}

function noTimers(): Timers {
  return {
    masterDown: undefined,
    advert: undefined,
    announceDelay: undefined,
    announceRefresh: undefined,
    announceLowerPrio: undefined,
    announceExtra: undefined,
    ownerConflict: undefined,
  };
}

interface AlarmPorts {
  fired(machine: VrrpInstance, timer: TimerName, now: Micros): void;
  /** Before a master is declared dead, or a late one asserts itself: take in what already waits in the sockets. */
  beforeDecision(): void;
  /** The earliest deadline was so long ago. */
  late(micros: Micros, now: Micros): void;
  /** The host was suspended for so long. */
  slept(micros: Micros): void;
  /** Everything that was due has been handled. */
  afterwards(): void;
}

export class Alarm {
  readonly #addon: Addon;
  readonly #ports: AlarmPorts;
  readonly #timer: Timer;
  readonly #deadlines = new Deadlines<Key>();
  /** Index is the id of the instance: an advert that postpones its deadline must find it without a search. */
  readonly #byMachine: Array<Timers | undefined> = [];
  #armedFor: Micros = Number.POSITIVE_INFINITY;
  #firing = false;
  readonly #suspension: Suspension;

  constructor(addon: Addon, ports: AlarmPorts) {
    this.#addon = addon;
    this.#ports = ports;
    this.#suspension = new Suspension(addon.monotonicMicros(), addon.bootMicros());
    this.#timer = new addon.Timer(() => this.#fire());
  }

  arm(machine: VrrpInstance, timer: TimerName, at: Micros): void {
    const deadline = this.#byMachine[machine.id]?.[timer] ?? this.#create(machine, timer);
    this.#deadlines.arm(deadline, at);
    // A later deadline is found when the timer goes off for the earlier one: no system call per advert received.
    if (at < this.#armedFor && !this.#firing) this.#set(at);
  }

  #create(machine: VrrpInstance, timer: TimerName): Deadline<Key> {
    const deadline = this.#deadlines.create({ machine, timer });
    const timers = this.#byMachine[machine.id] ?? noTimers();
    this.#byMachine[machine.id] = timers;
    timers[timer] = deadline;
    return deadline;
  }

  cancel(machine: VrrpInstance, timer: TimerName): void {
    const deadline = this.#byMachine[machine.id]?.[timer];
    if (deadline !== undefined) this.#deadlines.cancel(deadline);
  }

  forget(machine: VrrpInstance): void {
    for (const deadline of Object.values(this.#byMachine[machine.id] ?? {})) {
      if (deadline !== undefined) this.#deadlines.cancel(deadline);
    }
    this.#byMachine[machine.id] = undefined;
  }

  #set(at: Micros): void {
    this.#armedFor = at;
    this.#timer.arm(at);
  }

  #fire(): void {
    this.#firing = true;
    const now = this.#addon.monotonicMicros();
    const late = now - this.#armedFor;
    this.#armedFor = Number.POSITIVE_INFINITY;
    const slept = this.#suspension.sinceLast(now, this.#addon.bootMicros());
    this.#ports.late(late, now);
    if (slept > 0) this.#ports.slept(slept);
    let drained = false;
    for (let key = this.#deadlines.takeDue(now); key !== undefined; key = this.#deadlines.takeDue(now)) {
      if (!drained && isDecision(key, late)) {
        // The deadline counts, not when we woke up: an advert that waits in the socket may move it.
        drained = true;
        this.arm(key.machine, key.timer, now);
        this.#ports.beforeDecision();
      } else {
        this.#ports.fired(key.machine, key.timer, now);
      }
    }
    this.#firing = false;
    this.#ports.afterwards();
    const next = this.#deadlines.earliest();
    if (next !== undefined) this.#set(next);
  }

  close(): void {
    this.#timer.close();
  }
}
