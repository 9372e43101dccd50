/** The microsecond timer and the signal watch: when they fire, when they do not, what they keep alive. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Timer } from "../../src/native/addon.js";
import { addon, refused, runScript, sanitized, until } from "./fixture.js";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("the clock counts whole microseconds, upwards", () => {
  const a = addon.monotonicMicros();
  const b = addon.monotonicMicros();
  assert.ok(Number.isSafeInteger(a) && b >= a && b - a < 1e6);
  assert.ok(Math.abs(a - Number(process.hrtime.bigint() / 1000n)) < 1e6, "the clock of process.hrtime");
});

test("fires once, never early, and soon after the deadline", async () => {
  const lateness: number[] = [];
  let deadline = 0;
  const timer = new addon.Timer(() => lateness.push(addon.monotonicMicros() - deadline));
  for (let i = 0; i < 30; i++) {
    deadline = addon.monotonicMicros() + 1500;
    timer.arm(deadline);
    await until(() => lateness.length === i + 1);
  }
  await pause(10);
  assert.equal(lateness.length, 30);
  lateness.sort((a, b) => a - b);
  assert.ok((lateness[0] ?? -1) >= 0, `early by ${lateness[0]} µs`);
  assert.ok((lateness[15] ?? Infinity) < (sanitized ? 10_000 : 1_000), `median lateness ${lateness[15]} µs`);
  timer.close();
});

test("a past time, zero and a negative one fire at the next turn", async () => {
  let fired = 0;
  const timer = new addon.Timer(() => fired++);
  for (const at of [1, 0, -5, 0.25, addon.monotonicMicros() - 10]) {
    const before = fired;
    timer.arm(at);
    assert.equal(fired, before, "not from within arm()");
    await until(() => fired === before + 1);
  }
  timer.close();
});

test("a later deadline replaces an earlier one, even one that has just passed", async () => {
  let fired = 0;
  const timer = new addon.Timer(() => fired++);
  const start = addon.monotonicMicros();
  timer.arm(start + 200);
  while (addon.monotonicMicros() < start + 1000); // passes without a turn of the loop
  timer.arm(start + 40_000);
  await pause(10);
  assert.equal(fired, 0);
  await until(() => fired > 0);
  assert.ok(addon.monotonicMicros() >= start + 40_000);
  timer.arm(addon.monotonicMicros() + 5_000);
  timer.disarm();
  await pause(20);
  assert.equal(fired, 1, "disarmed");
  timer.close();
});

test("a deadline that is moved while epoll has already reported it does not fire", async () => {
  const fired: string[] = [];
  const timers: Record<string, Timer> = {};
  const other: Record<string, string> = { a: "b", b: "a" };
  for (const name of ["a", "b"]) {
    timers[name] = new addon.Timer(() => {
      fired.push(name);
      if (fired.length === 1) timers[other[name] ?? ""]?.arm(addon.monotonicMicros() + 3600e6);
    });
  }
  for (const timer of Object.values(timers)) timer.arm(0); // both in the next turn, whichever comes first
  await pause(20);
  assert.equal(fired.length, 1);
  for (const timer of Object.values(timers)) timer.close();
});

test("a callback may arm or close its own timer", async () => {
  let fired = 0;
  const timer = new addon.Timer(() => {
    fired++;
    if (fired < 5) timer.arm(addon.monotonicMicros() + 100);
    else timer.close();
  });
  timer.arm(0);
  await until(() => fired === 5);
  assert.throws(() => timer.arm(0), refused("timerfd_settime", "EBADF"));
  assert.throws(() => timer.disarm(), refused("timerfd_settime", "EBADF"));
  assert.throws(() => timer.setRef(true), refused("uv_ref", "EBADF"));
  timer.close();
});

test("microtasks and ticks of a callback run before the loop goes on", async () => {
  const order: string[] = [];
  const timer = new addon.Timer(() => {
    process.nextTick(() => order.push("tick"));
    void Promise.resolve().then(() => order.push("microtask"));
    order.push("callback");
  });
  setImmediate(() => undefined);
  timer.arm(0);
  await until(() => order.length > 0);
  assert.deepEqual(order, ["callback", "tick", "microtask"]);
  timer.close();
});

test("wrong arguments are refused", () => {
  assert.throws(() => new addon.Timer(undefined as never), TypeError);
  const timer = new addon.Timer(() => undefined);
  for (const bad of [NaN, Infinity, -Infinity, 1e16]) assert.throws(() => timer.arm(bad), RangeError);
  assert.throws(() => timer.arm("1" as never), TypeError);
  assert.throws(() => timer.setRef(1 as never), TypeError);
  timer.close();
});

test("an armed timer keeps the process alive; a disarmed or unreferenced one does not", async () => {
  const armed = await runScript(
    `const t = new addon.Timer(() => console.log("fired")); t.arm(addon.monotonicMicros() + 20000);`,
  );
  assert.deepEqual([armed.code, armed.stdout], [0, "fired\n"]);
  const idle = await runScript(`
    const never = addon.monotonicMicros() + 3600e6;
    globalThis.a = new addon.Timer(() => {}); a.arm(never); a.disarm();
    globalThis.b = new addon.Timer(() => {}); b.setRef(false); b.arm(never);`);
  assert.equal(idle.code, 0);
});

test("signals arrive, real-time ones too, until closed", async () => {
  const seen: number[] = [];
  const watches = [10 /* SIGUSR1 */, 36 /* SIGRTMIN + 2 */].map((signal) => {
    const watch = new addon.SignalWatch(signal, () => seen.push(signal));
    watch.setRef(false);
    return watch;
  });
  const child = (signal: number) =>
    addon.spawn(
      { file: "/bin/sh", args: ["sh", "-c", `kill -${signal} ${process.pid}`], env: [] },
      () => undefined,
    );
  child(36);
  await until(() => seen.includes(36));
  process.kill(process.pid, "SIGUSR1");
  await until(() => seen.includes(10));
  assert.deepEqual(seen, [36, 10]);
  for (const watch of watches) watch.close();
  for (const watch of watches) watch.close();
  assert.throws(() => watches[0]?.setRef(true), refused("uv_ref", "EBADF"));
});

test("signals that nobody can watch are refused", () => {
  assert.throws(() => new addon.SignalWatch(9, () => undefined), refused("uv_signal_start", "EINVAL"));
  assert.throws(() => new addon.SignalWatch(0, () => undefined), RangeError);
  assert.throws(() => new addon.SignalWatch(65, () => undefined), RangeError);
  assert.throws(() => new addon.SignalWatch(10, undefined as never), TypeError);
});

/** Not SIGUSR2: Node's test runner writes a diagnostic report on it. */
const SIGWINCH = 28;

test("a signal callback may close its own watch", async () => {
  let calls = 0;
  const watch = new addon.SignalWatch(SIGWINCH, () => {
    calls++;
    watch.close();
  });
  const other = new addon.SignalWatch(SIGWINCH, () => undefined); // so that the second signal has a listener as well
  process.kill(process.pid, SIGWINCH);
  await until(() => calls === 1);
  process.kill(process.pid, SIGWINCH);
  await pause(20);
  assert.equal(calls, 1);
  other.close();
});
