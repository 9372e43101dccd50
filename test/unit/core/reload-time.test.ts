/** reload_time_file: which moments it names, and what happens when one comes. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { dueTime } from "../../../src/core/reload-time.js";
import { ReloadTimer } from "../../../src/core/reload-timer.js";

const NOW = Date.UTC(2026, 5, 15, 12, 0, 0);
const DAY = 86_400_000;

test("a time alone is today, or tomorrow when it is past", () => {
  assert.deepEqual(dueTime("12:00:01Z", NOW), { atMillis: NOW + 1000, daily: true });
  assert.deepEqual(dueTime("12:00:00Z", NOW), { atMillis: NOW + DAY, daily: true });
  assert.deepEqual(dueTime("00:00:00Z", Date.UTC(2026, 11, 31, 12)), {
    atMillis: Date.UTC(2027, 0, 1),
    daily: true,
  });
});

test("a date has two or four digits of the year, and is ignored when it is past", () => {
  const due = { atMillis: Date.UTC(2026, 6, 1, 1, 2, 3), daily: false };
  assert.deepEqual(dueTime("26-07-01 01:02:03Z", NOW), due);
  assert.deepEqual(dueTime("2026-07-01 01:02:03Z", NOW), due);
  assert.equal(dueTime("2026-06-15 12:00:00Z", NOW), "is past");
});

test("without Z it is the local time", () => {
  const at = new Date(2026, 6, 1, 1, 2, 3).getTime();
  assert.deepEqual(dueTime("2026-07-01 01:02:03", NOW), { atMillis: at, daily: false });
  const today = new Date(NOW);
  const later = new Date(today.getFullYear(), today.getMonth(), today.getDate(), 23, 59, 59).getTime();
  assert.deepEqual(dueTime("23:59:59", NOW), { atMillis: later, daily: true });
});

test("what the calendar does not have, and other words, are no time", () => {
  for (const line of [
    "",
    " 12:00:00",
    "12:00:00 ",
    "12:00",
    "24:00:00Z",
    "12:60:00",
    "2026-06-31 01:00:00",
    "tomorrow",
  ])
    assert.equal(dueTime(line, NOW), "is no time", line);
});

function subject(t: TestContext, repeat: boolean) {
  const folder = mkdtempSync(join(tmpdir(), "keepalived-reload-"));
  const file = join(folder, "when");
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const state = { now: NOW, reloads: 0 };
  const said: string[] = [];
  const timer = new ReloadTimer({
    now: () => state.now,
    log: (_level, text) => void said.push(text),
    reload: () => state.reloads++,
  });
  t.after(() => {
    timer.close();
    rmSync(folder, { recursive: true });
  });
  /** Lets time pass, for whatever waits for it and for the clock. */
  const pass = (millis: number): void => {
    state.now += millis;
    t.mock.timers.tick(millis);
  };
  /** Changes of the file come as events of the system; then it has to be quiet. */
  const line = async (pattern: RegExp): Promise<void> => {
    while (!said.some((text) => pattern.test(text))) {
      await new Promise((resolve) => setImmediate(resolve));
      t.mock.timers.tick(100);
    }
  };
  return { timer, file, state, said, pass, line, settings: { timeFile: file, repeat } };
}

test("when the time has come the file goes and the daemon reloads, once", (t) => {
  const { timer, file, state, pass, said, settings } = subject(t, false);
  writeFileSync(file, "12:30:00Z\n");
  timer.take(settings);
  assert.deepEqual(said, ["Reload is due at 2026-06-15T12:30:00.000Z"]);
  for (let i = 0; i < 29; i++) pass(60_000);
  assert.equal(state.reloads, 0);
  pass(60_000);
  assert.equal(state.reloads, 1);
  assert.equal(existsSync(file), false);
  pass(60_000);
  assert.equal(state.reloads, 1);
});

test("reload_repeat keeps a time without a date for the next day, not one with a date", (t) => {
  const { timer, file, state, pass, settings } = subject(t, true);
  writeFileSync(file, "12:00:30Z\n");
  timer.take(settings);
  pass(30_000);
  assert.equal(state.reloads, 1);
  assert.ok(existsSync(file));
  for (let i = 0; i < 1440; i++) pass(60_000);
  assert.equal(state.reloads, 2);
  writeFileSync(file, "2026-06-17 00:00:00Z\n");
  timer.take(settings);
  for (let i = 0; i < 1440; i++) pass(60_000);
  assert.equal(state.reloads, 3);
  assert.equal(existsSync(file), false);
});

test("a file that comes, changes or goes is noticed", { timeout: 20_000 }, async (t) => {
  const { timer, file, state, pass, line, settings } = subject(t, false);
  timer.take(settings);
  writeFileSync(file, "13:00:00Z\n");
  await line(/due at 2026-06-15T13:00/);
  writeFileSync(file, "soon\n");
  await line(/'soon' is no time, no reload is due/);
  writeFileSync(file, "12:01:00Z\n");
  await line(/due at 2026-06-15T12:01/);
  unlinkSync(file);
  await line(/is gone: no reload is due/);
  pass(120_000);
  assert.equal(state.reloads, 0);
});
