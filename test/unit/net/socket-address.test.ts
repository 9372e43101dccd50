/** Socket addresses against the layouts of the kernel headers, on a little-endian machine. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAddress } from "../../../src/net/ip-address.js";
import {
  addressOfSockaddr,
  netlinkPortId,
  sockaddrLl,
  sockaddrNl,
  sockaddrOf,
} from "../../../src/net/socket-address.js";
import { toHex } from "./vectors.js";

const ip = (text: string): Uint8Array => parseAddress(text) as Uint8Array;

test("addresses have the bytes that the kernel expects", () => {
  assert.equal(toHex(sockaddrOf(ip("224.0.0.18"), 0x1234)), "02001234e00000120000000000000000");
  assert.equal(
    toHex(sockaddrOf(ip("fe80::1"), 0, 3)),
    "0a00000000000000fe80000000000000000000000000000103000000",
  );
  assert.equal(
    toHex(sockaddrLl(3, 0x0806, Uint8Array.of(1, 2, 3, 4, 5, 6))),
    "110008060300000000000006" + "0102030405060000",
  );
  assert.equal(toHex(sockaddrNl(1, 2)), "100000000100000002000000");
});

test("they are read back, and other bytes are not taken for one", () => {
  assert.equal(netlinkPortId(sockaddrNl(4711)), 4711);
  assert.equal(netlinkPortId(sockaddrLl(1, 1)), undefined);
  assert.equal(netlinkPortId(new Uint8Array(3)), undefined);
  for (const text of ["192.0.2.1", "fe80::1"]) {
    const slab = new Uint8Array(64);
    const sockaddr = sockaddrOf(ip(text));
    slab.set(sockaddr, 8);
    assert.deepEqual(addressOfSockaddr(slab, 8, sockaddr.length), ip(text));
    assert.equal(addressOfSockaddr(slab, 8, 12), undefined);
    assert.equal(addressOfSockaddr(slab, 60, 28), undefined);
  }
  assert.equal(addressOfSockaddr(sockaddrLl(1, 1)), undefined);
});
