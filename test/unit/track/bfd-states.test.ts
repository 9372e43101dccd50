/** Sessions of BFD as those see them who track them: notify-track reference, section 11. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BfdStates } from "../../../src/track/bfd-states.js";

test("a tracked session is down until it is said to be up, and only changes are news", () => {
  const states = new BfdStates();
  states.setNames(["s"]);
  assert.deepEqual(states.find("s"), { value: false, said: "BFD session s has not come up yet" });
  assert.equal(states.set("s", true), true);
  assert.equal(states.set("s", true), false);
  assert.deepEqual(states.find("s"), { value: true, said: "BFD session s is up" });
  assert.equal(states.set("s", false), true);
  assert.deepEqual(states.find("s"), { value: false, said: "BFD session s is down" });
});

test("a reload keeps what was said, and one that begins to track a session finds it as it is", () => {
  const states = new BfdStates();
  states.setNames(["old"]);
  states.set("old", true);
  assert.equal(states.set("new", true), false, "nobody tracks it yet");
  assert.equal(states.find("new"), undefined);
  states.setNames(["old", "new"]);
  assert.deepEqual([states.find("old")?.value, states.find("new")?.value], [true, true]);
  states.setNames([]);
  assert.equal(states.find("old"), undefined);
});
