/** Room for adverts in a socket: kernel_rx_buf_size, vrrp_rx_bufs_policy and its multiplier (reference section 6.5). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { outgoing } from "../../../src/vrrp/outgoing.js";
import { receiveBufferBytes } from "../../../src/vrrp/receive-buffer.js";
import { bytesOf } from "./packets.js";
import { address, settings } from "./settings.js";

const MTU = 9000;

test("nothing is asked for without a policy; kernel_rx_buf_size goes before any", () => {
  const own = settings({ receiveBufferBytes: 4096 });
  assert.equal(receiveBufferBytes(settings(), { policy: "system", packets: 3 }, MTU), 0);
  assert.equal(receiveBufferBytes(own, { policy: "system", packets: 3 }, MTU), 4096);
  assert.equal(receiveBufferBytes(own, { policy: "mtu", packets: 3 }, MTU), 4096);
});

test("a number of bytes is for each instance; MTU and ADVERT count packets", () => {
  const of = (policy: "mtu" | "advert" | "bytes") =>
    receiveBufferBytes(settings(), { policy, packets: 5, ...(policy === "bytes" && { bytes: 700 }) }, MTU);
  assert.equal(of("bytes"), 700);
  assert.equal(of("mtu"), 5 * MTU);
  assert.equal(of("advert"), 5 * 40);
});

test("the size of an advert is that of the packets that the instance itself sends", () => {
  const keys = [{ id: 1, hex: "a".repeat(64) }];
  const hmac = { keys, activeKey: 1, timeWindowSeconds: 5, antiReplay: "time", mode: "enforce" } as const;
  const cases = [
    settings(),
    settings({ version: 3, addresses: ["192.0.2.7", "192.0.2.8"].map(address) }),
    settings({ auth: { type: "pass", password: "abc" } }),
    settings({ auth: { type: "ah", password: "abc" } }),
    settings({ hmac }),
    settings({ family: 6 }),
    settings({ family: 6, hmac, addresses: ["fe80::1", "2001:db8::1"].map(address) }),
  ];
  for (const own of cases) {
    const source = bytesOf(own.family === 4 ? "192.0.2.1" : "fe80::99");
    const [packet] = outgoing(own, source, 100).packets;
    assert.equal(receiveBufferBytes(own, { policy: "advert", packets: 1 }, MTU), packet?.length);
  }
});
