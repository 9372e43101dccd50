/** Requests about interfaces of our own, read back by the decoder that reads the kernel's. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMac } from "../../../src/net/mac-address.js";
import type { LinkMessage } from "../../../src/netlink/link.js";
import { decodeMessage } from "../../../src/netlink/message.js";
import { encodeDeleteGroup, encodeNewLink, encodeRenameLink } from "../../../src/netlink/own-link.js";

function read(bytes: Uint8Array): { removed: boolean; link: LinkMessage } {
  const decoded = decodeMessage(bytes, 0, bytes.length);
  assert.ok(decoded.ok && decoded.value.kind === "link");
  return decoded.value;
}

const common = { name: "vrrp.51", base: 3, group: 7, master: 9 };

test("a macvlan: base, name, group, VRF, hardware address, private mode", () => {
  const mac = parseMac("00:00:5e:00:01:33");
  const { link } = read(encodeNewLink({ ...common, kind: { macvlan: mac } }));
  const { name, parent, group, master, kind, macvlanMode } = link;
  assert.deepEqual([name, parent, group, master, kind, macvlanMode], ["vrrp.51", 3, 7, 9, "macvlan", 1]);
  assert.deepEqual(link.mac, mac);
});

test("an ipvlan: no hardware address of its own; IPVLAN_MODE_L2 and IPVLAN_F_VEPA as 16 bits each", () => {
  const bytes = encodeNewLink({ ...common, master: 0, kind: { ipvlan: 2 } });
  const { link } = read(bytes);
  assert.deepEqual([link.kind, link.master, link.mac], ["ipvlan", 0, undefined]);
  // The last two attributes: length 6, type, value, padding (host order, little endian).
  assert.equal(Buffer.from(bytes.subarray(-16)).toString("hex"), "06000100000000000600020002000000");
});

test("a new name, and the removal of a group", () => {
  assert.deepEqual(
    [read(encodeRenameLink(5, "vip0")).link.index, read(encodeRenameLink(5, "vip0")).link.name],
    [5, "vip0"],
  );
  const { removed, link } = read(encodeDeleteGroup(0x7fff0000));
  assert.deepEqual([removed, link.index, link.name, link.group], [true, 0, undefined, 0x7fff0000]);
});
