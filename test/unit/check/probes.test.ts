/** From schedules to checks: timers on a fake clock, checks that tests answer. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Addon, Timer } from "../../../src/native/addon.js";
import { Checker } from "../../../src/check/checker-state.js";
import type { Check, CheckerPorts, CheckerRow, CheckJob } from "../../../src/check/checkers/checker.js";
import { Probes } from "../../../src/check/effects/probes.js";
import { Timers } from "../../../src/check/effects/timers.js";
import type { Policy } from "../../../src/check/schedule.js";
import { RealServer } from "../../../src/check/real-server.js";
import { checker as readChecker, firstServer, only, virtualServer } from "../config/check-texts.js";
import { FAIL, PASS, SECOND } from "./farm.js";

/** Time that stands still until somebody moves it, with the one timer that the checks have. */
class Clock {
  now = 0;
  wakes = 0;
  readonly addon: Addon;
  #armedFor: number | undefined;
  #fire: () => void = () => {};

  constructor() {
    const makeTimer = (fire: () => void): Timer => {
      this.#fire = fire;
      return {
        arm: (at) => void (this.#armedFor = at),
        disarm: () => void (this.#armedFor = undefined),
        setRef: () => {},
        close: () => {},
      };
    };
    const fake = {
      monotonicMicros: () => this.now,
      Timer: function (fire: () => void) {
        return makeTimer(fire);
      },
    };
    this.addon = fake as unknown as Addon;
  }

  advance(micros: number): void {
    const until = this.now + micros;
    while (this.#armedFor !== undefined && this.#armedFor <= until) {
      this.now = Math.max(this.now, this.#armedFor);
      this.#armedFor = undefined;
      this.wakes++;
      this.#fire();
    }
    this.now = until;
  }
}

interface FakeCheck extends Check {
  job: CheckJob<never>;
  starts: number[];
  /** Which part was due, of each start. */
  steps: number[];
  cancelled: number;
  closed: boolean;
}

const TEXT = virtualServer("", "TCP_CHECK {\n retry 0\n delay_loop 2\n}");

interface Changes {
  text?: string;
  policy?: Policy;
  /** Asleep: its check is not due, and looked at again a second later. */
  asleep?: () => boolean;
}

interface Scene {
  time: Clock;
  probes: Probes;
  checker: Checker;
  made: FakeCheck[];
}

function scene({ text = TEXT, policy = "usual", asleep = () => false }: Changes = {}): Scene {
  const time = new Clock();
  const made: FakeCheck[] = [];
  const row = {
    policy,
    keyword: "TCP_CHECK",
    mailTitle: "TCP CHECK",
    usesSocket: true,
    create(job: CheckJob<never>) {
      const check: FakeCheck = {
        job,
        starts: [],
        cancelled: 0,
        closed: false,
        steps: [],
        start(step) {
          check.starts.push(time.now);
          check.steps.push(step);
        },
        cancel: () => void check.cancelled++,
        close: () => void (check.closed = true),
      };
      made.push(check);
      return check;
    },
  } satisfies CheckerRow<never>;
  const timers = new Timers(time.addon, () => {});
  const probes: Probes = new Probes({
    timers,
    table: { tcp: row },
    checkers: {} as CheckerPorts,
    due: ({ schedule }, now) => {
      if (asleep()) schedule.nextAt = now + SECOND;
      else schedule.onStarted(now);
      return !asleep();
    },
    finished: ({ schedule }, { verdict }) =>
      void (verdict === "passed" ? schedule.onPassed(time.now) : schedule.onFailed(time.now)),
    subjectOf: () => "VS -> RS",
  });
  const server = new RealServer(firstServer(only(text)), "[192.168.0.1]:tcp:8080");
  const checker = new Checker(0, readChecker("tcp", text), row, server);
  return { time, probes, checker, made };
}

test("a check starts when its schedule says so, and again after its result", () => {
  const { time, probes, checker, made } = scene();
  probes.prepare(checker, time.now);
  checker.schedule.begin(time.now, 0);
  probes.arm(checker);
  time.advance(10 * SECOND);
  assert.deepEqual(made[0]?.starts, [SECOND], "one at a time: the first has no result yet");
  made[0]?.job.done(PASS);
  time.advance(5 * SECOND);
  assert.deepEqual(made[0]?.starts, [SECOND, 12 * SECOND]);
});

test("a check that is made anew goes on with its turn, and at once when it was under way", () => {
  const { time, probes, checker, made } = scene();
  probes.prepare(checker, time.now);
  checker.schedule.begin(time.now, 0);
  probes.arm(checker);
  time.advance(SECOND);
  made[0]?.job.done(PASS);
  time.advance(SECOND);
  probes.prepare(checker, time.now);
  assert.ok(made[0]?.closed);
  time.advance(SECOND);
  assert.deepEqual(made[1]?.starts, [3 * SECOND]);
  probes.prepare(checker, time.now);
  made[1]?.job.done(FAIL);
  assert.equal(checker.schedule.up, true, "nobody listens to the old one any more");
  time.advance(10_000);
  assert.deepEqual(made[2]?.starts, [3 * SECOND]);
});

test("what is discarded is cancelled and closed, and checks no more", () => {
  const { time, probes, checker, made } = scene();
  probes.prepare(checker, time.now);
  checker.schedule.begin(time.now, 0);
  probes.arm(checker);
  probes.discard(checker);
  time.advance(10 * SECOND);
  assert.deepEqual([made[0]?.starts, made[0]?.cancelled, made[0]?.closed], [[], 1, true]);
});

test("the target is what the checker says, else the real server, with the port of the configuration", () => {
  const { time, probes, checker, made } = scene();
  probes.prepare(checker, time.now);
  const { address, port, endpoint } = made[0]?.job ?? {};
  assert.deepEqual([[...(address ?? [])], port, endpoint], [[192, 168, 0, 1], 8080, "[192.168.0.1]:8080"]);
});

test("an address and a port of the checker's own come before the real server's", () => {
  const text = virtualServer("", "TCP_CHECK {\n connect_ip 192.168.0.9\n connect_port 81\n}");
  const { time, probes, checker, made } = scene({ text });
  probes.prepare(checker, time.now);
  const { address, port, endpoint } = made[0]?.job ?? {};
  assert.deepEqual([[...(address ?? [])], port, endpoint], [[192, 168, 0, 9], 81, "[192.168.0.9]:81"]);
});

test("a check that is not due yet is looked at again when its schedule says", () => {
  let asleep = true;
  const { time, probes, checker, made } = scene({ asleep: () => asleep });
  probes.prepare(checker, time.now);
  checker.schedule.begin(time.now, 0);
  probes.arm(checker);
  time.advance(3.5 * SECOND);
  asleep = false;
  time.advance(SECOND);
  assert.deepEqual(made[0]?.starts, [4 * SECOND]);
});

test("a new check waits until it is armed; one that follows events begins at once; the part that is due is told", () => {
  const usual = scene();
  usual.probes.prepare(usual.checker, usual.time.now);
  usual.time.advance(10 * SECOND);
  assert.deepEqual(usual.made[0]?.starts, []);
  const events = scene({ policy: "events" });
  events.probes.prepare(events.checker, events.time.now);
  assert.deepEqual(events.made[0]?.starts, [0]);
  usual.checker.schedule.part = 2;
  usual.checker.schedule.begin(usual.time.now, 0);
  usual.probes.arm(usual.checker);
  usual.time.advance(2 * SECOND);
  assert.deepEqual(usual.made[0]?.steps, [2]);
});

test("at the end all are closed", () => {
  const { time, probes, checker, made } = scene();
  probes.prepare(checker, time.now);
  probes.close();
  assert.ok(made[0]?.closed);
});

test("timers that are due within 10 ms share a wake-up, and none is early", () => {
  const time = new Clock();
  let afterwards = 0;
  const timers = new Timers(time.addon, () => afterwards++);
  const fired: Array<[number, number]> = [];
  for (let at = 1; at <= 100; at++) {
    const due = at * 1000;
    timers.set(
      timers.create((now) => void fired.push([due, now])),
      due,
    );
  }
  time.advance(SECOND);
  assert.equal(fired.length, 100);
  assert.ok(fired.every(([due, now]) => now >= due && now < due + 10_000));
  assert.equal(time.wakes, 10);
  assert.equal(afterwards, 10);
});

test("what is overdue is called in portions, with the loop in between, and none is forgotten", () => {
  const time = new Clock();
  const portions: number[] = [];
  let called = 0;
  const timers = new Timers(time.addon, () => {
    portions.push(called);
    called = 0;
  });
  for (let i = 0; i < 1000; i++) {
    timers.set(
      timers.create(() => void called++),
      SECOND + i,
    );
  }
  time.advance(2 * SECOND);
  assert.equal(
    portions.reduce((sum, portion) => sum + portion, 0),
    1000,
  );
  assert.ok(Math.max(...portions) <= 200);
});

test("a timer that is cancelled or moved does not fire at its old time", () => {
  const time = new Clock();
  const timers = new Timers(time.addon, () => {});
  const fired: number[] = [];
  const timer = timers.create((now) => void fired.push(now));
  timers.set(timer, SECOND);
  timers.set(timer, 3 * SECOND);
  time.advance(2 * SECOND);
  assert.deepEqual(fired, []);
  time.advance(2 * SECOND);
  assert.deepEqual(fired, [3 * SECOND]);
  timers.set(timer, 5 * SECOND);
  timers.cancel(timer);
  time.advance(5 * SECOND);
  assert.equal(fired.length, 1);
});
