/** Which processes are meant, how they are counted, and when a quorum is gained or lost: notify-track, section 10. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeProcessEvent, encodeListen } from "../../../src/netlink/process-events.js";
import { factsOf, matches } from "../../../src/track/process-match.js";
import { ProcessQuorum } from "../../../src/track/process-quorum.js";
import { ProcessTable } from "../../../src/track/process-table.js";
import { trackProcess } from "./track-process.js";

const process = (comm: string, ...command: string[]) => ({ comm, command });

test("by the short name: equal, no prefix, whatever the command line says", () => {
  assert.equal(matches(trackProcess(), process("nginx", "nginx: master")), true);
  assert.equal(matches(trackProcess(), process("nginx2", "nginx")), false);
  assert.equal(matches(trackProcess(), process("ngin", "nginx")), false);
});

test("full_command: by the first word of the command line", () => {
  const full = trackProcess({ process: "/usr/sbin/nginx", fullCommand: true });
  assert.equal(matches(full, process("nginx", "/usr/sbin/nginx", "-g", "x")), true);
  assert.equal(matches(full, process("nginx", "nginx")), false);
  assert.equal(matches(full, process("nginx")), false);
});

for (const [match, parameters, given, expected] of [
  ["exact", ["-a", "b"], ["-a", "b"], true],
  ["exact", ["-a", "b"], ["-a", "b", "c"], false],
  ["exact", ["-a", "b"], ["-a"], false],
  ["exact", [], [], true],
  ["exact", [], ["-a"], false],
  ["partial", ["-a", "b"], ["-a", "b", "c"], true],
  ["partial", ["-a", "b"], ["-a", "bc"], false],
  ["partial", ["-a", "b"], ["-a"], false],
  ["initial", ["-a", "b"], ["-a", "bc", "d"], true],
  ["initial", ["-a", "b"], ["-ab", "b"], false],
  ["initial", ["-a", "b"], ["-a", "b"], true],
  ["initial", ["-a", "b"], ["-a"], false],
  ["any", [], ["anything"], true],
] as const) {
  test(`param_match ${match}: '${parameters.join(" ")}' and '${given.join(" ")}': ${expected}`, () => {
    const config = trackProcess({ fullCommand: true, parameterMatch: match, parameters: [...parameters] });
    assert.equal(matches(config, process("nginx", "nginx", ...given)), expected);
  });
}

test("/proc: names with parentheses and spaces, empty words, zombies, nothing", () => {
  assert.deepEqual(factsOf("12 (a) b (c) S 1 12", "x\0\0y\0"), { comm: "a) b (c", command: ["x", "", "y"] });
  assert.deepEqual(factsOf("2 (kthreadd) S 0", ""), { comm: "kthreadd", command: [] });
  assert.equal(factsOf("12 (dead) Z 1", ""), undefined);
  assert.equal(factsOf("", ""), undefined);
  fc.assert(fc.property(fc.string(), fc.string(), (stat, line) => void factsOf(stat, line)));
});

test("the table: a child is what its parent is, until it executes something else, changes its name or ends", () => {
  const table = new ProcessTable();
  table.setWanted([trackProcess(), trackProcess({ name: "q", process: "nginx", fullCommand: true })]);
  assert.equal(table.onFacts(10, process("nginx", "nginx")), true);
  assert.equal(table.onFork(10, 11), true);
  assert.equal(table.onFork(9, 12), false);
  assert.deepEqual([table.count("p"), table.count("q")], [2, 2]);
  assert.equal(table.onComm(11, "worker"), true);
  assert.deepEqual([table.count("p"), table.count("q")], [1, 2]);
  assert.equal(table.onFacts(11, process("sh", "sh")), true);
  assert.equal(table.onExit(12), false);
  assert.equal(table.onExit(10), true);
  assert.deepEqual([table.count("p"), table.count("q"), table.pids.length], [0, 0, 0]);
});

test("a number in use again, an end told twice and a definition that goes do not upset the count", () => {
  const table = new ProcessTable();
  table.setWanted([trackProcess()]);
  table.onFacts(10, process("nginx"));
  table.onFacts(10, process("nginx"));
  assert.equal(table.count("p"), 1);
  table.onFork(1, 10);
  assert.equal(table.count("p"), 0);
  table.onExit(10);
  table.onExit(10);
  assert.equal(table.count("p"), 0);
  table.onFacts(11, process("nginx"));
  table.setWanted([]);
  assert.equal(table.count("p"), 0);
});

test("quorum and quorum_max, for every count", () => {
  for (let quorum = 0; quorum <= 3; quorum++) {
    for (let most = quorum; most <= 4; most++) {
      for (let count = 0; count <= 6; count++) {
        const state = new ProcessQuorum(trackProcess({ quorum, quorumMax: most }));
        assert.equal(state.up, undefined);
        assert.equal(state.onCount(count, "other", 0), true);
        assert.equal(state.up, count >= quorum && count <= most);
      }
    }
  }
  const open = new ProcessQuorum(trackProcess({ quorum: 2 }));
  open.onCount(70_000, "other", 0);
  assert.equal(open.up, true);
});

test("the delays: a loss by an end waits, a gain by a fork waits, the way back cancels", () => {
  const state = new ProcessQuorum(trackProcess({ terminateDelayMicros: 1000, forkDelayMicros: 500 }));
  state.onCount(1, "other", 0);
  assert.equal(state.onCount(0, "exit", 100), false);
  assert.deepEqual([state.deadline, state.waitsFor, state.up], [1100, "exit", true]);
  assert.equal(state.onCount(1, "fork", 200), false);
  assert.equal(state.deadline, undefined);
  state.onCount(0, "exit", 300);
  assert.equal(state.onDeadline(), true);
  assert.equal(state.up, false);
  assert.equal(state.onCount(1, "fork", 2000), false);
  assert.equal(state.deadline, 2500);
  assert.equal(state.onCount(2, "fork", 2200), false);
  assert.equal(state.deadline, 2500);
  assert.equal(state.onDeadline(), true);
  assert.equal(state.up, true);
});

test("the delays: what an exec or another name changes counts at once", () => {
  const state = new ProcessQuorum(trackProcess({ terminateDelayMicros: 1000, forkDelayMicros: 1000 }));
  state.onCount(1, "other", 0);
  state.onCount(0, "exit", 0);
  assert.equal(state.onCount(0, "other", 10), true);
  assert.equal(state.onCount(1, "other", 20), true);
  assert.equal(state.deadline, undefined);
});

test("a reload: new numbers count at once, with the same ones a delay goes on", () => {
  const settings = trackProcess({ terminateDelayMicros: 1000 });
  const state = new ProcessQuorum(settings);
  state.onCount(1, "other", 0);
  state.onCount(0, "exit", 0);
  assert.equal(state.setSettings({ ...settings }), false);
  assert.equal(state.deadline, 1000);
  assert.equal(state.setSettings({ ...settings, quorum: 0 }), false);
  assert.deepEqual([state.deadline, state.up], [undefined, true]);
  assert.equal(state.setSettings({ ...settings, quorum: 3 }), true);
});

/** Captured on Linux 6.18: a fork, an exec, an exit, the start of a thread. */
const CAPTURED = {
  fork: "4c00000003000000010000000000000001000000010000000100000000000000280000000100000000000000a22afb64bd0d0000ed3e0000ed3e0000fb3e0000fb3e00000000000000000000",
  exec: "4c00000003000000020000000000000001000000010000000200000000000000280000000200000000000000520d0265bd0d0000fb3e0000fb3e000000000000000000000000000000000000",
  exit: "4c0000000300000003000000000000000100000001000000030000000000000028000000000000800000000032e99465bd0d0000fb3e0000fb3e00000000000011000000ed3e0000ed3e0000",
  thread:
    "4c000000030000000000000000000000010000000100000000000000000000002800000001000000010000002b38366bbd0d0000f93e0000f93e0000fc3e0000fa3e00000000000000000000",
  answer:
    "4c00000003000000000000000000000001000000010000000000000001000000280000000000000000000000bdc5c65dbd0d0000000000000000000000000000000000000000000000000000",
};

test("events of the kernel, from a capture", () => {
  const decode = (hex: string) => decodeProcessEvent(Buffer.from(hex, "hex"), 0, hex.length / 2);
  assert.deepEqual(decode(CAPTURED.fork), { kind: "fork", parent: 16109, child: 16123 });
  assert.deepEqual(decode(CAPTURED.exec), { kind: "exec", pid: 16123 });
  assert.deepEqual(decode(CAPTURED.exit), { kind: "exit", pid: 16123 });
  assert.equal(decode(CAPTURED.thread), undefined);
  assert.deepEqual(decode(CAPTURED.answer), { kind: "answer", errno: 0 });
});

test("the request to listen, byte for byte", () => {
  assert.equal(
    Buffer.from(encodeListen()).toString("hex"),
    "28000000030000000000000000000000" + "0100000001000000000000000000000004000000" + "01000000",
  );
});

test("no bytes throw, whole or cut off", () => {
  for (const hex of Object.values(CAPTURED)) {
    const bytes = Buffer.from(hex, "hex");
    for (let length = 0; length <= bytes.length; length++)
      decodeProcessEvent(bytes.subarray(0, length), 0, length);
  }
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 120 }),
      (bytes) => void decodeProcessEvent(bytes, 0, bytes.length),
    ),
  );
});
