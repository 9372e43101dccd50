/** use_vmac: adverts, announcements and addresses with the virtual MAC address (RFC 9568 section 7.3, reference 14). */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { describe, type TestContext } from "node:test";
import type { Lab } from "./harness/lab.js";
import { labTest } from "./harness/lab-test.js";
import { deviceOf, kernelSetting, linkOf, linksOf, missingKind } from "./harness/links.js";
import { unlawfulAdverts, unlawfulOverlaps } from "./harness/mastership.js";
import type { Host } from "./harness/network.js";
import { type Product, commandOf } from "./harness/products.js";
import { crash, type Program } from "./harness/program.js";

const VIP = "10.88.0.100";
const VIP6 = "fd88::100";
/** virtual_router_id 88 is 0x58. */
const MAC4 = "00:00:5e:00:01:58";
const MAC6 = "00:00:5e:00:02:58";
const FAST = "version 3\nadvert_int 0.2";
const WITHOUT = missingKind("macvlan", ["link", "kinda0", "type", "macvlan", "mode", "private"]);

interface Instance {
  name?: string;
  priority?: number;
  lines?: string;
  addresses?: readonly string[];
  excluded?: readonly string[];
  global?: string;
}

function configuration({
  name = "V",
  priority = 100,
  lines = `use_vmac\n${FAST}`,
  addresses = [`${VIP}/24`],
  excluded = [],
  global = "",
}: Instance = {}): string {
  const block = (keyword: string, entries: readonly string[]): string =>
    entries.length === 0 ? "" : `${keyword} {\n${entries.join("\n")}\n}\n`;
  return `global_defs {\n${global}\n}\nvrrp_instance ${name} {\ninterface eth0\nvirtual_router_id 88\npriority ${priority}\n${lines}\n${block(
    "virtual_ipaddress",
    addresses,
  )}${block("virtual_ipaddress_excluded", excluded)}}\n`;
}

function vmacTest(
  name: string,
  products: readonly Product[],
  body: (lab: Lab, t: TestContext) => Promise<void>,
): void {
  labTest(name, products, async (lab, t) => {
    if (WITHOUT === undefined) await body(lab, t);
    else t.skip(WITHOUT);
  });
}

interface Scene {
  host: Host;
  router: Program;
}

/** One router of ours that is master. */
async function startMaster(lab: Lab, text: string, vip = VIP): Promise<Scene> {
  const host = await lab.addHost("router", { addresses: ["10.88.0.1/24"] });
  const router = lab.startRouter(host, "ours", text);
  await lab.waitFor(() => lab.holders.of(vip).length === 1, 6_000, "the router to become master");
  return { host, router };
}

async function reload(lab: Lab, { host, router }: Scene, text: string): Promise<void> {
  const before = router.output.all.length;
  writeFileSync(lab.configurationOf(host), text);
  router.kill("SIGHUP");
  await lab.waitFor(() => router.output.find(/Reload complete/, before), 5_000, "the reload");
}

interface Kind {
  name: string;
  vip: string;
  /** MAC addresses of adverts and of announcements; undefined for the one of the interface. */
  advertMac: string | undefined;
  mac: string;
  instance: Instance;
}

const KINDS: Kind[] = [
  {
    name: "v2",
    vip: VIP,
    advertMac: MAC4,
    mac: MAC4,
    instance: { lines: "use_vmac\nversion 2\nadvert_int 1" },
  },
  {
    name: "v3 IPv6",
    vip: VIP6,
    advertMac: MAC6,
    mac: MAC6,
    instance: { lines: "use_vmac\nversion 3\nadvert_int 0.5", addresses: ["fe80::88:100/64", `${VIP6}/64`] },
  },
  {
    name: "v3 with vmac_xmit_base",
    vip: VIP,
    advertMac: undefined,
    mac: MAC4,
    instance: { lines: "use_vmac\nvmac_xmit_base\nversion 3\nadvert_int 0.5" },
  },
];

/** Adverts and announcements since a host got the address carry the right hardware addresses. */
async function checkMacs(lab: Lab, { vip, advertMac, mac }: Kind, host: Host): Promise<void> {
  const { holders, capture } = lab;
  const held = holders.events.findLast(
    (event) => event.added && event.host === host.name && event.address === vip,
  );
  const since = held?.at ?? 0;
  const adverts = () => capture.adverts.filter(({ at }) => at > since);
  // The first burst may have left before ip(8) looked at its clock.
  const announcements = () =>
    capture.announcements.filter(({ at, address }) => at > since - 100 && address === vip);
  await lab.waitFor(
    () => adverts().length > 1 && announcements().length > 1,
    4_000,
    `adverts of ${host.name}`,
  );
  const macs = (list: readonly { sourceMac: string }[]): string[] => [
    ...new Set(list.map(({ sourceMac }) => sourceMac)),
  ];
  assert.deepEqual(macs(adverts()), [advertMac ?? host.mac]);
  assert.deepEqual(macs(announcements()), [mac]);
}

describe("beside Debian's keepalived, each side master in turn", () => {
  for (const kind of KINDS)
    for (const [better, worse] of [
      ["ours", "debian"],
      ["debian", "ours"],
    ] as const)
      vmacTest(`${kind.name}: ${better} before ${worse}`, ["ours", "debian"], async (lab) => {
        const { vip } = kind;
        const a = await lab.addHost("a", { addresses: ["10.88.0.1/24", "fd88::1/64"] });
        const b = await lab.addHost("b", { addresses: ["10.88.0.2/24", "fd88::2/64"] });
        const client = await lab.addHost("client", { addresses: ["10.88.0.9/24", "fd88::9/64"] });
        const first = lab.startRouter(a, better, configuration({ ...kind.instance, priority: 200 }));
        lab.startRouter(b, worse, configuration({ ...kind.instance, priority: 100 }));
        await lab.waitFor(() => lab.holders.of(vip).join() === "a", 10_000, "a to hold the address");
        const replies = lab.startPinger(client, vip);
        await lab.waitFor(() => replies.times.length > 20, 5_000, "replies of a");
        await checkMacs(lab, kind, a);

        first.kill("SIGTERM");
        await lab.waitFor(() => lab.holders.of(vip).join() === "b", 6_000, "b to hold the address");
        const movedAt = Date.now();
        await lab.waitFor(() => replies.steadySince(movedAt), 5_000, "replies of b");
        await checkMacs(lab, kind, b);
        await lab.waitFor(() => first.exit !== undefined, 5_000, "a to end");
        assert.deepEqual(
          linksOf(a).filter(({ kind: type }) => type === "macvlan"),
          [],
        );
        assert.deepEqual(
          lab.capture.adverts.filter((advert) => !advert.checksumGood),
          [],
        );
        assert.deepEqual(lab.capture.undecoded, []);
        assert.deepEqual(unlawfulAdverts(lab.capture.adverts), []);
        assert.deepEqual(unlawfulOverlaps(lab.holders, vip), []);
      });
});

describe("names and places", () => {
  vmacTest("a private macvlan on the interface, called vrrp.VRID", ["ours"], async (lab) => {
    const { host, router } = await startMaster(lab, configuration());
    const { mac, base, kind, mode, up } = linkOf(host, "vrrp.88") ?? {};
    assert.deepEqual([mac, base, kind, mode, up], [MAC4, "eth0", "macvlan", "private", true]);
    assert.equal(deviceOf(host, VIP), "vrrp.88");
    assert.equal(kernelSetting(host, "ipv6/conf/vrrp.88/disable_ipv6"), "1");
    router.kill("SIGTERM");
    await lab.waitFor(() => router.exit === "0", 5_000, "the router to end");
    assert.equal(linkOf(host, "vrrp.88"), undefined);
  });

  vmacTest("another interface has the name: the next one is taken", ["ours"], async (lab) => {
    const host = await lab.addHost("router", { addresses: ["10.88.0.1/24"] });
    for (const name of ["vrrp.88", "vrrp1.88"]) host.ip("link", "add", name, "type", "bridge");
    lab.startRouter(host, "ours", configuration());
    await lab.poll(() => linkOf(host, "vrrp2.88")?.mac === MAC4, 6_000, "a VMAC");
    await lab.poll(() => deviceOf(host, VIP) === "vrrp2.88", 6_000, "the address");
  });

  vmacTest("name, MAC address and prefix of the configuration", ["ours"], async (lab) => {
    const named = configuration({ lines: `use_vmac vip0 02:00:00:00:00\n${FAST}` });
    const { host } = await startMaster(lab, named);
    assert.equal(linkOf(host, "vip0")?.mac, "02:00:00:00:00:58");
    assert.equal(deviceOf(host, VIP), "vip0");
  });

  vmacTest("addresses of the other family and of other interfaces", ["ours"], async (lab) => {
    const host = await lab.addHost("router", { addresses: ["10.88.0.1/24"] });
    host.ip("link", "add", "eth1", "type", "veth", "peer", "name", "far1");
    for (const device of ["eth1", "far1"]) host.ip("link", "set", device, "up");
    const excluded = [`${VIP6}/64`, "10.89.0.100/24 dev eth1", "10.89.0.101/24 dev eth1 use_vmac"];
    lab.startRouter(host, "ours", configuration({ excluded, global: "vmac_addr_prefix far" }));
    await lab.waitFor(() => lab.holders.of("10.89.0.101").length === 1, 6_000, "the addresses");
    assert.deepEqual(
      [VIP, VIP6, "10.89.0.100", "10.89.0.101"].map((address) => deviceOf(host, address)),
      ["vrrp.88", "eth0", "eth1", "far.88"],
    );
    assert.deepEqual([linkOf(host, "far.88")?.base, linkOf(host, "far.88")?.mac], ["eth1", MAC4]);
  });

  vmacTest("use_vmac_addr: all of them on VMACs", ["ours"], async (lab) => {
    const host = await lab.addHost("router", { addresses: ["10.88.0.1/24"] });
    host.ip("link", "add", "eth1", "type", "veth", "peer", "name", "far1");
    for (const device of ["eth1", "far1"]) host.ip("link", "set", device, "up");
    const excluded = [`${VIP6}/64`, "10.89.0.100/24 dev eth1"];
    const lines = `use_vmac\nuse_vmac_addr\n${FAST}`;
    lab.startRouter(host, "ours", configuration({ excluded, lines }));
    await lab.waitFor(() => lab.holders.of("10.89.0.100").length === 1, 6_000, "the addresses");
    const places = [VIP6, "10.89.0.100"].map((address) => linkOf(host, deviceOf(host, address) ?? ""));
    assert.deepEqual(
      places.map((link) => [link?.base, link?.mac]),
      [
        ["eth0", MAC6],
        ["eth1", MAC4],
      ],
    );
  });
});

describe("settings of the kernel", () => {
  const PATHS = ["conf/eth0/arp_ignore", "conf/eth0/arp_filter", "conf/all/rp_filter", "conf/eth0/rp_filter"];
  const settings = (host: Host): string[] => PATHS.map((path) => kernelSetting(host, `ipv4/${path}`));

  vmacTest(
    "bases answer for themselves alone, and have back at the end what they had",
    ["ours"],
    async (lab) => {
      const host = await lab.addHost("router", { addresses: ["10.88.0.1/24"] });
      kernelSetting(host, "ipv4/conf/all/rp_filter", "1");
      const before = settings(host);
      const router = lab.startRouter(host, "ours", configuration());
      await lab.waitFor(() => lab.holders.of(VIP).length === 1, 6_000, "the router to become master");
      assert.deepEqual(settings(host), ["1", "1", "0", "1"]);
      assert.deepEqual(
        ["arp_ignore", "accept_local", "rp_filter", "promote_secondaries"].map((name) =>
          kernelSetting(host, `ipv4/conf/vrrp.88/${name}`),
        ),
        ["1", "1", "0", "1"],
      );
      // Somebody else's change is not undone.
      kernelSetting(host, "ipv4/conf/eth0/arp_filter", "0");
      router.kill("SIGTERM");
      await lab.waitFor(() => router.exit === "0", 5_000, "the router to end");
      assert.deepEqual(settings(host), before);
    },
  );
});

describe("what happens to it", () => {
  vmacTest("somebody removes it, or gives it another address: it is made again", ["ours"], async (lab) => {
    const { host, router } = await startMaster(lab, configuration());
    for (const words of [
      ["link", "delete", "vrrp.88"],
      ["link", "set", "vrrp.88", "address", "02:00:00:00:00:07"],
    ]) {
      const from = router.output.all.length;
      host.ip(...words);
      await lab.waitFor(
        () => router.output.find(/Entering MASTER STATE/, from),
        6_000,
        "it to be master again",
      );
      await lab.poll(() => deviceOf(host, VIP) === "vrrp.88", 6_000, "the address");
      assert.equal(linkOf(host, "vrrp.88")?.mac, MAC4);
    }
  });

  vmacTest("its base goes and comes back", ["ours"], async (lab) => {
    const { host, router } = await startMaster(lab, configuration({ global: "dynamic_interfaces" }));
    const before = kernelSetting(host, "ipv4/conf/lo/arp_ignore");
    host.ip("link", "delete", "eth0");
    await lab.waitFor(() => router.output.find(/Entering FAULT STATE/), 3_000, "the fault");
    assert.equal(linkOf(host, "vrrp.88"), undefined);
    const from = router.output.all.length;
    host.ip("link", "add", "eth0", "type", "veth", "peer", "name", "far0");
    host.ip("address", "add", "10.88.0.1/24", "dev", "eth0");
    for (const device of ["far0", "eth0"]) host.ip("link", "set", device, "up");
    await lab.waitFor(
      () => router.output.find(/Entering MASTER STATE/, from),
      6_000,
      "it to be master again",
    );
    await lab.poll(() => deviceOf(host, VIP) === "vrrp.88", 6_000, "the address");
    assert.equal(kernelSetting(host, "ipv4/conf/eth0/arp_ignore"), "1");
    router.kill("SIGTERM");
    await lab.waitFor(() => router.exit === "0", 5_000, "the router to end");
    assert.equal(kernelSetting(host, "ipv4/conf/eth0/arp_ignore"), before);
  });

  vmacTest(
    "kill -9 of everything: the next start takes it over, and knows what was before",
    ["ours"],
    async (lab) => {
      const host = await lab.addHost("router", { addresses: ["10.88.0.1/24"] });
      const file = lab.configurationOf(host);
      writeFileSync(file, configuration());
      const router = lab.run("router, and another one after it", {
        namespace: host.namespace,
        command: ["sh", "-c", '"$@"; exec "$@"', "sh", ...commandOf("ours", file)],
        ownFolders: true,
      });
      await lab.waitFor(
        () => router.output.find(/Entering MASTER STATE/),
        6_000,
        "the router to become master",
      );
      const before = linkOf(host, "vrrp.88");
      const from = router.output.all.length;
      const daemon = router.processes().filter(({ command }) => !command.startsWith("sh "));
      assert.ok(daemon.length >= 2);
      crash(daemon.map(({ pid }) => pid));
      await lab.waitFor(
        () => router.output.find(/Found matching interface vrrp\.88/, from),
        5_000,
        "the take-over",
      );
      await lab.waitFor(
        () => router.output.find(/Entering MASTER STATE/, from),
        6_000,
        "it to be master again",
      );
      assert.deepEqual(linkOf(host, "vrrp.88"), before);
      router.kill("SIGTERM");
      await lab.waitFor(() => router.exit === "0", 5_000, "the router to end");
      assert.equal(linkOf(host, "vrrp.88"), undefined);
      assert.equal(kernelSetting(host, "ipv4/conf/eth0/arp_ignore"), "0");
    },
  );

  vmacTest("an interface that somebody else made under its name is left alone", ["ours"], async (lab) => {
    const { host, router } = await startMaster(lab, configuration());
    const vrrp = router.processes().find(({ command }) => command.includes("keepalived_vrrp"))?.pid ?? 0;
    const from = router.output.all.length;
    process.kill(vrrp, "SIGSTOP");
    host.ip("link", "delete", "vrrp.88");
    host.ip("link", "add", "vrrp.88", "type", "veth", "peer", "name", "other0");
    process.kill(vrrp, "SIGCONT");
    await lab.waitFor(
      () => router.output.find(/vrrp\.88: RTM_NEWLINK: EEXIST/, from),
      3_000,
      "the log to say so",
    );
    assert.equal(linkOf(host, "vrrp.88")?.kind, "veth");
    host.ip("link", "delete", "vrrp.88");
    await lab.waitFor(() => linkOf(host, "vrrp.88")?.kind === "macvlan", 3_000, "ours to be made again");
  });

  vmacTest(
    "kill -9 of the VRRP process: core removes it at once, the next one makes it again",
    ["ours"],
    async (lab) => {
      const { router } = await startMaster(lab, configuration());
      const child = router.processes().find(({ command }) => command.includes("keepalived_vrrp"))?.pid ?? 0;
      process.kill(child, "SIGKILL");
      await lab.waitFor(() => router.output.find(/Removed 1 interfaces/), 3_000, "core to clean up");
      await lab.waitFor(
        () => router.output.all.filter(({ text }) => text.includes("Entering MASTER STATE")).length === 2,
        9_000,
        "it to be master again",
      );
    },
  );
});

describe("reload of a master", () => {
  /** Transitions in the log since a line. */
  const transitions = (router: Program, from: number): string[] =>
    router.output.all.slice(from).flatMap(({ text }) => /Entering \w+ STATE.*/.exec(text)?.[0] ?? []);

  for (const [name, lines] of [
    ["IPv4", { before: FAST, addresses: [`${VIP}/24`], vip: VIP }],
    ["IPv6", { before: FAST, addresses: ["fe80::88:100/64", `${VIP6}/64`], vip: VIP6 }],
  ] as const)
    vmacTest(`${name}: a VMAC is added, renamed and removed, and it stays master`, ["ours"], async (lab) => {
      const { addresses, vip } = lines;
      const text = (words: string): string => configuration({ lines: `${words}\n${FAST}`, addresses });
      const scene = await startMaster(lab, text(""), vip);
      const { host, router } = scene;
      await lab.waitFor(() => router.output.find(/Entering MASTER STATE/), 2_000, "its log to say so");
      const from = router.output.all.length;
      for (const [words, device] of [
        ["use_vmac", "vrrp.88"],
        ["use_vmac other", "other"],
        ["", "eth0"],
      ] as const) {
        await reload(lab, scene, text(words));
        await lab.poll(() => deviceOf(host, vip) === device, 6_000, `the address on ${device}`);
        const macvlans = linksOf(host).filter(({ kind }) => kind === "macvlan");
        assert.deepEqual(
          macvlans.map(({ name: link }) => link),
          device === "eth0" ? [] : [device],
        );
        const since = Date.now();
        await lab.waitFor(() => lab.capture.adverts.some(({ at }) => at > since), 2_000, "adverts");
        const mac = lab.capture.adverts.at(-1)?.sourceMac;
        assert.equal(mac, linkOf(host, device)?.mac);
      }
      assert.deepEqual(transitions(router, from), []);
      assert.ok(lab.capture.adverts.every(({ priority }) => priority > 0));
    });
});

vmacTest("255 VMACs on one interface are gone within two seconds of the stop", ["ours"], async (lab, t) => {
  const host = await lab.addHost("router", { addresses: ["10.88.0.1/24"] });
  const instances = Array.from({ length: 255 }, (_, i) => {
    const vrid = i + 1;
    return `vrrp_instance V${vrid} {\ninterface eth0\nvirtual_router_id ${vrid}\nuse_vmac\nadvert_int 1\nvirtual_ipaddress {\n10.90.${vrid}.1/32\n}\n}\n`;
  });
  const router = lab.startRouter(host, "ours", instances.join(""));
  const masters = (): number => router.output.all.filter(({ text }) => /Entering MASTER/.test(text)).length;
  await lab.waitFor(() => masters() === 255, 30_000, "all to be master");
  assert.equal(linksOf(host).filter(({ kind }) => kind === "macvlan").length, 255);
  const from = Date.now();
  router.kill("SIGTERM");
  await lab.waitFor(() => router.exit !== undefined, 10_000, "the end");
  const tookMs = Date.now() - from;
  t.diagnostic(`stopped after ${tookMs} ms`);
  assert.equal(linksOf(host).filter(({ kind }) => kind === "macvlan").length, 0);
  assert.ok(tookMs < 2_000, `it took ${tookMs} ms`);
});
