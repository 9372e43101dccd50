/**
 * The rtnetlink codecs: bytes captured from iproute2 and from Linux (netlink-messages.ts), the npm package `netlink`
 * as an independent reader of what we write, and noise.
 */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import fc from "fast-check";
import { formatAddress, parseAddress } from "../../../src/net/ip-address.js";
import { encodeDeleteAddress, encodeDumpAddresses, encodeNewAddress } from "../../../src/netlink/address.js";
import { AttributeTable, MessageWriter, setSequence } from "../../../src/netlink/attributes.js";
import { encodeDeleteLink, encodeDumpLinks, encodeSetLink } from "../../../src/netlink/link.js";
import { decodeMessage, type Message, nextMessage } from "../../../src/netlink/message.js";
import { encodeDeleteRoute, encodeDumpRoutes, encodeNewRoute } from "../../../src/netlink/route.js";
import { encodeDumpRules } from "../../../src/netlink/rule.js";
import { routeRequests, ruleRequests } from "./iproute-requests.js";
import { fromHex, netlinkMessages, toHex } from "./vectors.js";

const ip = (text: string): Uint8Array => parseAddress(text) as Uint8Array;
const sent = (name: string): Uint8Array => fromHex(netlinkMessages.sent[name] as string);
const received = (name: string): Uint8Array => fromHex(netlinkMessages.received[name] as string);

function decodeAll(bytes: Uint8Array): Message[] {
  const messages: Message[] = [];
  for (let at = 0; at < bytes.length; at = nextMessage(bytes, at, bytes.length)) {
    const decoded = decodeMessage(bytes, at, bytes.length);
    assert.ok(decoded.ok, decoded.ok ? "" : decoded.detail);
    messages.push(decoded.value);
  }
  return messages;
}

/** Flags and sequence number as in the capture: those are the sender's. */
function likeCapture(message: Uint8Array, capture: Uint8Array): string {
  const copy = message.slice();
  copy.set(capture.subarray(6, 16), 6);
  return toHex(copy);
}

test("our requests are, byte for byte, those of ip(8) where nothing else is asked for", () => {
  const old = { index: 3, address: ip("192.0.2.100"), prefixLength: 24 };
  assert.equal(likeCapture(encodeDeleteAddress(old), sent("remove address")), toHex(sent("remove address")));
  const capture = sent("default route in a table");
  const route = {
    type: 1,
    protocol: 18,
    table: 1000,
    tos: 0,
    destination: ip("0.0.0.0"),
    prefixLength: 0,
    device: 3,
  };
  assert.equal(likeCapture(encodeNewRoute({ ...route, onlink: false }), capture), toHex(capture));
  const peer = {
    index: 3,
    address: ip("192.0.2.1"),
    peer: ip("192.0.2.2"),
    prefixLength: 32,
    scope: 0,
    flags: 0,
  };
  const withPeer = encodeNewAddress({ ...peer, preferredSeconds: 0xffffffff });
  assert.equal(likeCapture(withPeer, sent("address with peer")), toHex(sent("address with peer")));
});

test("what ip(8) sends is read", () => {
  const [label] = decodeAll(sent("address with label"));
  assert.ok(label?.kind === "address" && !label.removed);
  const { local, ...rest } = label.address;
  assert.equal(formatAddress(local), "192.0.2.100");
  assert.deepEqual(rest, { family: 2, prefixLength: 24, scope: 253, index: 3, flags: 0, label: "d0:1" });
  const [peer] = decodeAll(sent("address with peer"));
  assert.ok(peer?.kind === "address" && peer.address.peer !== undefined);
  assert.equal(formatAddress(peer.address.peer), "192.0.2.2");
  const [via] = decodeAll(sent("route via inet6"));
  assert.ok(via?.kind === "route" && via.route.gateway !== undefined);
  assert.equal(formatAddress(via.route.gateway), "fe80::1");
});

test("dumps of the kernel are read", () => {
  const [link] = decodeAll(received("links"));
  assert.ok(link?.kind === "link" && link.link.mac !== undefined);
  assert.equal(toHex(link.link.mac), "02000000b101");
  assert.deepEqual([link.link.index, link.link.name, link.link.mtu, link.link.master], [3, "d0", 1500, 0]);
  assert.equal(link.link.flags & 0x41, 0x41);
  const addresses = decodeAll(received("addresses")).map((message) => {
    return message.kind === "address"
      ? `${formatAddress(message.address.local)}/${message.address.prefixLength}`
      : "";
  });
  assert.ok(addresses.includes("192.0.2.100/24") && addresses.includes("2001:db8::100/64"));
  const deprecated = decodeAll(received("addresses")).find((message) => {
    return message.kind === "address" && formatAddress(message.address.local) === "2001:db8::100";
  });
  assert.ok(deprecated?.kind === "address");
  assert.equal(deprecated.address.flags, 0xa2);
  const routes = [...decodeAll(received("routes")), ...decodeAll(received("routes6"))].map((message) => {
    if (message.kind !== "route") return "";
    const { destination, prefixLength, table, metric, gateway } = message.route;
    return `${formatAddress(destination)}/${prefixLength} ${table} ${metric} ${gateway ? formatAddress(gateway) : "-"}`;
  });
  assert.deepEqual(routes, [
    "0.0.0.0/0 1000 0 -",
    "198.51.100.0/24 254 5 192.0.2.2",
    "203.0.113.0/24 254 0 fe80::1",
    "2001:db8:1::/48 254 1024 fe80::1",
  ]);
});

test("a refusal brings the kernel's words", () => {
  const [refusal] = decodeAll(received("setmtu"));
  assert.ok(refusal?.kind === "answer");
  assert.deepEqual(refusal.outcome, { errno: 22, text: "mtu greater than device maximum" });
  const [good] = decodeAll(received("noop"));
  assert.ok(good?.kind === "answer");
  assert.deepEqual(good.outcome, { errno: 0 });
});

test("the offset of an offending attribute is read behind a repeated request", () => {
  const request = encodeDeleteLink(3);
  const answer = new MessageWriter()
    .begin(2, 0x200)
    .u32(-22 >>> 0)
    .raw(request)
    .attributeU32(2, 36)
    .finish();
  const [message] = decodeAll(answer);
  assert.ok(message?.kind === "answer");
  assert.deepEqual(message.outcome, { errno: 22, attributeOffset: 36 });
});

// The reader of another author. Its structs are plain JavaScript: no native part is loaded.
interface OuterReader {
  parseMessage(bytes: Buffer): { x: { type: number; flags: number; seq: number; data: Buffer } };
}
interface Reader {
  parseAddressMessage(bytes: Buffer): { data: Record<string, unknown>; attrs: Record<string, unknown> };
  parseRouteMessage(bytes: Buffer): { data: Record<string, unknown>; attrs: Record<string, unknown> };
}
const require = createRequire(import.meta.url);
const reader = require("netlink/dist/rt/structs.js") as Reader;
const outerReader = require("netlink/dist/structs.js") as OuterReader;

test("another reader reads our addresses", () => {
  const message = encodeNewAddress({
    index: 3,
    address: ip("192.0.2.100"),
    prefixLength: 24,
    scope: 253,
    flags: 0x202,
    label: "d0:1",
    broadcast: ip("192.0.2.255"),
    preferredSeconds: 30,
    protocol: 18,
  });
  setSequence(message, 0, 77);
  const { x: outer } = outerReader.parseMessage(Buffer.from(message));
  assert.deepEqual([outer.type, outer.flags, outer.seq], [20, 0x601, 77]);
  const { data, attrs } = reader.parseAddressMessage(Buffer.from(outer.data));
  assert.deepEqual([data["family"], data["prefixlen"], data["index"]], [2, 24, 3]);
  assert.equal(toHex(attrs["local"] as Uint8Array), "c0000264");
  assert.equal(toHex(attrs["broadcast"] as Uint8Array), "c00002ff");
  assert.equal(attrs["label"], "d0:1");
  const cache = attrs["cacheInfo"] as { ifaPrefered: number; ifaValid: number };
  assert.deepEqual([cache.ifaPrefered, cache.ifaValid], [30, 0xffffffff]);
});

test("another reader reads our routes", () => {
  const route = {
    type: 1,
    protocol: 18,
    table: 254,
    tos: 0,
    destination: ip("198.51.100.0"),
    prefixLength: 24,
    gateway: ip("192.0.2.2"),
    device: 3,
    source: ip("192.0.2.1"),
    metric: 5,
    onlink: true,
    metrics: { numbers: [[2, 1400] as const] },
  };
  const ours = reader.parseRouteMessage(Buffer.from(encodeNewRoute(route).subarray(16)));
  const theirs = reader.parseRouteMessage(Buffer.from(sent("route").subarray(16)));
  // The table stands in an attribute as well.
  assert.deepEqual({ ...ours.attrs, table: undefined }, { ...theirs.attrs, table: undefined });
  assert.deepEqual(ours.data, theirs.data);
  const removal = reader.parseRouteMessage(
    Buffer.from(encodeDeleteRoute({ ...route, onlink: false }).subarray(16)),
  );
  const captured = reader.parseRouteMessage(Buffer.from(sent("remove route").subarray(16)));
  assert.deepEqual({ ...removal.attrs, table: undefined }, { ...captured.attrs, table: undefined });
  // ip(8) leaves the type open when it removes; we say it.
  assert.deepEqual({ ...removal.data, type: undefined }, { ...captured.data, type: undefined });
});

test("a route through a gateway of the other family is written as ip(8) does", () => {
  const route = {
    type: 1,
    protocol: 18,
    table: 254,
    tos: 0,
    destination: ip("203.0.113.0"),
    prefixLength: 24,
  };
  const [ours] = decodeAll(encodeNewRoute({ ...route, gateway: ip("fe80::1"), device: 3, onlink: false }));
  const [theirs] = decodeAll(sent("route via inet6"));
  assert.ok(ours?.kind === "route" && theirs?.kind === "route");
  assert.deepEqual(ours.route, theirs.route);
});

test("long values are padded to four bytes and read back", () => {
  const attributes = new AttributeTable(3);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.uint8Array({ maxLength: 5 }), (first, second) => {
      const message = new MessageWriter().begin(1, 0).attribute(1, first).attribute(3, second).finish();
      assert.equal(message.length % 4, 0);
      assert.equal(attributes.read(message, 16, message.length), undefined);
      assert.deepEqual(
        [attributes.bytes(1), attributes.bytes(2), attributes.bytes(3)],
        [first, undefined, second],
      );
    }),
  );
});

/** Decodes as the monitor does; must end and must not throw. */
function survive(bytes: Uint8Array): void {
  for (let at = 0, last = -1; at < bytes.length; at = nextMessage(bytes, at, bytes.length)) {
    assert.ok(at > last);
    last = at;
    decodeMessage(bytes, at, bytes.length);
  }
}

test("no bytes make a decoder throw or loop", () => {
  const types = [2, 3, 16, 17, 20, 21, 24, 25, 32, 33, 99];
  const known = [...Object.values(netlinkMessages.sent), ...Object.values(netlinkMessages.received)].map(
    fromHex,
  );
  known.push(
    ...[...routeRequests, ...ruleRequests].map(({ hex }) => fromHex(hex)),
    encodeDumpRules(2),
    encodeDumpLinks(),
    encodeDumpAddresses(),
    encodeDumpRoutes(2, 18),
    encodeSetLink({ index: 1, mtu: 9000 }),
  );
  const edits = fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 8 });
  fc.assert(
    fc.property(fc.constantFrom(...known), fc.nat(2000), edits, (message, cut, changes) => {
      const bytes = message.slice(0, 1 + (cut % message.length));
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      survive(bytes);
      // The same bytes with a header that fits: the body's decoder sees them.
      if (bytes.length >= 16) new DataView(bytes.buffer).setUint32(0, bytes.length, true);
      survive(bytes);
    }),
    { numRuns: 20_000 },
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...types),
      fc.nat(0xffff),
      fc.uint8Array({ maxLength: 200 }),
      (type, flags, body) => {
        const bytes = new Uint8Array(16 + body.length);
        const view = new DataView(bytes.buffer);
        view.setUint32(0, bytes.length, true);
        view.setUint16(4, type, true);
        view.setUint16(6, flags, true);
        bytes.set(body, 16);
        survive(bytes);
      },
    ),
    { numRuns: 20_000 },
  );
});

test("a message that claims more than was received is refused", () => {
  const bytes = sent("route");
  assert.deepEqual(decodeMessage(bytes, 0, bytes.length - 1).ok, false);
  assert.deepEqual(decodeMessage(bytes, 0, 10).ok, false);
  assert.deepEqual(decodeMessage(bytes, 0, bytes.length + 4).ok, false);
});
