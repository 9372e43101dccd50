/** The packets of an instance, and the channel they leave by. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { channelKey, channelName } from "../../../src/vrrp/channel-key.js";
import { addressee } from "../../../src/vrrp/addressee.js";
import { VrrpInstance } from "../../../src/vrrp/instance.js";
import { addressBytes, outgoing } from "../../../src/vrrp/outgoing.js";
import { settings } from "./settings.js";

const source = addressBytes("192.0.2.1");
const link = { name: "eth0", index: 7 };

test("multicast: one packet to the group, TTL 255", () => {
  const { packets, destinations } = outgoing(settings(), source, 100);
  assert.deepEqual(destinations, [addressBytes("224.0.0.18")]);
  assert.equal(packets.length, 1);
  assert.equal(packets[0]?.[8], 255);
  assert.deepEqual(packets[0]?.subarray(16, 20), addressBytes("224.0.0.18"));
});

test("unicast over IPv4: one packet per peer, each with its destination in the header and unicast_ttl", () => {
  const unicast = settings({
    unicastPeers: [{ address: "192.0.2.2" }, { address: "192.0.2.3" }],
    unicastTtl: 64,
  });
  const { packets, destinations } = outgoing(unicast, source, 100);
  assert.deepEqual(
    packets.map((packet) => packet.subarray(16, 20)),
    destinations,
  );
  assert.deepEqual(
    packets.map((packet) => packet[8]),
    [64, 64],
  );
});

test("unicast_ttl without a peer is ignored: the advert has to arrive", () => {
  assert.equal(outgoing(settings({ unicastTtl: 0 }), source, 100).packets[0]?.[8], 255);
});

test("IPv6: one message for all destinations", () => {
  const unicast = settings({ family: 6, unicastPeers: [{ address: "fe80::2" }, { address: "fe80::3" }] });
  const { packets, destinations } = outgoing(unicast, addressBytes("fe80::1"), 100);
  assert.equal(packets.length, 1);
  assert.equal(packets[0]?.[0], 0x31);
  assert.equal(destinations.length, 2);
});

test("unicast_ttl is the hop limit over IPv6", () => {
  const unicast = settings({ family: 6, unicastPeers: [{ address: "fe80::2" }], unicastTtl: 64 });
  assert.equal(outgoing(unicast, addressBytes("fe80::1"), 100).hopLimit, 64);
  assert.equal(
    outgoing(settings({ family: 6, unicastTtl: 64 }), addressBytes("fe80::1"), 100).hopLimit,
    undefined,
  );
});

test("an old peer gets checksums as it makes them", () => {
  const unicast = settings({ version: 3, unicastPeers: [{ address: "192.0.2.2" }] });
  const checksum = (form?: "groupPseudoHeader"): Uint8Array | undefined =>
    outgoing(unicast, source, 100, form).packets[0]?.subarray(26, 28);
  assert.notDeepEqual(checksum(), checksum("groupPseudoHeader"));
});

test("a packet is for the instance whose master or peer sent it", () => {
  const one = new VrrpInstance(settings({ unicastPeers: [{ address: "192.0.2.2" }] }), 1);
  const two = new VrrpInstance(settings({ unicastPeers: [{ address: "192.0.2.3" }] }), 2);
  const from = (address: string): number | undefined => {
    const bytes = new Uint8Array(40);
    bytes.set(addressBytes(address), 12);
    const none = new Uint8Array(0);
    return addressee([one, two], { bytes, source: none, destination: none, hopLimit: -1 }, 4)?.id;
  };
  assert.deepEqual([from("192.0.2.2"), from("192.0.2.3"), from("192.0.2.9")], [1, 2, 1]);
});

test("instances of one interface and group share a channel, other interfaces and groups do not", () => {
  const name = (changes: Parameters<typeof settings>[0], on = link): string => {
    const key = channelKey(settings(changes), on, source);
    assert.ok(key);
    return channelName(key);
  };
  assert.equal(name({}), name({ virtualRouterId: 52 }));
  assert.notEqual(name({}), name({}, { name: "eth1", index: 8 }));
  assert.notEqual(name({}), name({ multicastGroup: "224.100.100.100" }));
  assert.notEqual(name({}), name({ unicastPeers: [{ address: "192.0.2.2" }] }));
});

test("no channel without the interface, nor for unicast without an address", () => {
  assert.equal(channelKey(settings(), undefined, source), undefined);
  const unicast = settings({ unicastPeers: [{ address: "192.0.2.2" }] });
  assert.equal(channelKey(unicast, link, new Uint8Array(0)), undefined);
});
