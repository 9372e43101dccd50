/** What a reload makes of instances that it does not change, by what it has done to others on the same links. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { VrrpConfig } from "../../../src/config/model.js";
import type { Addon } from "../../../src/native/addon.js";
import { addressKey, parseAddress } from "../../../src/net/ip-address.js";
import type { Link, LinkAddress, Links } from "../../../src/net/links.js";
import { linkOfTest } from "../net/link-of-test.js";
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

function link(index: number, name: string, addresses: readonly string[], more: Partial<Link> = {}): Link {
  const carried = addresses.map((text) => [addressKey(text, 24, undefined), addressOf(text)] as const);
  return linkOfTest({ index, name, addresses: new Map(carried), ...more });
}

/** eth0 with these addresses, whose flags say up and whose driver knows better; a macvlan on it; and eth1. */
function scene(text: string, addresses: readonly string[], driver = { up: true }) {
  const eth0 = link(2, "eth0", addresses);
  const all = [
    eth0,
    link(3, "eth1", ["192.0.2.201"]),
    link(4, "mv0", ["192.0.2.202"], { kind: "macvlan", parent: 2 }),
  ];
  const links = {
    all: () => all,
    byName: (name: string) => all.find((one) => one.name === name),
    byIndex: (index: number) => all.find((one) => one.index === index),
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
      if (event.kind === "weightChanged") told.push(`${machine.name} by ${event.weight}`);
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
    (eth0.addresses as Map<string, LinkAddress>).delete(addressKey(address, 24, undefined));
    lookout.onAddress(eth0, addressOf(address));
  };
  const judgeAll = (): string[] => {
    lookout.judgeAll();
    return told.splice(0);
  };
  return { reload, vanish, judgeAll };
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

test("track_src_ip: a followed source that goes is a fault, also when another instance has it as a virtual address", () => {
  const follower = router("B", 2, "192.0.2.102", "mcast_src_ip 192.0.2.101\n track_src_ip");
  const { reload, vanish } = scene(router("A", 1, "192.0.2.101"), ["192.0.2.1", "192.0.2.101"]);
  const news = reload(router("A", 1, "192.0.2.101") + follower, () => vanish("192.0.2.101"));
  assert.deepEqual(news, ["B from 192.0.2.101", "B: noAddress"]);
});

const ADDRESSES = ["192.0.2.1", "192.0.2.7", "192.0.2.101", "192.0.2.102"];
const LINES = [
  "linkbeat_use_polling",
  "track_interface {\n eth0 weight 10\n }",
  "track_interface {\n eth1\n }",
  "mcast_src_ip 192.0.2.7\n track_src_ip",
  "dont_track_primary",
];
const wish = fc.record({
  device: fc.constantFrom("eth0", "eth1", "mv0"),
  vrid: fc.integer({ min: 1, max: 2 }),
  address: fc.constantFrom(...ADDRESSES),
  lines: fc.subarray(LINES),
});

type Wish = typeof wish extends fc.Arbitrary<infer T> ? T : never;

function textOf(wishes: readonly (Wish | undefined)[], grouped: boolean): string {
  const instances = wishes.map((one, i) => {
    if (one === undefined) return "";
    const { device, vrid, address, lines } = one;
    return router(`I${i}`, vrid, `${address} dev eth0`, lines.join("\n")).replace(
      "interface eth0",
      `interface ${device}`,
    );
  });
  const group = "vrrp_sync_group G {\n group {\n I0\n I1\n }\n track_interface {\n eth0\n }\n }";
  return instances.join("") + (grouped ? group : "");
}

/** A configuration, and reloads that each make, change or remove one instance. */
const reloads = fc
  .tuple(
    fc.array(wish, { minLength: 2, maxLength: 4 }),
    fc.array(fc.tuple(fc.nat(3), fc.option(wish, { nil: undefined })), { minLength: 1, maxLength: 4 }),
    fc.boolean(),
  )
  .map(([first, edits, grouped]) => {
    const texts = [textOf(first, grouped)];
    let wishes: (Wish | undefined)[] = first;
    for (const [at, next] of edits) {
      wishes = wishes.map((one, i) => (i === at ? next : one));
      texts.push(textOf(wishes, grouped));
    }
    return texts;
  });

test("after any reload, judging every instance anew finds nothing that it has not been told", () => {
  fc.assert(
    fc.property(
      reloads,
      fc.subarray(ADDRESSES),
      fc.boolean(),
      fc.subarray(ADDRESSES),
      ([first = "", ...others], present, up, going) => {
        const { reload, vanish, judgeAll } = scene(first, present, { up });
        for (const next of others) {
          reload(next, () => going.forEach(vanish));
          assert.deepEqual(judgeAll(), [], next);
        }
      },
    ),
    { numRuns: 300 },
  );
});
