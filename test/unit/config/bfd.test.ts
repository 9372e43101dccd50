/** `bfd_instance`: ranges and defaults, and what spoils a session (BFD reference, section 1). */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { BfdInstanceConfig, Config } from "../../../src/config/model.js";
import { brief, good, read } from "./fake-files.js";
import { type Case, checkKeywords, flag, onOff } from "./keyword-cases.js";

const text = (line: string) => `bfd_instance B {\n${line}\nneighbor_ip 10.0.0.1\n}\n`;
const first = (c: Config): BfdInstanceConfig => {
  const [found] = c.bfd.instances;
  assert.ok(found);
  return found;
};

const interval = (keyword: string, of: Case["of"], least: string, byDefault: number): Case => ({
  keyword,
  of,
  byDefault,
  accepted: [
    [least, Number(least) * 1000],
    ["1000.5", 1_000_500],
    ["10000", 10_000_000],
  ],
  refused: [String(Number(least) - 0.001), "4294967.001", "-1", "1e3", "."],
  alone: "fatal",
});

checkKeywords("bfd_instance", text, [
  interval("min_rx", (c) => first(c).minRxMicros, "1", 10_000),
  interval("min_tx", (c) => first(c).minTxMicros, "1", 10_000),
  interval("idle_tx", (c) => first(c).idleTxMicros, "1000", 1_000_000),
  {
    keyword: "multiplier",
    of: (c) => first(c).multiplier,
    byDefault: 5,
    accepted: [
      ["1", 1],
      ["255", 255],
    ],
    refused: ["0", "256"],
    alone: "fatal",
  },
  {
    keyword: "ttl",
    of: (c) => first(c).ttl,
    byDefault: 255,
    accepted: [
      ["1", 1],
      ["255", 255],
    ],
    refused: ["0", "256"],
    alone: "fatal",
  },
  { keyword: "hoplimit", of: (c) => first(c).ttl, byDefault: 255, accepted: [["7", 7]], refused: ["256"] },
  {
    keyword: "max_hops",
    of: (c) => first(c).maxHops,
    byDefault: 0,
    accepted: [
      ["-1", 255],
      ["0", 0],
      ["255", 255],
    ],
    refused: ["-2", "256"],
    alone: "fatal",
  },
  {
    keyword: "weight",
    of: (c) => [first(c).weight, first(c).weightReverse],
    byDefault: [0, false],
    accepted: [
      ["-253", [-253, false]],
      ["253 reverse", [253, true]],
    ],
    refused: ["-254", "254", "x"],
    alone: "fatal",
  },
  { keyword: "passive", of: (c) => first(c).passive, byDefault: false, accepted: flag },
  {
    keyword: "multihop",
    of: (c) => first(c).multihop,
    byDefault: false,
    accepted: onOff,
    refused: ["1"],
  },
  {
    keyword: "vrrp",
    of: (c) => [first(c).toVrrp, first(c).toChecker],
    byDefault: [true, true],
    accepted: [["", [true, false]]],
  },
  {
    keyword: "checker",
    of: (c) => [first(c).toVrrp, first(c).toChecker],
    byDefault: [true, true],
    accepted: [
      ["", [false, true]],
      ["\nvrrp", [true, true]],
    ],
  },
  {
    keyword: "source_ip",
    of: (c) => first(c).sourceAddress,
    accepted: [["10.0.0.2", "10.0.0.2"]],
    refused: ["10.0.0", "x"],
    alone: "fatal",
  },
]);

test("a session is complete with a neighbour alone", () => {
  const [session] = good("bfd_instance B {\n neighbour_ip FE80:0::1\n}\n").bfd.instances;
  assert.deepEqual(session, {
    name: "B",
    family: 6,
    neighbourAddress: "fe80::1",
    minRxMicros: 10_000,
    minTxMicros: 10_000,
    idleTxMicros: 1_000_000,
    multiplier: 5,
    passive: false,
    ttl: 255,
    maxHops: 0,
    multihop: false,
    weight: 0,
    weightReverse: false,
    toVrrp: true,
    toChecker: true,
    position: { file: "keepalived.conf", line: 1, column: 14 },
  });
});

test("a session without a neighbour that can be, or of two families, is ignored", () => {
  const spoilt: [string, string][] = [
    ["passive", "1:14 error the BFD session 'B' needs 'neighbor_ip IPADDR'; it is ignored"],
    [
      "neighbor_ip x",
      "2:13 error 'neighbor_ip' must be an IPv4 or IPv6 address, not 'x'; the session is ignored",
    ],
    [
      "neighbor_ip x\nneighbor_ip 10.0.0.1",
      "2:13 error 'neighbor_ip' must be an IPv4 or IPv6 address, not 'x'; the session is ignored",
    ],
    [
      "source_ip fe80::1\nneighbor_ip 10.0.0.1",
      "2:11 error source and neighbour of 'B' must both be IPv4 or IPv6; the session is ignored",
    ],
  ];
  for (const [lines, message] of spoilt) {
    const result = read(`bfd_instance B {\n${lines}\n}\n`);
    assert.deepEqual(brief(result), [message]);
    assert.deepEqual([result.config.bfd.instances, result.testStatus, result.usable], [[], 5, true]);
  }
});

test("names: needed, at most 31 characters, each once; further words are ignored", () => {
  const named = (name: string, neighbour = "10.0.0.1") =>
    `bfd_instance ${name} {\n neighbor_ip ${neighbour}\n}\n`;
  const longest = "0123456789012345678901234567890";
  assert.equal(good(named(longest)).bfd.instances[0]?.name, longest);
  assert.deepEqual(brief(read(named(`${longest}1`))), [
    "1:14 error the name of a BFD session must be at most 31 characters; this one is ignored",
  ]);
  assert.equal(read(named("")).testStatus, 5);
  assert.equal(read(named("B C")).testStatus, 0);
  const twice = read(named("B") + named("B", "10.0.0.2"));
  assert.deepEqual(brief(twice), ["4:14 error 'B' is already defined; this block is ignored"]);
  assert.deepEqual(
    twice.config.bfd.instances.map((b) => b.neighbourAddress),
    ["10.0.0.1"],
  );
});

test("two sessions may share a neighbour only with different sources, or different ports", () => {
  const session = (name: string, lines: string) =>
    `bfd_instance ${name} {\n neighbor_ip 10.0.0.1\n ${lines}\n}\n`;
  const kept = (...lines: string[]) =>
    read(lines.map((line, i) => session(`B${i}`, line)).join("")).config.bfd.instances.map((b) => b.name);
  assert.deepEqual(kept("", ""), ["B0"]);
  assert.deepEqual(kept("source_ip 10.0.0.2", ""), ["B0"]);
  assert.deepEqual(kept("", "source_ip 10.0.0.2"), ["B0"]);
  assert.deepEqual(kept("source_ip 10.0.0.2", "source_ip 10.0.0.2"), ["B0"]);
  assert.deepEqual(kept("source_ip 10.0.0.2", "source_ip 10.0.0.3"), ["B0", "B1"]);
  assert.deepEqual(kept("", "multihop"), ["B0", "B1"]);
  assert.deepEqual(brief(read(session("A", "") + session("B", ""))), [
    "5:14 error the neighbour 10.0.0.1 of 'B' is that of 'A'; the session is ignored",
  ]);
});

test("max_hops is not above the TTL", () => {
  const result = read("bfd_instance B {\n neighbor_ip 10.0.0.1\n max_hops 11\n ttl 10\n}\n");
  assert.equal(first(result.config).maxHops, 10);
  assert.deepEqual(brief(result), ["3:11 warning 'max_hops' must not be above the TTL 10, which is used"]);
});

test("long intervals are remarked on, and too many decimals are rounded", () => {
  const long = read(text("min_rx 10000.001"));
  assert.deepEqual([long.testStatus, first(long.config).minRxMicros], [0, 10_000_001]);
  assert.deepEqual(brief(long), ["2:8 warning 'min_rx' is more than 10 s, so that a failure is found late"]);
  const fine = read(text("min_tx 1.2345"));
  assert.deepEqual([fine.testStatus, first(fine.config).minTxMicros], [5, 1235]);
  assert.equal(read(text("weight 5 foo")).testStatus, 5);
});
