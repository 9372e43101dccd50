/** Names and places of VMACs and ipvlans (reference 12.6 and 14.1), on a host that is only a list of links. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { VrrpConfig, VrrpInstanceConfig } from "../../../src/config/model.js";
import type { Link } from "../../../src/net/links.js";
import { parseMac } from "../../../src/net/mac-address.js";
import { advertInterface, placeOwnLinks } from "../../../src/vrrp/own-links.js";
import { address, settings } from "./settings.js";

const PRIVATE = 1;

interface Known {
  name: string;
  kind?: string;
  parent?: number;
  mac?: string;
  mode?: number;
}

/** Links by index, counted from 1; eth0 and eth1 come first. */
function host(more: readonly Known[] = [], ours: readonly string[] = []) {
  const known: Known[] = [{ name: "eth0" }, { name: "eth1" }, ...more];
  const links = known.map(
    ({ name, kind, parent = 0, mac = "02:00:00:00:00:01", mode }, i): Link => ({
      index: i + 1,
      name,
      flags: 0x41,
      up: true,
      mtu: 1500,
      mac: parseMac(mac),
      type: 1,
      master: 0,
      parent,
      group: 0,
      kind,
      macvlanMode: mode,
      addresses: new Map(),
    }),
  );
  return {
    links: {
      byName: (name: string) => links.find((link) => link.name === name),
      byIndex: (index: number) => links[index - 1],
      all: () => links,
    },
    isOurs: (name: string) => ours.includes(name),
    placed: new WeakMap<VrrpInstanceConfig, VrrpInstanceConfig>(),
  };
}

function vmacInstance(changes: Partial<VrrpInstanceConfig> = {}): VrrpInstanceConfig {
  const vmac = { netlinkNotify: false };
  return settings({ name: "V", virtualRouterId: 51, addresses: [address("192.0.2.100")], vmac, ...changes });
}

function place(
  instances: readonly VrrpInstanceConfig[],
  on = host(),
  { groups = [], prefix = "vrrp" }: { groups?: string[][]; prefix?: string } = {},
) {
  const global = { vrrp: { vmacPrefix: prefix, vmacAddressPrefix: "far" } };
  const syncGroups = groups.map((members, i) => ({ name: `G${i}`, members }));
  const config = { global, instances, syncGroups } as unknown as VrrpConfig;
  const { config: placed, links, remarks } = placeOwnLinks(config, on);
  return { placed, links, remarks, names: links.map(({ name }) => name) };
}

/** A macvlan on eth0 that an instance with virtual_router_id 51 can use as it is. */
const FITTING: Known = {
  name: "old",
  kind: "macvlan",
  parent: 1,
  mac: "00:00:5e:00:01:33",
  mode: PRIVATE,
};

test("without any such interface the configuration comes back as it is", () => {
  const config = { instances: [settings()], syncGroups: [] } as unknown as VrrpConfig;
  assert.equal(placeOwnLinks(config, host()).config, config);
});

test("settings that say the same with their names as last time are the same object; without an own link as they came", () => {
  const [one, other, plain] = [
    vmacInstance(),
    vmacInstance({ name: "W", virtualRouterId: 52 }),
    settings({ name: "P", virtualRouterId: 53 }),
  ];
  const on = host();
  const first = place([one, other, plain], on).placed.instances;
  assert.equal(first[2], plain);
  const named = { ...other, vmac: { netlinkNotify: false, name: "mine" } };
  const second = place([plain, named, one], on).placed.instances;
  assert.deepEqual([second[0], second[2]], [plain, first[0]]);
  assert.equal(second[2], first[0]);
  assert.equal(second[1]?.ownLink, "mine");
  // The prefix of the names is another one: so are the settings.
  const [renamed] = place([one], on, { prefix: "vip" }).placed.instances;
  assert.equal(renamed?.ownLink, "vip.51");
});

test("RFC 9568 section 7.3: 00-00-5E-00-01 or -02, then the virtual router id", () => {
  const six = vmacInstance({ name: "S", family: 6, addresses: [] });
  const { links } = place([vmacInstance(), six]);
  assert.deepEqual(
    links.map((link) => link.kind === "macvlan" && link.mac),
    ["00:00:5e:00:01:33", "00:00:5e:00:02:33"],
  );
});

test("addresses of its family on its interface are on the VMAC; adverts too, unless vmac_xmit_base", () => {
  const { placed } = place([vmacInstance()]);
  const [instance] = placed.instances;
  assert.deepEqual(
    instance?.addresses.map(({ device, base }) => [device, base]),
    [["vrrp.51", "eth0"]],
  );
  assert.equal(instance?.ownLink, "vrrp.51");
  assert.equal(instance && advertInterface(instance), "vrrp.51");
  const [onBase] = place([vmacInstance({ transmitOnBase: true })]).placed.instances;
  assert.equal(onBase && advertInterface(onBase), "eth0");
});

test("a name that somebody else has: vrrp1.51, vrrp2.51; IPv6 vrrp6.51 first", () => {
  const taken = host([{ name: "vrrp.51" }, { name: "vrrp1.51" }]);
  assert.deepEqual(place([vmacInstance()], taken).names, ["vrrp2.51"]);
  const six = vmacInstance({ family: 6, addresses: [] });
  assert.deepEqual(place([six], taken).names, ["vrrp6.51"]);
  assert.deepEqual(place([vmacInstance(), vmacInstance({ name: "S", family: 6, addresses: [] })]).names, [
    "vrrp.51",
    "vrrp6.51",
  ]);
});

test("a private macvlan with the right address on the right base is used under its own name", () => {
  assert.deepEqual(place([vmacInstance()], host([FITTING])).names, ["old"]);
  for (const wrong of [{ mac: "00:00:5e:00:01:34" }, { parent: 2 }, { mode: 4 }, { kind: "macvtap" }])
    assert.deepEqual(place([vmacInstance()], host([{ ...FITTING, ...wrong }])).names, ["vrrp.51"]);
});

test("one of ours takes the name of the configuration, a stranger's keeps its own", () => {
  const named = vmacInstance({ vmac: { name: "new", netlinkNotify: false } });
  assert.deepEqual(place([named], host([FITTING], ["old"])).names, ["new"]);
  assert.deepEqual(place([named], host([FITTING])).names, ["old"]);
});

test("a name of the configuration that another kind of interface has is told of, and not used", () => {
  const named = vmacInstance({ vmac: { name: "br0", netlinkNotify: false } });
  const { names, remarks } = place([named], host([{ name: "br0", kind: "bridge" }]));
  assert.deepEqual(names, ["vrrp.51"]);
  assert.match(remarks.join(), /there is another interface 'br0'/);
});

test("two instances share a VMAC in one sync group only", () => {
  const pair = [vmacInstance(), vmacInstance({ name: "W", multicastGroup: "224.0.0.99" })];
  const apart = place(pair);
  assert.deepEqual(apart.names, ["vrrp.51"]);
  assert.match(apart.placed.instances[1]?.permanentFault ?? "", /not in one sync group/);
  const together = place(pair, host(), { groups: [["V", "W"]] });
  assert.deepEqual(
    together.placed.instances.map(({ ownLink }) => ownLink),
    ["vrrp.51", "vrrp.51"],
  );
});

test("a prefix that leaves no room for the number is cut", () => {
  const { names, remarks } = place([vmacInstance()], host(), { prefix: "averylongprefix" });
  assert.deepEqual(names, ["averylon.51"]);
  assert.match(remarks.join(), /'averylongprefix' is too long/);
});

test("an ipvlan carries the addresses, and has its own", () => {
  const ipvlan = { address: "192.0.2.9", prefixLength: 24, mode: "vepa" as const };
  const { links, placed } = place([settings({ name: "I", ipvlan, addresses: [address("192.0.2.100")] })]);
  const [link] = links;
  assert.deepEqual(link?.kind === "ipvlan" && [link.name, link.mode, link.address?.text], [
    "vrrp.51",
    "vepa",
    "192.0.2.9",
  ]);
  assert.equal(placed.instances[0]?.addresses[0]?.device, "vrrp.51");
});
