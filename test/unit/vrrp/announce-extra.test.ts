/** garp_extra_if (reference section 11.5): which addresses are announced on other interfaces, and when. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { AddressSetting, VrrpInstanceConfig } from "../../../src/config/model.js";
import { extraAddresses } from "../../../src/vrrp/announce-extra.js";
import { Segment } from "./segment.js";
import { address, announce, seconds, settings } from "./settings.js";

const on = (device: string, text: string): AddressSetting => ({ ...address(text), device });
const ADDRESSES = [
  on("eth0", "192.0.2.100"),
  on("eth1", "198.51.100.1"),
  on("eth1", "198.51.100.2"),
  on("eth2", "203.0.113.1"),
];

function chosen(changes: Partial<VrrpInstanceConfig>): string[] {
  return extraAddresses(settings({ addresses: ADDRESSES, ...changes })).map((setting) => setting.address);
}

const every = (micros: number, all: boolean) => ({ extraAnnounce: { intervalMicros: micros, all } });

test("all: the first address of each interface that does not send the adverts", () => {
  assert.deepEqual(chosen(every(seconds(1), true)), ["198.51.100.1", "203.0.113.1"]);
  assert.deepEqual(chosen({}), []);
});

test("without all: those on VMACs only, the own one too when adverts leave by the base", () => {
  assert.deepEqual(chosen(every(seconds(1), false)), []);
  const onVmac = (setting: AddressSetting): AddressSetting => ({
    ...setting,
    device: `vrrp ${setting.device}`,
    base: setting.device,
  });
  const own = { ownLink: "vrrp eth0", ...every(seconds(1), false) };
  const home = ADDRESSES.map((setting, i) => (i === 0 ? onVmac(setting) : setting));
  assert.deepEqual(chosen({ ...own, addresses: home }), []);
  assert.deepEqual(chosen({ ...own, addresses: home, transmitOnBase: true }), ["192.0.2.100"]);
  const all = ADDRESSES.map(onVmac);
  assert.deepEqual(chosen({ ...own, addresses: all }), ["198.51.100.1", "203.0.113.1"]);
  const marked = ADDRESSES.map((setting, i) => (i === 3 ? onVmac(setting) : setting));
  assert.deepEqual(chosen({ ...every(seconds(1), false), addresses: marked }), ["203.0.113.1"]);
});

test("first after garp_master_delay and the interval, then each interval, while MASTER", () => {
  const lan = new Segment();
  const timing = announce({ masterDelayMicros: seconds(2) });
  const own = settings({ addresses: ADDRESSES, announce: timing, ...every(seconds(3), true) });
  lan.join("a", own, "192.0.2.1");
  lan.advance(seconds(3.7));
  assert.equal(lan.state("a"), "master");
  lan.advance(seconds(8));
  const first = 3.609375 + 2 + 3;
  assert.deepEqual(lan.did("a", "announceExtra"), [first, first + 3].map(String));
  const { extraAnnounce, ...without } = own;
  assert.ok(extraAnnounce !== undefined);
  lan.reload("a", without);
  lan.advance(seconds(8));
  assert.equal(lan.did("a", "announceExtra").length, 2);
});

test("nobody is told once MASTER is lost", () => {
  const lan = new Segment();
  lan.join("a", settings({ addresses: ADDRESSES, ...every(seconds(3), true) }), "192.0.2.1");
  lan.advance(seconds(4));
  lan.outsider("192.0.2.9", settings({ addresses: ADDRESSES, priority: 200 }));
  lan.advance(seconds(1));
  assert.equal(lan.state("a"), "backup");
  for (let i = 0; i < 12; i++) {
    lan.outsider("192.0.2.9", settings({ addresses: ADDRESSES, priority: 200 }));
    lan.advance(seconds(1));
  }
  assert.deepEqual(lan.did("a", "announceExtra"), []);
});
