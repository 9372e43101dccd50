/** The journal: what is written is read back, and no damage makes reading fail. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import {
  formatJournal,
  parseJournal,
  readJournal,
  removeJournal,
  withdraw,
  writeJournal,
} from "../../../src/net/journal.js";
import { Links } from "../../../src/net/links.js";
import { FakeKernel } from "./fake-kernel.js";
import { address, route } from "./settings.js";
import { VirtualLoop } from "./virtual-loop.js";

const ENTRIES = {
  addresses: [
    address("192.0.2.1/24", { label: "eth0:1" }),
    address("2001:db8::1/64"),
    address("192.0.2.5", { peer: "192.0.2.6" }),
  ],
  routes: [route("10.0.0.0/8", { gateway: "192.0.2.254", metric: 5, tos: 16 }), route("2001:db8:1::/48")],
};
const TEXT = `address 192.0.2.1/24 dev eth0
address 2001:db8::1/64 dev eth0
address 192.0.2.5/32 dev eth0 peer 192.0.2.6
route 10.0.0.0/8 type 1 table 254 protocol 18 via 192.0.2.254 dev eth0 metric 5 tos 16
route 2001:db8:1::/48 type 1 table 254 protocol 18 dev eth0
`;

test("a journal is a list of addresses and routes", () => {
  assert.equal(formatJournal(ENTRIES), TEXT);
  assert.equal(formatJournal(parseJournal(TEXT)), TEXT);
});

test("lines that make no sense are passed over", () => {
  const text = `nonsense\naddress 192.0.2.300/24 dev eth0\naddress 192.0.2.7/24\n${TEXT}address 192.0.2.8/24 dev eth0 peer`;
  assert.equal(formatJournal(parseJournal(text)), TEXT);
  const words = fc.constantFrom(
    "address",
    "route",
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
  assert.deepEqual(await readJournal(path), { addresses: [], routes: [] });
  await writeFile(path, "old");
  await writeJournal(path, ENTRIES);
  assert.equal(formatJournal(await readJournal(path)), TEXT);
  assert.deepEqual(await readdir(folder), ["vrrp.journal"]);
  await removeJournal(path);
  await removeJournal(path);
  assert.deepEqual(await readdir(folder), []);
});

test("withdrawing removes routes, then addresses; what is gone is fine, refusals are told", async () => {
  const kernel = new FakeKernel(new Links(), new VirtualLoop());
  kernel.refusals.set("remove route 10.0.0.0/8", "EPERM");
  const entries = {
    ...ENTRIES,
    addresses: [...ENTRIES.addresses, address("192.0.2.9", { device: "gone0" })],
  };
  const refused = await withdraw(kernel, entries, (device) => (device === "eth0" ? 3 : 0));
  assert.deepEqual(kernel.log, [
    "remove route 10.0.0.0/8",
    "remove route 2001:db8:1::/48",
    "remove 192.0.2.1/24 on 3",
    "remove 2001:db8::1/64 on 3",
    "remove 192.0.2.5/32 on 3",
  ]);
  assert.deepEqual(refused, [
    { call: "RTM_DELROUTE", code: "EPERM", subject: "route 10.0.0.0/8 via 192.0.2.254 dev eth0" },
  ]);
});
