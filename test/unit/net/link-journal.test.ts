/** The journal of interfaces and kernel settings: what was written is read, and nothing else is believed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatLinkJournal, parseLinkJournal } from "../../../src/net/link-journal.js";

const ENTRIES = {
  links: [
    { name: "vrrp.51", kind: "macvlan" as const, base: "eth0", mac: "00:00:5e:00:01:33" },
    { name: "ip0", kind: "ipvlan" as const, base: "eth0.5" },
  ],
  settings: [{ path: "ipv4/conf/eth0.5/arp_ignore", was: "0", now: "1", link: 3 }],
};

test("what was written is read", () => {
  assert.deepEqual(parseLinkJournal(formatLinkJournal(ENTRIES)), ENTRIES);
  assert.deepEqual(parseLinkJournal(""), { links: [], settings: [] });
});

test("a torn or strange line is passed over, and no path leads out of the settings of interfaces", () => {
  const text = [
    "link vrrp.51 kind macv",
    "link a kind bridge base eth0",
    "setting ipv4/conf/../ip_forward was 0 now 1 link 0",
    "setting ../../kernel/sysrq was 0 now 1 link 0",
    "setting ipv4/../x was 0 now 1 link 0",
    "setting ipv4/.. was 0 now 1 link 0",
    "setting ipv4/conf/eth0/arp_ignore was x now 1 link 0",
    "nonsense",
  ].join("\n");
  assert.deepEqual(parseLinkJournal(text), { links: [], settings: [] });
});
