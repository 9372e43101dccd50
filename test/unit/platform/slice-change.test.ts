/** What a reload sends of a slice, and what its receiver makes of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { applyChange, type Change, changeOf, SliceParts } from "../../../src/platform/slice-change.js";

/** As it is after its way through the channel. */
function sent<T>(value: T): T {
  return (JSON.parse(JSON.stringify({ value })) as { value: T }).value;
}

/** What a receiver that has `before` makes of `next`. */
function receive<T extends object>(before: T, next: T): { had: T; has: T; change: Change | undefined } {
  const change = sent(changeOf(new SliceParts(before), new SliceParts(next)));
  const had = sent(before);
  return { had, has: applyChange(had, change), change };
}

const at = (line: number) => ({ file: "k.conf", line, column: 1 });
const instance = (name: string, line: number, ...addresses: string[]) => ({
  name,
  priority: 100,
  addresses: addresses.map((address) => ({ address, position: at(line + 1) })),
  position: at(line),
});

const plain = fc.oneof(fc.integer(), fc.string({ maxLength: 3 }), fc.boolean(), fc.constant(undefined));
const value = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 4 }, plain, tie("list"), tie("object")),
  list: fc.array(tie("any"), { maxLength: 4 }),
  object: fc.dictionary(fc.constantFrom("a", "b", "c", "name"), tie("any"), { maxKeys: 4 }),
}));
const slice = fc.record({
  instances: fc.array(value.object as fc.Arbitrary<object>, { maxLength: 6 }),
  global: value.object,
  other: value.any,
});

test("the change makes any slice out of any other", () => {
  fc.assert(
    fc.property(slice, slice, (before, next) => {
      const { had, has } = receive(before, next);
      assert.deepEqual(has, sent(next));
      assert.deepEqual(had, sent(before), "what was in force is as it was");
    }),
  );
});

test("the order of keys is that of the new slice", () => {
  fc.assert(
    fc.property(slice, slice, (before, next) => {
      assert.equal(JSON.stringify(receive(before, next).has), JSON.stringify(next));
    }),
  );
});

/** Lists as a reload makes them of each other: what both have is mostly in one order. */
const numbers = fc.oneof(
  fc.uniqueArray(fc.nat(50), { maxLength: 12 }),
  fc.uniqueArray(fc.nat(15), { maxLength: 12 }).map((list) => list.sort((a, b) => a - b)),
);

test("what is equal is the same object, wherever it stands in its list", () => {
  fc.assert(
    fc.property(numbers, numbers, (before, next) => {
      const entries = (list: number[]) => list.map((n, i) => instance(`I${n}`, 10 * i, `10.0.0.${n}`));
      const { had, has } = receive({ instances: entries(before) }, { instances: entries(next) });
      const known = new Map(had.instances.map((entry) => [entry.name, entry]));
      assert.deepEqual(
        has.instances.map(({ name }) => name),
        next.map((n) => `I${n}`),
      );
      for (const entry of has.instances)
        if (known.has(entry.name)) assert.equal(entry, known.get(entry.name));
    }),
  );
});

test("a line more at the top moves everything and changes nothing", () => {
  const entries = (first: number) => ({
    global: { routerId: "a", position: at(first) },
    instances: [1, 2, 3].map((n) => instance(`I${n}`, first + 10 * n, "10.0.0.1", "10.0.0.2")),
  });
  const { had, has, change } = receive(entries(1), entries(2));
  assert.equal(change, undefined);
  assert.equal(has, had);
});

test("text that looks like a position counts", () => {
  const entry = (line: number) => ({ list: [{ command: `x "position":{"line":${line}}` }] });
  assert.deepEqual(receive(entry(1), entry(2)).has, entry(2));
});

test("one that is added is all that is sent of a list", () => {
  const many = Array.from({ length: 100 }, (_, n) => instance(`I${n}`, n, "10.0.0.1"));
  const added = instance("NEW", 500, "10.0.0.2");
  const { change } = receive(
    { instances: many },
    { instances: [...many.slice(0, 50), added, ...many.slice(50)] },
  );
  assert.deepEqual(change, {
    fields: {
      instances: { list: [{ keep: 50, from: 0 }, { add: added }, { keep: 50, from: 50 }] },
    },
  });
});

test("an entry with a change shares its other parts with the one before", () => {
  const before = { instances: [instance("A", 1, "10.0.0.1"), instance("B", 9, "10.0.0.2", "10.0.0.3")] };
  const next = sent(before);
  if (next.instances[1] !== undefined) next.instances[1].priority = 50;
  const { had, has } = receive(before, next);
  assert.equal(has.instances[0], had.instances[0]);
  assert.notEqual(has.instances[1], had.instances[1]);
  assert.equal(has.instances[1]?.addresses, had.instances[1]?.addresses);
  assert.equal(has.instances[1]?.priority, 50);
});
