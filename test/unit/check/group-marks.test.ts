/** nftables_ipvs: which groups are one service for a mark, the rules that mark their packets, and what the kernel gets. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { CheckConfig } from "../../../src/config/check-model.js";
import { GroupMarks, type MarkPlan } from "../../../src/check/group-marks.js";
import { type MarkedRange, markScript } from "../../../src/check/mark-rules.js";
import { Director } from "../../../src/check/director.js";
import { servicesOf } from "../../../src/check/services.js";
import { removalScript } from "../../../src/net/nft-table.js";
import { read } from "../config/fake-files.js";

interface Groups {
  [name: string]: readonly string[];
}

/** A virtual server for each of these: a group with its protocol, or another head. */
function config(groups: Groups, heads: readonly (readonly [string, string])[], global = ""): CheckConfig {
  const blocks = Object.entries(groups).map(
    ([name, entries]) => `virtual_server_group ${name} {\n${entries.join("\n")}\n}\n`,
  );
  const services = heads.map(
    ([head, protocol]) =>
      `virtual_server ${head} {\n lvs_sched rr\n lvs_method TUN\n ${protocol === "" ? "" : `protocol ${protocol}`}\n real_server 10.1.0.1 8080 {\n }\n}\n`,
  );
  const text = `global_defs {\nrouter_id R\nnftables_ipvs\n${global}\n}\n${blocks.join("")}${services.join("")}`;
  return read(text).config.check;
}

const marksOf = (plan: MarkPlan): [string, number][] => [...plan.marks];

test("check reference 8.2: a group has a mark for each protocol, from nftables_ipvs_start_fwmark on in order of use", () => {
  const groups = { a: ["10.0.0.1-4 80"], b: ["10.0.1.1 80", "2001:db8::1 80"] };
  const heads = [
    ["group a", "TCP"],
    ["group a", "UDP"],
    ["group b", "TCP"],
  ] as const;
  assert.deepEqual(marksOf(new GroupMarks().plan(config(groups, heads))), [
    ["[a]:0", 1000],
    ["[a]:1", 1001],
    ["[b]:0", 1002],
  ]);
  const other = config(groups, heads, "nftables_ipvs_start_fwmark 7");
  assert.deepEqual(
    marksOf(new GroupMarks().plan(other)).map(([, mark]) => mark),
    [7, 8, 9],
  );
});

test("check reference 8.2: marks are kept over reloads, and one that comes free is not handed out at once", () => {
  const marks = new GroupMarks();
  const groups = { a: ["10.0.0.1 80"], b: ["10.0.1.1 80"], c: ["10.0.2.1 80"] };
  const plan = (...names: string[]): [string, number][] =>
    marksOf(
      marks.plan(
        config(
          groups,
          names.map((name) => [`group ${name}`, "TCP"] as const),
        ),
      ),
    );
  plan("a", "b");
  assert.deepEqual(plan("b", "c"), [
    ["[b]:0", 1001],
    ["[c]:0", 1002],
  ]);
  assert.deepEqual(plan("a", "b", "c"), [
    ["[a]:0", 1000],
    ["[b]:0", 1001],
    ["[c]:0", 1002],
  ]);
});

test("marks that virtual servers have by themselves are left to them; beyond the last one there is none", () => {
  const groups = { a: ["10.0.0.1 80"], m: ["fwmark 1001"], b: ["10.0.1.1 80"] };
  const heads = [
    ["fwmark 1000", ""],
    ["group m", "TCP"],
    ["group a", "TCP"],
    ["group b", "TCP"],
  ] as const;
  assert.deepEqual(marksOf(new GroupMarks().plan(config(groups, heads))), [
    ["[a]:0", 1002],
    ["[b]:0", 1003],
  ]);
  const last = new GroupMarks().plan(config(groups, heads, "nftables_ipvs_start_fwmark 4294967295"));
  assert.deepEqual(marksOf(last), [["[a]:0", 4294967295]]);
  assert.deepEqual(last.unmarked, [{ name: "[b]:0", reason: "no mark is left" }]);
});

test("without a protocol a group has a mark for UDP; one with marks of its own goes entry by entry", () => {
  const plan = new GroupMarks().plan(
    config({ a: ["10.0.0.1 80"], m: ["10.0.1.1 80", "fwmark 7"] }, [
      ["group a", ""],
      ["group m", "TCP"],
    ]),
  );
  assert.deepEqual(
    plan.ranges.map(({ first, protocol }) => [first, protocol]),
    [["10.0.0.1", "UDP"]],
  );
  assert.deepEqual([marksOf(plan).length, plan.unmarked], [1, []]);
});

test("a family without addresses has no table", () => {
  const { ranges } = new GroupMarks().plan(config({ a: ["10.0.0.1 80"] }, [["group a", "TCP"]]));
  const script = markScript({ table: "t", priority: -1, counters: false, ranges });
  assert.match(script, /^table ip t \{/m);
  assert.doesNotMatch(script, /^table ip6/m);
});

test("groups whose addresses overlap with others have no marks: nftables would refuse all", () => {
  const overlap = (groups: Groups, heads: readonly (readonly [string, string])[]): string[] =>
    new GroupMarks().plan(config(groups, heads)).unmarked.map(({ name }) => name);
  const both = [
    ["group a", "TCP"],
    ["group b", "TCP"],
  ] as const;
  assert.deepEqual(overlap({ a: ["10.0.0.1-4 80"], b: ["10.0.0.4-6 80"] }, both), ["[a]:0", "[b]:0"]);
  assert.deepEqual(overlap({ a: ["10.0.0.1-4 80"], b: ["10.0.0.5-6 80"] }, both), []);
  assert.deepEqual(overlap({ a: ["10.0.0.1-4 80"], b: ["10.0.0.4-6 443"] }, both), []);
  assert.deepEqual(overlap({ a: ["10.0.0.1-4 80"], b: ["10.0.0.2 0"] }, both), ["[a]:0", "[b]:0"]);
  assert.deepEqual(
    overlap({ a: ["10.0.0.1-4 80"], b: ["10.0.0.2 80"] }, [both[0], ["group b", "UDP"]]),
    [],
    "of other protocols",
  );
  const three = [...both, ["group c", "TCP"]] as const;
  assert.deepEqual(
    overlap({ a: ["10.0.0.1-10 80"], b: ["10.0.0.2-3 80"], c: ["10.0.0.5 80"] }, three),
    ["[a]:0", "[b]:0", "[c]:0"],
    "the last one with the first",
  );
  const beside = [both[0], ["10.0.0.3 80", "TCP"]] as const;
  assert.deepEqual(overlap({ a: ["10.0.0.1-4 80"] }, beside), ["[a]:0"], "an ordinary virtual server");
});

test("property: ranges that are marked never overlap", () => {
  const range = fc.record({ first: fc.integer({ min: 1, max: 60 }), size: fc.nat(8), port: fc.nat(2) });
  fc.assert(
    fc.property(fc.array(fc.array(range, { minLength: 1, maxLength: 3 }), { maxLength: 8 }), (lists) => {
      const groups = Object.fromEntries(
        lists.map((ranges, i) => [
          `g${i}`,
          ranges.map(({ first, size, port }) => `10.0.0.${first}-${first + size} ${port}`),
        ]),
      );
      const heads = lists.map((_, i) => [`group g${i}`, i % 3 === 0 ? "UDP" : "TCP"] as const);
      const { ranges } = new GroupMarks().plan(config(groups, heads));
      const last = (address: string): number => Number(address.split(".")[3]);
      const meet = (a: MarkedRange, b: MarkedRange): boolean =>
        a.protocol === b.protocol &&
        (a.port === b.port || a.port === 0 || b.port === 0) &&
        last(a.first) <= last(b.last) &&
        last(b.first) <= last(a.last);
      for (const [i, a] of ranges.entries())
        for (const b of ranges.slice(i + 1)) assert.ok(!meet(a, b), JSON.stringify([a, b]));
    }),
  );
});

test("check reference 8.2: a map and a rule for each protocol in use, in the families of the addresses", () => {
  const plan = new GroupMarks().plan(
    config({ a: ["10.0.0.1-4 80", "10.0.1.1 0", "2001:db8::1-4 80"] }, [
      ["group a", "TCP"],
      ["group a", "UDP"],
    ]),
  );
  const rules = { table: "keepalived_ipvs", priority: -1, counters: false, ranges: plan.ranges };
  const elements = (mark: number): string =>
    `elements = { 10.0.0.1-10.0.0.4 . 80 : ${mark}, 10.0.1.1 . 0-65535 : ${mark} }`;
  const elements6 = (mark: number): string => `elements = { 2001:db8::1-2001:db8::4 . 80 : ${mark} }`;
  assert.equal(
    markScript(rules),
    `# table keepalived_ipvs
${removalScript("keepalived_ipvs")}table ip keepalived_ipvs {
  map tcp_map { type ipv4_addr . inet_service : mark; flags interval; ${elements(1000)}; }
  map udp_map { type ipv4_addr . inet_service : mark; flags interval; ${elements(1001)}; }
  chain in { type filter hook input priority -1; policy accept;
    meta l4proto tcp meta mark set ip daddr . tcp dport map @tcp_map return
    meta l4proto udp meta mark set ip daddr . udp dport map @udp_map return
  }
}
table ip6 keepalived_ipvs {
  map tcp_map { type ipv6_addr . inet_service : mark; flags interval; ${elements6(1000)}; }
  map udp_map { type ipv6_addr . inet_service : mark; flags interval; ${elements6(1001)}; }
  chain in { type filter hook input priority -1; policy accept;
    meta l4proto tcp meta mark set ip6 daddr . tcp dport map @tcp_map return
    meta l4proto udp meta mark set ip6 daddr . udp dport map @udp_map return
  }
}
`,
  );
  const counted = markScript({ ...rules, table: "mine", priority: 5, counters: true });
  assert.match(counted, /table ip6 mine \{\n/);
  assert.match(counted, /hook input priority 5;/);
  assert.match(counted, /flags interval; counter; elements/);
  assert.match(counted, /map @tcp_map counter return/);
});

test("check reference 8.2: a marked group is one service of the kernel for each family, its servers at the packet's port", () => {
  const both = config({ a: ["10.0.0.1-4 80", "10.0.1.1 443", "2001:db8::1 80"] }, [["group a", "TCP"]]);
  const director = new Director(both, () => undefined, 0);
  director.start();
  const groups = new Map(both.groups.map((group) => [group.name, group]));
  const [service] = director.services;
  assert.ok(service !== undefined);
  const marked = servicesOf(service, groups, { mark: 1000, reliable: true });
  assert.deepEqual(
    marked.map(({ key }) => key),
    [
      { kind: "mark", family: 4, mark: 1000 },
      { kind: "mark", family: 6, mark: 1000 },
    ],
  );
  for (const { destinations } of marked)
    assert.deepEqual(
      destinations.map(({ address, port }) => [address, port]),
      [["10.1.0.1", 0]],
    );
  assert.equal(servicesOf(service, groups).length, 6, "without a mark: one for each address");
  const lost = servicesOf(service, groups, { mark: 1000, reliable: false });
  assert.equal(lost.length, 8, "a mark that packets may not have: both, for connections that there are");
});
