/** What a reload makes of instances that it does not change, by what it has done to others on the same links. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { VrrpConfig } from "../../../src/config/model.js";
import type { Addon } from "../../../src/native/addon.js";
import { addressKey, parseAddress } from "../../../src/net/ip-address.js";
import type { Link, LinkAddress, Links } from "../../../src/net/links.js";
import { applyChange, changeOf, SliceParts } from "../../../src/platform/slice-change.js";
import { Lookout } from "../../../src/vrrp/effects/lookout.js";
import { VrrpInstance } from "../../../src/vrrp/instance.js";
import { read } from "../config/fake-files.js";
import { nativeError } from "../net/fake-socket.js";
import { VirtualLoop } from "../net/virtual-loop.js";

const SIOCGIFFLAGS = 0x8913;

function addressOf(text: string): LinkAddress {
  const bytes = parseAddress(text) ?? assert.fail();
  return { family: 4, address: text, bytes, prefixLength: 24, scope: 0, flags: 0 };
}

/** eth0, whose flags say up; the driver knows better. */
function scene(text: string, addresses: string[], driver = { up: true }) {
  const carried = new Map<string, LinkAddress>();
  for (const address of addresses) carried.set(addressKey(address, 24, undefined), addressOf(address));
  const eth0 = {
    index: 2,
    name: "eth0",
    up: true,
    mtu: 1500,
    kind: undefined,
    parent: 0,
    addresses: carried,
  };
  const links = {
    all: () => [eth0],
    byName: (name: string) => (name === "eth0" ? eth0 : undefined),
    byIndex: () => eth0,
  };
  class Driver {
    interfaceRequest(request: number, ifreq: Uint8Array): void {
      if (request !== SIOCGIFFLAGS) throw nativeError("ioctl", "EOPNOTSUPP");
      new Uint16Array(ifreq.buffer, 16)[0] = driver.up ? 0x41 : 0x1;
    }
    close(): void {}
  }
  const told: string[] = [];
  let config: VrrpConfig = read(text).config.vrrp;
  let machines = config.instances.map((settings, id) => new VrrpInstance(settings, id));
  const quiet = { info: () => {}, warning: () => {}, detail: () => {}, error: () => {} };
  const lookout = new Lookout({
    addon: { Socket: Driver } as unknown as Addon,
    log: quiet,
    loop: new VirtualLoop(),
    links: links as unknown as Links,
    trackers: { find: () => undefined },
    channels: { assign: () => {}, withdraw: () => {}, flush: () => {} } as never,
    instances: () => machines,
    isUsable: () => true,
    takeIn: () => {},
    post: (machine, event) => {
      machine.handle(event, 0);
      if (event.kind === "faultsChanged") told.push(`${machine.name}: ${event.faults.join() || "none"}`);
      if (event.kind === "sourceChanged") told.push(`${machine.name} from ${event.source.join(".")}`);
    },
    forgetPackets: () => {},
    renewed: () => {},
  });
  lookout.setConfig(config);
  lookout.open(machines);
  /** As a child takes it: what has not changed is the same object. @returns what the instances were told */
  const reload = (next: string, meanwhile = (): void => {}): string[] => {
    told.length = 0;
    const offered = changeOf(new SliceParts(config), new SliceParts(read(next).config.vrrp));
    config = applyChange(config, offered);
    lookout.setConfig(config);
    const known = new Map(machines.map((machine) => [machine.settings, machine]));
    const renewed: VrrpInstance[] = [];
    machines = config.instances.map((settings, i) => {
      const machine = known.get(settings) ?? new VrrpInstance(settings, 100 + i);
      if (!known.has(settings)) renewed.push(machine);
      return machine;
    });
    lookout.open(renewed);
    meanwhile();
    lookout.settle();
    return told.splice(0);
  };
  /** The kernel has taken it away. */
  const vanish = (address: string): void => {
    carried.delete(addressKey(address, 24, undefined));
    lookout.onAddress(eth0 as unknown as Link, addressOf(address));
  };
  return { reload, vanish };
}

const router = (name: string, vrid: number, address: string, more = "") => `
vrrp_instance ${name} {
  interface eth0
  virtual_router_id ${vrid}
  ${more}
  virtual_ipaddress {
    ${address}
  }
}
`;
const B = router("B", 2, "192.0.2.102");

test("an instance that another one makes ask the driver of their interface hears what that says", () => {
  const { reload } = scene(router("A", 1, "192.0.2.101") + B, ["192.0.2.1"], { up: false });
  const polling = router("A", 1, "192.0.2.101", "linkbeat_use_polling");
  assert.deepEqual(reload(polling + B), ["A from 192.0.2.1", "A: interfaceDown", "B: interfaceDown"]);
  assert.deepEqual(reload(polling + B), [], "nothing has changed");
  assert.deepEqual(reload(B), ["B: none"], "nobody asks the driver any more");
});

test("an address that a reload makes virtual is no source for the others on its link any more", () => {
  const { reload } = scene(router("A", 1, "192.0.2.101") + B, ["192.0.2.1", "192.0.2.7"]);
  const news = reload(router("A", 1, "192.0.2.1") + B);
  assert.deepEqual(news, ["A from 192.0.2.7", "B from 192.0.2.7"]);
});

test("an address that is virtual no longer, and stays, can be the source of those that had none", () => {
  const { reload } = scene(router("A", 1, "192.0.2.101") + B, ["192.0.2.101"]);
  assert.deepEqual(reload(B), ["B from 192.0.2.101", "B: none"]);
});

test("an address that a reload takes away is never a source, though the kernel still has it", () => {
  const { reload, vanish } = scene(router("A", 1, "192.0.2.101") + B, ["192.0.2.101"]);
  const news = reload(router("A", 1, "192.0.2.103") + B, () => vanish("192.0.2.101"));
  assert.deepEqual(news, ["A: noAddress"]);
});
