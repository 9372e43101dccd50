/** Rise, fall and the first result of a script: VRRP reference, section 10.4. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ScriptState } from "../../../src/track/script-state.js";

/** Feeds "+" for a success and "-" for a failure. @returns the state after each, "?" while nothing is known */
function run(state: ScriptState, results: string): string {
  return [...results]
    .map((result) => {
      state.onResult(result === "+");
      return state.up === undefined ? "?" : state.up ? "u" : "d";
    })
    .join("");
}
const script = (rise: number, fall: number, initFail = false): ScriptState =>
  new ScriptState({ rise, fall }, initFail);

test("one success is enough at first, and one failure too, whatever rise and fall say", () => {
  assert.equal(script(3, 3).up, undefined);
  assert.equal(run(script(3, 3), "+"), "u");
  assert.equal(run(script(3, 3), "-"), "d");
});

test("going down takes fall failures in a row, coming up rise successes in a row", () => {
  assert.equal(run(script(2, 3), "+--+---+-++"), "uuuuuuddddu");
  assert.equal(run(script(1, 1), "+-+-"), "udud");
});

test("every pair of thresholds up to 5 is counted exactly", () => {
  for (let rise = 1; rise <= 5; rise++) {
    for (let fall = 1; fall <= 5; fall++) {
      const results = `+${"-".repeat(fall)}${"+".repeat(rise)}`;
      const expected = `u${"u".repeat(fall - 1)}d${"d".repeat(rise - 1)}u`;
      assert.equal(run(script(rise, fall), results), expected, `rise ${rise} fall ${fall}`);
    }
  }
});

test("init_fail: down until it has risen", () => {
  const state = script(2, 1, true);
  assert.equal(state.up, false);
  assert.equal(run(state, "-++"), "ddu");
});

test("a result says whether the state is another one", () => {
  const state = script(1, 2);
  assert.deepEqual(
    ["+", "+", "-", "-", "-", "+"].map((result) => state.onResult(result === "+")),
    [true, false, false, true, false, true],
  );
});

test("a reload with other thresholds keeps the state and the progress", () => {
  const up = script(1, 3);
  run(up, "+--");
  up.setThresholds({ rise: 2, fall: 5 });
  assert.equal(run(up, "---"), "uud");
  const down = script(4, 1);
  run(down, "-++");
  down.setThresholds({ rise: 3, fall: 1 });
  assert.equal(run(down, "+"), "u");
  const hasty = script(1, 5);
  run(hasty, "+---");
  hasty.setThresholds({ rise: 1, fall: 2 });
  assert.equal(hasty.up, true);
  assert.equal(run(hasty, "-"), "d");
});
