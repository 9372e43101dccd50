/** The sending of gratuitous ARP and NA (reference 11.2, 11.4), on a socket that only remembers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Announcer, type AnnouncerOptions } from "../../../src/net/announcer.js";
import { formatAddress } from "../../../src/net/ip-address.js";
import type { Link } from "../../../src/net/links.js";
import { addonWith, FakeSocket } from "./fake-socket.js";
import { linkOfTest } from "./link-of-test.js";
import { second, VirtualLoop } from "./virtual-loop.js";

const LINK = linkOfTest({ mac: Uint8Array.of(2, 0, 0, 0, 0xb1, 1) });

const NO_LIMITS = { garpIntervalMicros: 0, gnaIntervalMicros: 0, groups: [] };

function setUp(options: Partial<AnnouncerOptions> = {}) {
  const socket = new FakeSocket();
  const loop = new VirtualLoop();
  const failures: string[] = [];
  const announcer = new Announcer(addonWith(socket), loop, {
    limits: NO_LIMITS,
    failed: (owner, { code, subject }) => failures.push(`${owner} ${code} ${subject}`),
    ...options,
  });
  const sent = (): string[] => {
    return socket.calls
      .flat()
      .map(({ data }) => formatAddress(data, data.length === 42 ? 28 : 22, data.length === 42 ? 4 : 16));
  };
  return { socket, loop, announcer, failures, sent };
}

test("rounds go over all addresses in order, not address by address", () => {
  const { loop, announcer, sent } = setUp();
  announcer.announce("VI_1", LINK, ["192.0.2.1", "2001:db8::1", "192.0.2.2"], 2);
  loop.settle();
  assert.deepEqual(sent(), [
    "192.0.2.1",
    "2001:db8::1",
    "192.0.2.2",
    "192.0.2.1",
    "2001:db8::1",
    "192.0.2.2",
  ]);
});

test("a frame goes to its interface with its type", () => {
  const { socket, loop, announcer } = setUp();
  announcer.announce("VI_1", LINK, ["192.0.2.1", "2001:db8::1"], 1);
  loop.settle();
  const [arp, na] = socket.calls.flat();
  // sockaddr_ll: family 17, ethertype in network order, interface index.
  assert.deepEqual([...(arp?.address.subarray(0, 8) ?? [])], [17, 0, 0x08, 0x06, 3, 0, 0, 0]);
  assert.deepEqual([...(na?.address.subarray(0, 8) ?? [])], [17, 0, 0x86, 0xdd, 3, 0, 0, 0]);
});

test("a thousand addresses go out in batches of 256, a turn of the loop between", () => {
  const { socket, loop, announcer } = setUp();
  announcer.announce(
    "VI_1",
    LINK,
    Array.from({ length: 1000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`),
    1,
  );
  const sizes: number[] = [];
  while (loop.turn()) sizes.push(socket.calls.length);
  assert.deepEqual(sizes, [1, 2, 3, 4]);
  assert.deepEqual(
    socket.calls.map((call) => call.length),
    [256, 256, 256, 232],
  );
});

test("a full send buffer delays, and loses nothing", () => {
  const { socket, loop, announcer, sent } = setUp();
  socket.refusals.push("EAGAIN");
  socket.room = 2;
  announcer.announce("VI_1", LINK, ["192.0.2.1", "192.0.2.2", "192.0.2.3"], 1);
  loop.settle();
  assert.deepEqual(sent(), []);
  loop.advance(0.002 * second);
  assert.deepEqual(sent(), ["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
});

test("what is cancelled is not sent, and nobody else's is", () => {
  const { loop, announcer, sent } = setUp();
  announcer.announce("VI_1", LINK, ["192.0.2.1"], 5);
  announcer.announce("VI_2", LINK, ["192.0.2.2"], 1);
  announcer.cancel("VI_1");
  loop.settle();
  assert.deepEqual(sent(), ["192.0.2.2"]);
});

test("a refusal ends this announcement with one word, not the others", () => {
  const { socket, loop, announcer, failures, sent } = setUp();
  socket.refusals.push("ENETDOWN");
  announcer.announce("VI_1", LINK, ["192.0.2.1", "192.0.2.2"], 2);
  announcer.announce("VI_2", LINK, ["192.0.2.9"], 1);
  loop.settle();
  assert.deepEqual(failures, ["VI_1 ENETDOWN announcing 192.0.2.1"]);
  assert.deepEqual(sent(), ["192.0.2.9"]);
});

test("links without ARP or with other hardware addresses are left alone", () => {
  const { loop, announcer, sent } = setUp();
  announcer.announce("VI_1", { ...LINK, flags: 0xc1 }, ["192.0.2.1"], 1);
  announcer.announce("VI_1", { ...LINK, mac: new Uint8Array(20) }, ["192.0.2.1"], 1);
  loop.settle();
  assert.deepEqual(sent(), []);
});

test("prepared frames are not sent before they are announced, and not where there is no ARP", () => {
  const { loop, announcer, sent } = setUp();
  announcer.prepare("VI_1", LINK, ["192.0.2.1", "2001:db8::1"]);
  // Longer than any frame has room for.
  announcer.prepare("VI_1", { ...LINK, mac: new Uint8Array(32) }, ["192.0.2.1"]);
  loop.settle();
  assert.deepEqual(sent(), []);
  announcer.announce("VI_1", LINK, ["192.0.2.1", "2001:db8::1"], 1);
  loop.settle();
  assert.deepEqual(sent(), ["192.0.2.1", "2001:db8::1"]);
});

test("a new MAC makes new frames", () => {
  const { socket, loop, announcer } = setUp();
  announcer.announce("VI_1", LINK, ["192.0.2.1"], 1);
  announcer.announce("VI_1", { ...LINK, mac: Uint8Array.of(2, 0, 0, 0, 0, 9) }, ["192.0.2.1"], 1);
  loop.settle();
  assert.deepEqual(
    socket.calls.flat().map(({ data }) => data[11]),
    [1, 9],
  );
});

test("with intervals ARP and NA have a clock each, and leaving MASTER stops both", () => {
  const { loop, announcer, sent } = setUp({
    limits: { garpIntervalMicros: 0.2 * second, gnaIntervalMicros: 0.1 * second, groups: [] },
  });
  announcer.announce("VI_1", LINK, ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"], 2);
  loop.settle();
  assert.deepEqual(sent(), ["192.0.2.1", "2001:db8::1"]);
  loop.advance(0.15 * second);
  assert.deepEqual(sent().slice(2), ["2001:db8::2"]);
  loop.advance(0.1 * second);
  assert.deepEqual(sent().slice(3), ["192.0.2.2", "2001:db8::1"]);
  announcer.cancel("VI_1");
  loop.advance(5 * second);
  assert.equal(sent().length, 5);
});

test("reference 11.4: the interfaces of a garp_group share a clock, others keep their own", () => {
  const shared = { interfaces: ["eth0", "eth1"], garpIntervalMicros: 0.5 * second };
  const { loop, announcer, sent } = setUp({
    limits: { garpIntervalMicros: 0.1 * second, gnaIntervalMicros: 0, groups: [shared] },
  });
  const link = (name: string, index: number): Link => ({ ...LINK, name, index });
  announcer.announce("VI_1", link("eth0", 1), ["192.0.2.1"], 1);
  announcer.announce("VI_2", link("eth1", 2), ["192.0.2.2", "2001:db8::2"], 1);
  announcer.announce("VI_3", link("eth2", 3), ["192.0.2.3", "192.0.2.4"], 1);
  loop.settle();
  assert.deepEqual(sent(), ["192.0.2.1", "2001:db8::2", "192.0.2.3"], "no limit for IPv6 anywhere");
  loop.advance(0.11 * second);
  assert.deepEqual(sent().slice(3), ["192.0.2.4"]);
  loop.advance(0.3 * second);
  assert.equal(sent().length, 4);
  loop.advance(0.1 * second);
  assert.deepEqual(sent().slice(4), ["192.0.2.2"]);
});

test("a garp_group may lift the limit for its interfaces", () => {
  const free = { interfaces: ["eth0"], garpIntervalMicros: 0 };
  const { loop, announcer, sent } = setUp({
    limits: { garpIntervalMicros: second, gnaIntervalMicros: 0, groups: [free] },
  });
  announcer.announce("VI_1", LINK, ["192.0.2.1", "192.0.2.2"], 2);
  loop.settle();
  assert.equal(sent().length, 4);
});

test("a router says so in its advertisements", () => {
  const { socket, loop, announcer } = setUp({ isRouter: (link) => link.name === "eth0" });
  announcer.announce("VI_1", LINK, ["2001:db8::1"], 1);
  loop.settle();
  assert.equal(socket.calls[0]?.[0]?.data[58], 0xa0);
});

test("other limits hold for what waits, too, and nothing of it is lost", () => {
  const slow = { garpIntervalMicros: 10 * second, gnaIntervalMicros: 10 * second, groups: [] };
  const { loop, announcer, sent } = setUp({ limits: slow });
  announcer.announce("VI_1", LINK, ["192.0.2.1", "192.0.2.2", "192.0.2.3"], 1);
  loop.settle();
  assert.deepEqual(sent(), ["192.0.2.1"]);
  announcer.setLimits({ ...slow, garpIntervalMicros: second });
  loop.settle();
  assert.deepEqual(sent(), ["192.0.2.1", "192.0.2.2"]);
  loop.advance(second);
  assert.deepEqual(sent(), ["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
  announcer.announce("VI_1", LINK, ["192.0.2.4", "192.0.2.5"], 1);
  announcer.setLimits(NO_LIMITS);
  loop.settle();
  assert.deepEqual(sent().slice(3), ["192.0.2.4", "192.0.2.5"]);
});

test("of an owner that is gone for good nothing is sent any more", () => {
  const { loop, announcer, sent } = setUp();
  announcer.announce("VI_1", LINK, ["192.0.2.1"], 1);
  announcer.announce("VI_2", LINK, ["192.0.2.2"], 1);
  announcer.forget("VI_1");
  loop.settle();
  assert.deepEqual(sent(), ["192.0.2.2"]);
});

test("of an owner that is gone for good nothing stays in memory, of others their frames do", async () => {
  const { announcer } = setUp();
  /** @returns the hardware address of a link of its own, which nobody holds but what is built for it. */
  const prepare = (owner: string): WeakRef<Uint8Array> => {
    const mac = Uint8Array.of(2, 0, 0, 0, 0, 9);
    announcer.prepare(owner, { ...LINK, mac }, ["192.0.2.1", "2001:db8::1"]);
    return new WeakRef(mac);
  };
  const [gone, stays] = [prepare("VI_1"), prepare("VI_2")];
  announcer.forget("VI_1");
  // What a WeakRef was made for in this turn is kept until its end.
  await setImmediate();
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  assert.deepEqual([gone.deref(), stays.deref()?.length], [undefined, 6]);
});
