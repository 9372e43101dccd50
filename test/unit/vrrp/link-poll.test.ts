/** linkbeat_use_polling, linkbeat_interfaces: which interfaces are asked, how, and what the answers do. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Addon } from "../../../src/native/addon.js";
import { LinkPoll } from "../../../src/vrrp/effects/link-poll.js";
import { nativeError } from "../net/fake-socket.js";
import { VirtualLoop } from "../net/virtual-loop.js";
import { good, instance, read } from "../config/fake-files.js";

const SIOCGIFFLAGS = 0x8913;
const SIOCETHTOOL = 0x8946;
const SIOCGMIIPHY = 0x8947;
const SIOCGMIIREG = 0x8948;

/** What drivers say, by interface; an absent answer is EOPNOTSUPP. */
interface Driver {
  /** Values of the PHY's status register, one per reading; the last one stays. */
  mii?: number[];
  ethtool?: boolean;
  flags?: number;
}

function scene(configuration: string, drivers: Record<string, Driver>) {
  const loop = new VirtualLoop();
  const said: string[] = [];
  const changes: string[] = [];
  const asked: string[] = [];
  class Interfaces {
    interfaceRequest(request: number, ifreq: Uint8Array, data?: Uint8Array): void {
      const name = Buffer.from(ifreq.subarray(0, 16)).toString().replaceAll("\0", "");
      const fields = new Uint16Array(ifreq.buffer, 16);
      asked.push(name);
      const { mii, ethtool, flags } = drivers[name] ?? {};
      if (request === SIOCGMIIPHY && mii !== undefined) return;
      if (request === SIOCGMIIREG && mii !== undefined && fields[1] === 1)
        fields[3] = (mii.length > 1 ? mii.shift() : mii[0]) ?? 0;
      else if (request === SIOCETHTOOL && ethtool !== undefined && data !== undefined)
        new Uint32Array(data.buffer)[1] = ethtool ? 1 : 0;
      else if (request === SIOCGIFFLAGS && flags !== undefined) fields[0] = flags;
      else throw nativeError("ioctl", "EOPNOTSUPP");
    }
    close(): void {}
  }
  const log = { info: (text: string) => said.push(text), error: (text: string) => said.push(text) };
  const poll = new LinkPoll({
    addon: { Socket: Interfaces } as unknown as Addon,
    loop,
    log: log as never,
    changed: (name, wasDown) => changes.push(`${name} ${wasDown ? "up" : "down"}`),
  });
  poll.setConfig(read(configuration).config.vrrp);
  return { poll, loop, said, changes, asked, second: () => loop.advance(1_000_000) };
}

const polled = (lines: string) => `linkbeat_interfaces {\n${lines}\n}\n${instance("")}`;

test("nothing is asked, and no timer runs, unless it is configured", () => {
  const { asked, second } = scene(instance(""), { eth0: { ethtool: false } });
  second();
  assert.deepEqual(asked, []);
});

test("an interface is asked once a second; each change is told and logged once, with the way that told it", () => {
  const eth0: Driver = { ethtool: true };
  const { poll, said, changes, second } = scene(polled("eth0"), { eth0 });
  second();
  assert.deepEqual([said, changes, poll.isDown("eth0")], [[], [], false]);
  eth0.ethtool = false;
  second();
  second();
  assert.deepEqual([said, changes], [["ETHTOOL reports eth0 down"], ["eth0 down"]]);
  assert.equal(poll.downBy("eth0"), "ETHTOOL");
  eth0.ethtool = true;
  second();
  assert.deepEqual([said.at(-1), changes.at(-1)], ["ETHTOOL reports eth0 up", "eth0 up"]);
});

test("MII goes before ethtool, and that before the flags; a way that does not work gives way to the next", () => {
  const by = (driver: Driver, line = "eth0") => scene(polled(line), { eth0: driver }).poll.downBy("eth0");
  assert.equal(by({ mii: [0x7809], ethtool: true, flags: 0x41 }), "MII");
  assert.equal(by({ ethtool: false, flags: 0x41 }), "ETHTOOL");
  assert.equal(by({ flags: 0x1 }), "IOCTL");
  assert.equal(by({}), undefined, "an interface that nothing is known of is not down");
  assert.equal(by({ mii: [0x782d], ethtool: false }), undefined, "MII says up");
  assert.equal(by({ mii: [0x782d], ethtool: false }, "eth0 ETHTOOL"), "ETHTOOL");
  assert.equal(by({ ethtool: true, flags: 0x1 }, "eth0 IOCTL"), "IOCTL");
});

test("MII: a bus without PHY is no answer, and an earlier loss that the register remembers is not one of now", () => {
  const by = (mii: number[]) => scene(polled("eth0"), { eth0: { mii, ethtool: false } }).poll.downBy("eth0");
  assert.equal(by([0xffff]), "ETHTOOL");
  assert.equal(by([0]), "ETHTOOL");
  assert.equal(by([0x7809, 0x782d]), undefined);
  assert.equal(by([0x782d, 0x7809]), "MII");
});

test("linkbeat_use_polling at the top asks all interfaces of VRRP, in an instance the one of the instance", () => {
  const names = (configuration: string) => [...new Set(scene(configuration, {}).asked)].sort();
  const tracking = instance("track_interface {\n eth7\n}");
  assert.deepEqual(names(`linkbeat_use_polling\n${tracking}`), ["eth0", "eth7"]);
  assert.deepEqual(names(instance("linkbeat_use_polling\ntrack_interface {\n eth7\n}")), ["eth0"]);
  assert.deepEqual(good(`linkbeat_use_polling\n${tracking}`).notActedOn, []);
});

test("an interface that a reload no longer names is not down by an old answer", () => {
  const { poll } = scene(polled("eth0"), { eth0: { ethtool: false } });
  assert.ok(poll.isDown("eth0"));
  poll.setConfig(good(instance("")).vrrp);
  assert.ok(!poll.isDown("eth0"));
});
