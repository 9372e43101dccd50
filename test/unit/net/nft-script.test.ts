/** The rules of the packet filter as text, and what is understood of the kernel's news about them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type FirewallRules, replacementScript } from "../../../src/net/nft-script.js";
import { familiesOfScript, removalScript, tableOfScript } from "../../../src/net/nft-table.js";
import { AF_INET, AF_INET6 } from "../../../src/netlink/constants.js";
import { decodeTableNews, TableWatch } from "../../../src/netlink/nftables.js";

function rules(changes: Partial<FirewallRules>): FirewallRules {
  return {
    table: "keepalived",
    priority: -1,
    counters: false,
    byIndex: false,
    closed: [],
    vmacs: [],
    withoutIgmp: false,
    ...changes,
  };
}

const lines = (script: string): string[] => script.split("\n").map((line) => line.trim());

test("reference 13: IPv4 addresses are dropped both ways, each once, in one transaction with the old table", () => {
  const closed = ["192.0.2.100", "192.0.2.101", "192.0.2.100"].map((address) => ({
    address,
    device: "eth0",
  }));
  assert.equal(
    replacementScript(rules({ closed })),
    `# table keepalived
${removalScript("keepalived")}table ip keepalived {
  set vips { type ipv4_addr; elements = { 192.0.2.100, 192.0.2.101 }; }
  chain out { type filter hook output priority -1; policy accept;
    ip saddr @vips drop
  }
  chain in { type filter hook input priority -1; policy accept;
    ip daddr @vips drop
  }
}
`,
  );
});

test("RFC 9568 section 6.4.3: over IPv6 neighbour discovery goes on, before anything is dropped", () => {
  const closed = [{ address: "2001:db8::100", device: "eth0" }];
  const script = lines(replacementScript(rules({ closed })));
  const chain = script.slice(script.findIndex((line) => line.startsWith("chain in ")));
  assert.deepEqual(chain.slice(1, 3), [
    "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept",
    "ip6 daddr @vips drop",
  ]);
});

test("a link-local address is dropped on its interface only, by name or by index", () => {
  const closed = [{ address: "fe80::51", device: "eth0" }];
  const byName = lines(replacementScript(rules({ closed })));
  assert.ok(
    byName.includes('set vips_link_local { type ipv6_addr . ifname; elements = { fe80::51 . "eth0" }; }'),
  );
  assert.ok(byName.includes("ip6 daddr . iifname @vips_link_local drop"));
  assert.ok(!byName.some((line) => line.startsWith("set vips {")));
  const byIndex = lines(replacementScript(rules({ closed, byIndex: true })));
  assert.ok(byIndex.includes("ip6 saddr . oif @vips_link_local drop"));
});

test("nftables_priority, nftables_counters and the name of the table", () => {
  const closed = [{ address: "192.0.2.100", device: "eth0" }];
  const script = replacementScript(rules({ closed, table: "mine", priority: 5, counters: true }));
  assert.match(script, /table ip mine \{\n/);
  assert.match(script, /hook input priority 5;/);
  assert.match(script, /ip daddr @vips counter drop/);
  assert.equal(tableOfScript(script), "mine");
  assert.equal(tableOfScript("table ip x {}\n"), undefined);
});

test("IGMP and MLD of a VMAC leave by its base; disable_local_igmp needs no IGMP rule", () => {
  const vmacs = [{ name: "vrrp.51", base: "eth0" }];
  const script = replacementScript(rules({ vmacs }));
  assert.match(
    script,
    /ip protocol igmp meta oifkind "macvlan" dup to ip daddr device oif map @vmac_map drop/,
  );
  assert.match(
    script,
    /map vmac_map \{ type iface_index : iface_index; elements = \{ "vrrp.51" : "eth0" \}; \}/,
  );
  assert.match(script, /nd-router-solicit meta oifkind "macvlan" oif @vmac_set drop/);
  const quiet = replacementScript(rules({ vmacs, withoutIgmp: true }));
  assert.doesNotMatch(quiet, /table ip keepalived \{/);
  assert.match(quiet, /mld2-listener-report/);
});

/** A message of subsystem 10 for the table, or without attributes. */
function message(type: number, table?: string, family = 2): Uint8Array {
  const name = table === undefined ? [] : [...new TextEncoder().encode(`${table}\0`)];
  const attribute = table === undefined ? [] : [4 + name.length, 0, 1, 0, ...name];
  while (attribute.length % 4 !== 0) attribute.push(0);
  const length = 20 + attribute.length;
  return Uint8Array.from([
    length,
    0,
    0,
    0,
    type,
    10,
    ...Array<number>(10).fill(0),
    family,
    0,
    0,
    0,
    ...attribute,
  ]);
}

const NEW_TABLE = 0;
const DELETE_TABLE = 2;
const DELETE_RULE = 8;
const COMMITTED = 15;

/** Whether the watch of `keepalived` finds something lost after each message. */
function watch(...messages: Uint8Array[]): boolean[] {
  const tables = new TableWatch("keepalived", new Set([AF_INET, AF_INET6]));
  return messages.map((bytes) => tables.take(decodeTableNews(bytes, 0, bytes.length)));
}

test("a table that somebody deletes, or a rule in it, is lost when the transaction ends", () => {
  for (const type of [DELETE_TABLE, DELETE_RULE])
    assert.deepEqual(watch(message(type, "keepalived"), message(COMMITTED)), [false, true], String(type));
});

test("a transaction that makes the table anew loses nothing, other tables and families aside", () => {
  const replaced = [
    message(DELETE_TABLE, "keepalived"),
    message(NEW_TABLE, "keepalived"),
    message(COMMITTED),
  ];
  assert.deepEqual(watch(...replaced), [false, false, false]);
  assert.deepEqual(watch(message(DELETE_TABLE, "filter"), message(COMMITTED)), [false, false]);
  const half = [
    message(DELETE_TABLE, "keepalived", 10),
    message(DELETE_TABLE, "keepalived", 2),
    message(NEW_TABLE, "keepalived", 2),
    message(COMMITTED),
  ];
  assert.deepEqual(watch(...half), [false, false, false, true]);
});

test("cut and foreign messages mean nothing", () => {
  const whole = message(DELETE_TABLE, "keepalived");
  for (let end = 0; end < whole.length; end++)
    assert.deepEqual(decodeTableNews(whole, 0, end), { kind: "other" }, String(end));
  const foreign = whole.slice();
  foreign[5] = 1;
  assert.deepEqual(decodeTableNews(foreign, 0, foreign.length), { kind: "other" });
});

test("a family without a table of ours cannot lose it: clearing one away says nothing", () => {
  const only4 = replacementScript(rules({ closed: [{ address: "192.0.2.100", device: "eth0" }] }));
  assert.deepEqual([...familiesOfScript(only4)], [AF_INET]);
  const tables = new TableWatch("keepalived", familiesOfScript(only4));
  const take = (bytes: Uint8Array): boolean => tables.take(decodeTableNews(bytes, 0, bytes.length));
  take(message(DELETE_TABLE, "keepalived", AF_INET6));
  assert.equal(take(message(COMMITTED)), false);
  take(message(DELETE_TABLE, "keepalived", AF_INET));
  assert.equal(take(message(COMMITTED)), true);
});
