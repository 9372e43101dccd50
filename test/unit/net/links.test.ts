/** The table of links, fed with messages; source addresses (reference 6.3). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAddress } from "../../../src/net/ip-address.js";
import { type Link, Links } from "../../../src/net/links.js";
import { chooseSource, unusableSource } from "../../../src/net/source-address.js";
import { decodeMessage, type Message, nextMessage } from "../../../src/netlink/message.js";
import { fromHex, netlinkMessages } from "./vectors.js";

const header = { length: 16, type: 0, flags: 0, sequence: 5, portId: 99 };
const UP = 0x41;

function link(index: number, name: string, flags = UP, family = 0): Message {
  return {
    header,
    kind: "link",
    removed: false,
    link: { family, type: 1, index, flags, name, master: 0, parent: 0, group: 0 },
  };
}

function address(text: string, flags = 0, removed = false, index = 3): Message {
  const [host = "", length] = text.split("/");
  const local = parseAddress(host) as Uint8Array;
  const family = local.length === 4 ? 2 : 10;
  return {
    header,
    kind: "address",
    removed,
    address: { family, prefixLength: Number(length), scope: 0, index, flags, local },
  };
}

function setUp() {
  const links = new Links();
  const told: string[] = [];
  links.addListener({
    linkChanged: (before, after) =>
      told.push(`link ${before?.name}:${before?.up} -> ${after?.name}:${after?.up}`),
    addressAdded: (on, { address: text }, { portId }) =>
      told.push(`added ${text} on ${on.name} by ${portId}`),
    addressRemoved: (on, { address: text }, { portId }) =>
      told.push(`removed ${text} on ${on.name} by ${portId}`),
    routeRemoved: ({ destination, device }, { portId }) =>
      told.push(`route ${destination} ${device} by ${portId}`),
  });
  const feed = (...messages: Message[]): void => messages.forEach((message) => links.apply(message));
  return { links, told, feed };
}

test("links come, change, are renamed and go", () => {
  const { links, told, feed } = setUp();
  feed(link(3, "eth0"), link(3, "eth0"), link(3, "eth0", 0x1), link(3, "lan"));
  assert.equal(links.byName("eth0"), undefined);
  assert.equal(links.byName("lan")?.up, true);
  feed({
    header,
    kind: "link",
    removed: true,
    link: { family: 0, type: 1, index: 3, flags: 0, master: 0, parent: 0, group: 0 },
  });
  assert.equal(links.byIndex(3), undefined);
  assert.deepEqual(told, [
    "link undefined:undefined -> eth0:true",
    "link eth0:true -> eth0:false",
    "link eth0:false -> lan:true",
    "link lan:true -> undefined:undefined",
  ]);
});

test("a port that leaves its bridge is not a link that goes", () => {
  const { links, feed } = setUp();
  feed(link(3, "eth0"));
  feed({
    header,
    kind: "link",
    removed: true,
    link: { family: 7, type: 1, index: 3, flags: UP, master: 9, parent: 0, group: 0 },
  });
  assert.ok(links.byName("eth0"));
});

test("addresses come and go, with the one who did it; a repeated one is no news", () => {
  const { told, feed } = setUp();
  feed(link(3, "eth0"), address("192.0.2.1/24"), address("192.0.2.1/24"), address("192.0.2.1/24", 0, true));
  feed(address("192.0.2.1/24", 0, true), address("192.0.2.9/24", 0, false, 77));
  assert.deepEqual(told.slice(1), ["added 192.0.2.1 on eth0 by 99", "removed 192.0.2.1 on eth0 by 99"]);
});

test("a real dump fills the table", () => {
  const { links, feed } = setUp();
  for (const name of ["links", "addresses"]) {
    const bytes = fromHex(netlinkMessages.received[name] as string);
    for (let at = 0; at < bytes.length; at = nextMessage(bytes, at, bytes.length)) {
      const decoded = decodeMessage(bytes, at, bytes.length);
      if (decoded.ok) feed(decoded.value);
    }
  }
  const d0 = links.byName("d0") as Link;
  assert.equal(d0.up, true);
  assert.deepEqual(
    [...d0.addresses.keys()].sort(),
    ["192.0.2.1/32 peer 192.0.2.2", "192.0.2.100/24", "2001:db8::100/64", "fe80::ff:fe00:b101/64"].sort(),
  );
});

test("what a refresh does not mention is gone", () => {
  const { links, told, feed } = setUp();
  feed(link(3, "eth0"), link(4, "eth1"), address("192.0.2.1/24"), address("192.0.2.2/24"));
  told.length = 0;
  links.beginRefresh();
  feed(link(3, "eth0"), address("192.0.2.2/24"), address("192.0.2.3/24"));
  links.endRefresh();
  assert.deepEqual(told, [
    "added 192.0.2.3 on eth0 by 99",
    "removed 192.0.2.1 on eth0 by 0",
    "link eth1:true -> undefined:undefined",
  ]);
});

test("routes are reported by their protocol", () => {
  const { links, told, feed } = setUp();
  feed(link(3, "eth0"));
  const destination = parseAddress("10.0.0.0") as Uint8Array;
  const route = {
    family: 2,
    type: 1,
    protocol: 18,
    table: 254,
    tos: 0,
    destination,
    prefixLength: 8,
    device: 3,
    metric: 0,
  };
  feed({ header, kind: "route", removed: true, route });
  feed({ header, kind: "route", removed: true, route: { ...route, protocol: 4 } });
  links.watchProtocol(4);
  feed({ header, kind: "route", removed: true, route: { ...route, protocol: 4 } });
  assert.deepEqual(told.slice(1), ["route 10.0.0.0 eth0 by 99", "route 10.0.0.0 eth0 by 99"]);
});

const SECONDARY = 0x01;
const DAD_FAILED = 0x08;
const TENTATIVE = 0x40;

test("the source is the first primary address that is not virtual", () => {
  const { links, feed } = setUp();
  feed(
    link(3, "eth0"),
    address("192.0.2.50/24"),
    address("192.0.2.51/24", SECONDARY),
    address("198.51.100.1/24"),
  );
  const choose = (...exclude: string[]): string | undefined => {
    return chooseSource(links.byName("eth0") as Link, 4, new Set(exclude))?.address;
  };
  assert.equal(choose(), "192.0.2.50");
  assert.equal(choose("192.0.2.50"), "198.51.100.1");
  assert.equal(choose("192.0.2.50", "198.51.100.1"), "192.0.2.51");
  assert.equal(choose("192.0.2.50", "198.51.100.1", "192.0.2.51"), undefined);
});

test("a promoted secondary stands behind the other primaries", () => {
  const { links, feed } = setUp();
  feed(
    link(3, "eth0"),
    address("192.0.2.2/24", SECONDARY),
    address("198.51.100.1/24"),
    address("192.0.2.2/24"),
  );
  assert.equal(chooseSource(links.byName("eth0") as Link, 4, new Set())?.address, "198.51.100.1");
});

test("the IPv6 source is a link-local address that has passed duplicate detection", () => {
  const { links, feed } = setUp();
  feed(link(3, "eth0"), address("2001:db8::1/64"), address("fe80::51/64"), address("fe80::2/64", TENTATIVE));
  const choose = (): string | undefined => {
    return chooseSource(links.byName("eth0") as Link, 6, new Set(["fe80::51"]))?.address;
  };
  const why = (): string | undefined => unusableSource(links.byName("eth0") as Link);
  assert.equal(choose(), undefined);
  assert.equal(why(), "the kernel still looks whether another host has fe80::2");
  feed(address("fe80::2/64", TENTATIVE | DAD_FAILED));
  assert.equal(choose(), undefined);
  assert.match(why() ?? "", /^fe80::2 is in use on another host/);
  feed(address("fe80::2/64"));
  assert.equal(choose(), "fe80::2");
  assert.equal(why(), undefined);
});
