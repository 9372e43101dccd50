/** What a child process is sent of its slice: all of it first, then what differs from what is in force in it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SliceOffers } from "../../../src/core/slice-offers.js";
import type { ChildOptions } from "../../../src/platform/messages.js";

const options = {} as ChildOptions;
const slice = (...names: string[]) => ({ list: names.map((name) => ({ name })) });
type Slice = ReturnType<typeof slice>;

test("the first offer is the whole slice", () => {
  const whole = slice("a");
  const message = new SliceOffers<Slice>().offer(1, whole, options);
  assert.deepEqual(message, { kind: "configure", generation: 1, slice: whole, options });
});

test("the next one is what differs, and no word of what does not", () => {
  const offers = new SliceOffers<Slice>();
  offers.offer(1, slice("a"), options);
  const list = [{ keep: 1, from: 0 }, { add: { name: "b" } }];
  const change = { fields: { list: { list } } };
  const message = offers.offer(2, slice("a", "b"), options);
  assert.deepEqual(message, { kind: "reconfigure", generation: 2, from: 1, change, options });
  offers.committed(2);
  assert.deepEqual(offers.offer(3, slice("a", "b"), options), {
    kind: "reconfigure",
    generation: 3,
    from: 2,
    options,
  });
});

test("an offer that never came into force is not what the next one is compared with", () => {
  const offers = new SliceOffers<Slice>();
  offers.offer(1, slice("a"), options);
  offers.offer(2, slice("b"), options);
  const message = offers.offer(3, slice("a"), options);
  assert.deepEqual(message, { kind: "reconfigure", generation: 3, from: 1, options });
});

test("only what was offered last can come into force", () => {
  const offers = new SliceOffers<Slice>();
  offers.offer(1, slice("a"), options);
  offers.offer(2, slice("b"), options);
  offers.offer(3, slice("c"), options);
  offers.committed(2);
  const message = offers.offer(4, slice("a"), options);
  assert.deepEqual(message, { kind: "reconfigure", generation: 4, from: 1, options });
});
