/** The journal: what is written is read back, and no damage makes reading fail. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { readJournal, removeJournal, withdraw, writeJournal } from "../../../src/net/journal.js";
import { formatJournal, parseJournal } from "../../../src/net/journal-text.js";
import { Links } from "../../../src/net/links.js";
import { FakeKernel } from "./fake-kernel.js";
import { address, route, rule } from "./settings.js";
import { VirtualLoop } from "./virtual-loop.js";

const ENTRIES = {
  addresses: [
    address("192.0.2.1/24", { label: "eth0:1" }),
    address("2001:db8::1/64"),
    address("192.0.2.5", { peer: "192.0.2.6" }),
  ],
  routes: [
    route("10.0.0.0/8", { gateway: "192.0.2.254", metric: 5, tos: 16 }),
    route("2001:db8:1::/48", { from: { address: "2001:db8:2::", prefixLength: 48 } }),
    route("10.2.0.0/16", { nextHops: [{ gateway: "192.0.2.2", weight: 1, onlink: false }] }),
  ],
  rules: [
    rule({ from: { address: "10.98.0.0", prefixLength: 16 }, inputInterface: "eth9" }),
    rule({
      family: 6,
      preference: 7,
      invert: true,
      to: { address: "2001:db8::", prefixLength: 32 },
      tos: 16,
      mark: { value: 24, mask: 12 },
      realms: { from: 3, to: 4 },
      suppressPrefixLength: 0,
      suppressInterfaceGroup: 1,
      outputInterface: "eth8",
      tunnelId: "18446744073709551615",
      userIds: { from: 1, to: 2 },
      ipProtocol: 17,
      sourcePorts: { from: 10, to: 20 },
      destinationPorts: { from: 80, to: 80 },
    }),
    ...(["nop", "blackhole", "unreachable", "prohibit", "l3mdev"] as const).map((kind, i) =>
      rule({ preference: 200 + i, action: { kind } }),
    ),
    rule({ preference: 300, action: { kind: "goto", preference: 400 } }),
  ],
};
const TEXT = `address 192.0.2.1/24 dev eth0
address 2001:db8::1/64 dev eth0
address 192.0.2.5/32 dev eth0 peer 192.0.2.6
route 10.0.0.0/8 type 1 table 254 protocol 18 via 192.0.2.254 dev eth0 metric 5 tos 16
route 2001:db8:1::/48 type 1 table 254 protocol 18 dev eth0 from 2001:db8:2::/48
route 10.2.0.0/16 type 1 table 254 protocol 18
rule inet preference 100 from 10.98.0.0/16 iif eth9 lookup 100 protocol 18
rule inet6 preference 7 not to 2001:db8::/32 tos 16 fwmark 0x18/0xc oif eth8 uidrange 1-2 ipproto 17 sport 10-20 dport 80-80 tun_id 18446744073709551615 lookup 100 realms 3/4 suppress_prefixlength 0 suppress_ifgroup 1 protocol 18
rule inet preference 200 nop protocol 18
rule inet preference 201 blackhole protocol 18
rule inet preference 202 unreachable protocol 18
rule inet preference 203 prohibit protocol 18
rule inet preference 204 l3mdev protocol 18
rule inet preference 300 goto 400 protocol 18
`;

test("a journal is a list of addresses, routes and rules", () => {
  assert.equal(formatJournal(ENTRIES), TEXT);
  const read = parseJournal(TEXT);
  assert.equal(formatJournal(read), TEXT);
  assert.deepEqual(
    read.rules.map(({ position: _position, ...rest }) => rest),
    ENTRIES.rules.map(({ position: _position, ...rest }) => rest),
  );
});

test("lines that make no sense are passed over", () => {
  const text = `nonsense\naddress 192.0.2.300/24 dev eth0\naddress 192.0.2.7/24\n${TEXT}address 192.0.2.8/24 dev eth0 peer`;
  assert.equal(formatJournal(parseJournal(text)), TEXT);
  const words = fc.constantFrom(
    "address",
    "route",
    "rule",
    "inet",
    "not",
    "lookup",
    "preference",
    "protocol",
    "fwmark",
    "realms",
    "sport",
    "192.0.2.1/24",
    "::/0",
    "dev",
    "eth0",
    "via",
    "type",
    "1",
    "table",
    "\n",
    "",
  );
  fc.assert(fc.property(fc.array(words), (list) => void parseJournal(list.join(" "))));
});

test("it is written as a whole, read, and removed", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "journal-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "vrrp.journal");
  assert.deepEqual(await readJournal(path), { addresses: [], routes: [], rules: [] });
  await writeFile(path, "old");
  await writeJournal(path, ENTRIES);
  assert.equal(formatJournal(await readJournal(path)), TEXT);
  assert.deepEqual(await readdir(folder), ["vrrp.journal"]);
  await removeJournal(path);
  await removeJournal(path);
  assert.deepEqual(await readdir(folder), []);
});

test("withdrawing removes rules, routes, then addresses; what is gone is fine, refusals are told", async () => {
  const kernel = new FakeKernel(new Links(), new VirtualLoop());
  kernel.refusals.set("remove route 10.0.0.0/8", "EPERM");
  const entries = {
    ...ENTRIES,
    addresses: [...ENTRIES.addresses, address("192.0.2.9", { device: "gone0" })],
  };
  const refused = await withdraw(kernel, entries, (device) => (device === "eth0" ? 3 : 0));
  assert.deepEqual(kernel.log, [
    ...ENTRIES.rules.map(({ preference }) => `remove rule ${preference}`),
    "remove route 10.0.0.0/8",
    "remove route 2001:db8:1::/48",
    "remove route 10.2.0.0/16",
    "remove 192.0.2.1/24 on 3",
    "remove 2001:db8::1/64 on 3",
    "remove 192.0.2.5/32 on 3",
  ]);
  assert.deepEqual(refused, [
    { call: "RTM_DELROUTE", code: "EPERM", subject: "route 10.0.0.0/8 via 192.0.2.254 dev eth0" },
  ]);
});
