/**
 * Every option of routes and rules, from the word in the configuration to the bytes on the netlink socket, against
 * what ip(8) sends for the same words.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { VrrpConfig } from "../../../src/config/model.js";
import { encodeAdd, encodeRemove, linksOf, objectOf } from "../../../src/net/kernel-object.js";
import type { Setting } from "../../../src/net/settings.js";
import { decodeMessage } from "../../../src/netlink/message.js";
import { read } from "../config/fake-files.js";
import { type CapturedRequest, routeRequests, ruleRequests } from "./iproute-requests.js";
import { fromHex, toHex } from "./vectors.js";

/** Attributes that hold attributes: RTA_METRICS and RTA_ENCAP. */
const NESTED = new Set([8, 22]);
const RTA_MULTIPATH = 9;
const TABLE = 15;
const IFNAMES = new Set([3, 17]);

type Tree = Record<string, unknown>;

function attributes(bytes: Uint8Array, kind: "route" | "rule" | "inner"): Tree {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const tree: Tree = {};
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = view.getUint16(at, true);
    const type = view.getUint16(at + 2, true) & 0x3fff;
    const value = bytes.subarray(at + 4, at + length);
    if (kind === "route" && NESTED.has(type)) tree[type] = attributes(value, "inner");
    else if (kind === "route" && type === RTA_MULTIPATH) tree[type] = hops(value);
    else tree[type] = toHex(value);
    at += (length + 3) & ~3;
  }
  return tree;
}

function hops(bytes: Uint8Array): unknown[] {
  const list: unknown[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint16(at, true);
    const hop = bytes.subarray(at, at + length);
    list.push({ fixed: toHex(hop.subarray(2, 8)), attributes: attributes(hop.subarray(8), "route") });
    at += (length + 3) & ~3;
  }
  return list;
}

/** Apart from the order of the attributes, and from the table standing twice. */
function meaning(message: Uint8Array, kind: "route" | "rule"): Tree {
  const tree = attributes(message.subarray(28), kind);
  const fixed = message.slice(16, 28);
  tree[TABLE] ??= toHex(Uint8Array.of(fixed[4] ?? 0, 0, 0, 0));
  fixed[4] = 0;
  // A default route's destination of no bits may be left out.
  if (kind === "route" && fixed[1] === 0) delete tree[1];
  for (const type of IFNAMES)
    if (kind === "rule" && typeof tree[type] === "string") tree[type] = tree[type].replace(/0+$/, "");
  const flags = new DataView(message.buffer, message.byteOffset).getUint16(6, true) & ~4;
  return { type: message[4], flags, fixed: toHex(fixed), ...tree };
}

function settings(list: "routes" | "rules", entry: string): readonly Setting[] {
  const text = `static_${list} {\n${entry} no_track\n}\n`.replace(/(nexthop .*) no_track/, "$1");
  const { vrrp }: { vrrp: VrrpConfig } = read(text).config;
  return list === "routes" ? vrrp.staticRoutes : vrrp.staticRules;
}

function ours({ entry }: CapturedRequest, list: "routes" | "rules"): { add: Uint8Array; remove: Uint8Array } {
  const [setting] = settings(list, entry);
  assert.ok(setting !== undefined, `${entry}: not accepted`);
  const object = objectOf(setting);
  const numbers = linksOf(object).map(() => 3);
  return {
    add: encodeAdd(object, numbers, { addressProtocol: false }),
    remove: encodeRemove(object, numbers),
  };
}

for (const [list, captured] of [
  ["routes", routeRequests],
  ["rules", ruleRequests],
] as const) {
  const kind = list === "routes" ? "route" : "rule";
  test(`${list}: each option asks the kernel for what ip(8) asks for`, () => {
    for (const request of captured) {
      assert.deepEqual(
        meaning(ours(request, list).add, kind),
        meaning(fromHex(request.hex), kind),
        request.entry,
      );
    }
  });

  test(`${list}: what is removed is what was added`, () => {
    for (const request of captured) {
      const { add, remove } = ours(request, list);
      const [added, removed] = [add, remove].map((bytes) => decodeMessage(bytes, 0, bytes.length));
      assert.ok(added?.ok && removed?.ok);
      const { header: _1, removed: _2, ...what } = { removed: false, ...added.value };
      const { header: _3, removed: gone, ...which } = { removed: false, ...removed.value };
      assert.deepEqual([gone, which], [true, what], request.entry);
    }
  });
}
