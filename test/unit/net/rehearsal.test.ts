/** The rehearsal ends, in turns, and leaves nothing waiting. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { rehearse } from "../../../src/net/rehearsal.js";
import { VirtualLoop } from "./virtual-loop.js";

test("a rehearsal goes through a take-over and its end, one batch per turn", async () => {
  const loop = new VirtualLoop();
  let over = false;
  const done = rehearse(loop, 320).then(() => {
    over = true;
  });
  let turns = 0;
  while (loop.turn()) turns++;
  await done;
  assert.ok(over);
  assert.ok(turns >= 20, `${turns} turns`);
});
