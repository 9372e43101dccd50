/** One router alone or beside one peer: what a running daemon does when somebody changes its surroundings or its file. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import type { Lab } from "./harness/lab.js";
import { labTest } from "./harness/lab-test.js";
import type { Host } from "./harness/network.js";
import type { Program } from "./harness/program.js";

const VIP = "10.84.0.100";
const OWN = "10.84.0.1";
/** Three adverts of 0.2 s and the skew of priority 100: 0.72 s. */
const FAST = "version 3\nadvert_int 0.2\npriority 100";

interface Instance {
  name?: string;
  vrid?: number;
  addresses?: readonly string[];
  lines?: string;
  device?: string;
}

function instance({
  name = "VI_1",
  vrid = 84,
  addresses = [`${VIP}/24`],
  lines = FAST,
  device = "eth0",
}: Instance = {}): string {
  return `vrrp_instance ${name} {\ninterface ${device}\nvirtual_router_id ${vrid}\n${lines}\nvirtual_ipaddress {\n${addresses.join("\n")}\n}\n}\n`;
}

interface Scene {
  host: Host;
  router: Program;
  /** Path of its configuration. */
  file: string;
}

async function startMaster(lab: Lab, configuration: string, vip = VIP): Promise<Scene> {
  const host = await lab.addHost("router", { addresses: [`${OWN}/24`] });
  const router = lab.startRouter(host, "ours", configuration);
  await lab.waitFor(() => lab.holders.of(vip).length === 1, 6_000, "the router to become master");
  await lab.waitFor(() => router.output.find(/Entering MASTER STATE/), 2_000, "its log to say so");
  return { host, router, file: lab.configurationOf(host) };
}

async function reload(
  lab: Lab,
  { router, file }: Scene,
  configuration: string,
  answer: RegExp,
): Promise<void> {
  const before = router.output.all.length;
  writeFileSync(file, configuration);
  router.kill("SIGHUP");
  await lab.waitFor(() => router.output.find(answer, before), 5_000, `the log to say ${answer.source}`);
}

/** Transitions that the log told since a line. */
function transitions(router: Program, from: number): string[] {
  return router.output.all
    .slice(from)
    .map(({ text }) => /\((\w+)\) Entering (\w+) STATE/.exec(text))
    .flatMap((match) => (match === null ? [] : [`${match[1]} ${match[2]}`]));
}

labTest(
  "an address that somebody removes is back at once, announced, and mastership is kept",
  ["ours"],
  async (lab) => {
    const scene = await startMaster(lab, instance({ lines: `${FAST}\ngarp_master_repeat 1` }));
    await lab.waitFor(() => lab.capture.announcements.length > 0, 3_000, "the first announcement");
    const from = scene.router.output.all.length;
    const announced = lab.capture.announcements.length;
    scene.host.ip("address", "delete", `${VIP}/24`, "dev", "eth0");
    await lab.waitFor(
      () => lab.holders.events.filter(({ added }) => added).length >= 2,
      3_000,
      "the address to be back",
    );
    const [removed, back] = lab.holders.events.slice(-2);
    assert.ok(removed !== undefined && back !== undefined && !removed.added && back.added);
    assert.ok(back.at - removed.at < 200, `it took ${back.at - removed.at} ms`);
    await lab.waitFor(() => lab.capture.announcements.length > announced, 3_000, "it to be announced");
    await lab.waitFor(
      () => scene.router.output.find(/somebody removed 10\.84\.0\.100\/24 on eth0/, from),
      1_000,
      "the log line",
    );
    assert.deepEqual(transitions(scene.router, from), []);
  },
);

labTest("a reload of an unchanged file disturbs nothing", ["ours"], async (lab) => {
  const scene = await startMaster(lab, instance());
  const from = scene.router.output.all.length;
  const events = lab.holders.events.length;
  await reload(lab, scene, instance(), /Reload complete/);
  const { adverts } = lab.capture;
  const before = adverts.length;
  await lab.waitFor(() => adverts.length >= before + 5, 5_000, "five more adverts");
  const gaps = adverts.slice(1).map((advert, i) => advert.at - (adverts[i]?.at ?? 0));
  assert.ok(Math.max(...gaps) < 260, `longest gap ${Math.max(...gaps)} ms`);
  assert.equal(lab.holders.events.length, events);
  assert.deepEqual(transitions(scene.router, from), []);
});

labTest("a reload with a mistake changes nothing and says where it is", ["ours"], async (lab) => {
  const scene = await startMaster(lab, instance());
  const from = scene.router.output.all.length;
  await reload(lab, scene, instance({ lines: `${FAST}\npriorty 150` }), /did you mean 'priority'/);
  assert.ok(scene.router.output.find(/:\d+:\d+: error: unknown keyword 'priorty'/, from));
  const before = lab.capture.adverts.length;
  await lab.waitFor(() => lab.capture.adverts.length >= before + 3, 3_000, "adverts go on");
  assert.equal(lab.capture.adverts.at(-1)?.priority, 100);
  assert.deepEqual(lab.holders.of(VIP), ["router"]);
  assert.deepEqual(transitions(scene.router, from), []);
});

labTest(
  "a reload adds and removes single addresses of a master, and changes its priority",
  ["ours"],
  async (lab) => {
    const scene = await startMaster(lab, instance({ addresses: [`${VIP}/24`, "10.84.0.101/24"] }));
    const from = scene.router.output.all.length;
    const kept = lab.holders.events.filter(({ address }) => address === VIP).length;
    const next = instance({ addresses: [`${VIP}/24`, "10.84.0.102/24"], lines: FAST.replace("100", "120") });
    await reload(lab, scene, next, /Reload complete/);
    await lab.waitFor(() => lab.holders.of("10.84.0.102").length === 1, 2_000, "the new address");
    await lab.waitFor(() => lab.holders.of("10.84.0.101").length === 0, 2_000, "the old address to go");
    await lab.waitFor(() => lab.capture.adverts.at(-1)?.priority === 120, 2_000, "the new priority");
    assert.deepEqual(lab.capture.adverts.at(-1)?.addresses, [VIP, "10.84.0.102"]);
    assert.equal(lab.holders.events.filter(({ address }) => address === VIP).length, kept);
    assert.deepEqual(transitions(scene.router, from), []);
  },
);

labTest("a reload starts a new instance and stops a removed one with priority 0", ["ours"], async (lab) => {
  const second = instance({ name: "VI_2", vrid: 85, addresses: ["10.84.0.120/24"] });
  const scene = await startMaster(lab, instance() + second);
  await lab.waitFor(() => lab.holders.of("10.84.0.120").length === 1, 3_000, "the second instance");
  const third = instance({ name: "VI_3", vrid: 86, addresses: ["10.84.0.130/24"] });
  await reload(lab, scene, instance() + third, /Reload complete/);
  await lab.waitFor(
    () => lab.capture.adverts.some((advert) => advert.vrid === 85 && advert.priority === 0),
    2_000,
    "its resignation",
  );
  await lab.waitFor(() => lab.holders.of("10.84.0.120").length === 0, 2_000, "its address to go");
  await lab.waitFor(
    () => lab.holders.of("10.84.0.130").length === 1,
    4_000,
    "the new instance to become master",
  );
  assert.deepEqual(lab.holders.of(VIP), ["router"]);
});

labTest("link down is FAULT with its cause, link up leads back to MASTER", ["ours"], async (lab) => {
  const { host, router } = await startMaster(lab, instance());
  host.unplug();
  await lab.waitFor(
    () => router.output.find(/\(VI_1\) Entering FAULT STATE \(eth0 is down\)/),
    3_000,
    "FAULT",
  );
  await lab.waitFor(() => lab.holders.of(VIP).length === 0, 2_000, "the address to go");
  host.plug();
  await lab.waitFor(() => lab.holders.of(VIP).length === 1, 5_000, "the router to be master again");
});

labTest("an interface that is deleted and made again is used again", ["ours"], async (lab) => {
  const host = await lab.addHost("router", { addresses: [`${OWN}/24`] });
  const make = (): void => {
    host.ip("link", "add", "d0", "type", "veth", "peer", "name", "d1");
    host.ip("link", "set", "d1", "up");
    host.ip("link", "set", "d0", "up");
    host.ip("address", "add", "10.85.0.1/24", "dev", "d0");
  };
  make();
  const router = lab.startRouter(host, "ours", instance({ device: "d0", addresses: ["10.85.0.100/24"] }));
  await lab.waitFor(() => lab.holders.of("10.85.0.100").length === 1, 6_000, "the router to become master");
  host.ip("link", "delete", "d0");
  await lab.waitFor(
    () => router.output.find(/Entering FAULT STATE \(d0 (is down|does not exist)/),
    3_000,
    "FAULT",
  );
  const from = lab.holders.events.length;
  make();
  await lab.waitFor(
    () => lab.holders.events.slice(from).some(({ address, added }) => added && address === "10.85.0.100"),
    6_000,
    "the router to be master again",
  );
});

labTest("a sync group follows its member into FAULT and back", ["ours"], async (lab) => {
  const host = await lab.addHost("router", { addresses: [`${OWN}/24`] });
  host.ip("link", "add", "d0", "type", "veth", "peer", "name", "d1");
  host.ip("link", "set", "d1", "up");
  host.ip("link", "set", "d0", "up");
  host.ip("address", "add", "10.85.0.1/24", "dev", "d0");
  const group = "vrrp_sync_group G {\ngroup {\nVI_1\nVI_2\n}\n}\n";
  const members =
    instance() + instance({ name: "VI_2", vrid: 85, device: "d0", addresses: ["10.85.0.100/24"] });
  const router = lab.startRouter(host, "ours", group + members);
  const both = (): boolean => lab.holders.of(VIP).length === 1 && lab.holders.of("10.85.0.100").length === 1;
  await lab.waitFor(both, 6_000, "both members to be master");
  host.ip("link", "set", "d1", "down");
  await lab.waitFor(() => lab.holders.of(VIP).length === 0, 3_000, "the other member to give up");
  await lab.waitFor(
    () => router.output.find(/VRRP_Group\(G\) Syncing instances to FAULT state/),
    1_000,
    "the group's line",
  );
  await lab.waitFor(
    () => lab.capture.adverts.some(({ vrid, priority }) => vrid === 84 && priority === 0),
    1_000,
    "its resignation",
  );
  host.ip("link", "set", "d1", "up");
  await lab.waitFor(both, 6_000, "both members to be master again");
});

labTest("the signals write state and statistics", ["ours"], async (lab) => {
  const { router } = await startMaster(lab, instance());
  const folder = `/proc/${router.pid}/root/tmp`;
  router.kill("SIGUSR1");
  const read = (name: string): string | undefined => {
    try {
      return readFileSync(`${folder}/${name}`, "utf8");
    } catch {
      return undefined;
    }
  };
  await lab.waitFor(() => router.output.find(/Printing VRRP data/), 2_000, "the log line");
  const poke = setInterval(() => router.kill("SIGUSR2"), 100);
  try {
    const data = await lab.waitFor(() => read("keepalived.data"), 3_000, "the state");
    assert.match(data, / VRRP Instance = VI_1\n/);
    assert.match(data, / {3}State = MASTER\n/);
    assert.match(data, / {5}10\.84\.0\.100\/24 dev eth0 scope global set\n/);
    const stats = await lab.waitFor(() => read("keepalived.stats"), 3_000, "the statistics");
    assert.match(stats, /VRRP Instance: VI_1\n {2}Advertisements:\n {4}Received: 0\n {4}Sent: [1-9]/);
  } finally {
    clearInterval(poke);
  }
});

labTest("a stop right after a reload leaves nothing behind", ["ours"], async (lab) => {
  const statics = "static_ipaddress {\n10.86.0.1/32 dev eth0\n}\n";
  for (const pauseMs of [0, 2, 5]) {
    const host = await lab.addHost(`router${pauseMs}`, { addresses: [`10.84.0.${10 + pauseMs}/24`] });
    const owner = instance({ lines: "version 3\nadvert_int 0.2\npriority 255", vrid: 90 + pauseMs });
    const router = lab.startRouter(host, "ours", statics + owner);
    await lab.waitFor(() => lab.holders.of(VIP).includes(host.name), 6_000, "the router to become master");
    router.kill("SIGHUP");
    await lab.watch(pauseMs);
    router.kill("SIGTERM");
    await lab.waitFor(() => router.exit !== undefined, 5_000, "the router to end");
    assert.equal(router.exit, "0");
    assert.doesNotMatch(host.ip("address", "show", "dev", "eth0"), /10\.84\.0\.100|10\.86\.0\.1\b/);
  }
});

labTest(
  "static addresses that are there already stay, and survive the death of the VRRP process",
  ["ours"],
  async (lab) => {
    const host = await lab.addHost("router", { addresses: [`${OWN}/24`, "10.84.0.77/24"] });
    const statics = `static_ipaddress {\n${OWN}/24 dev eth0\n10.86.0.1/32 dev eth0\n}\n`;
    const router = lab.startRouter(host, "ours", statics + instance());
    await lab.waitFor(() => lab.holders.of(VIP).length === 1, 6_000, "the router to become master");
    assert.match(host.ip("address", "show", "dev", "eth0"), /10\.84\.0\.77\/24/);
    const child = router.processes().find(({ command }) => command.includes("keepalived_vrrp"));
    assert.ok(child !== undefined);
    const from = lab.holders.events.length;
    process.kill(child.pid, "SIGKILL");
    await lab.waitFor(() => lab.holders.of(VIP).length === 0, 3_000, "the virtual address to be withdrawn");
    await lab.waitFor(() => lab.holders.of(VIP).length === 1, 6_000, "another VRRP process to be master");
    const gone = lab.holders.events.slice(from).filter(({ added, address }) => !added && address !== VIP);
    assert.deepEqual(gone, []);
    router.kill("SIGTERM");
    await lab.waitFor(() => router.exit !== undefined, 5_000, "the router to end");
    assert.doesNotMatch(host.ip("address", "show", "dev", "eth0"), /10\.86\.0\.1\b/);
  },
);

labTest("losing the only source address is told with priority 0", ["ours"], async (lab) => {
  const { host, router } = await startMaster(lab, instance({ addresses: [`${VIP}/32`] }));
  host.ip("address", "delete", `${OWN}/24`, "dev", "eth0");
  await lab.waitFor(
    () => router.output.find(/Entering FAULT STATE \(no IPv4 address on eth0/),
    3_000,
    "FAULT",
  );
  const resigned = await lab.waitFor(
    () => lab.capture.adverts.find(({ priority }) => priority === 0),
    2_000,
    "priority 0",
  );
  assert.equal(resigned.source, OWN);
  host.ip("address", "add", `${OWN}/24`, "dev", "eth0");
  await lab.waitFor(() => lab.holders.of(VIP).length === 1, 5_000, "the router to be master again");
});

labTest("an address whose interface comes later is announced then", ["ours"], async (lab) => {
  const host = await lab.addHost("router", { addresses: [`${OWN}/24`] });
  host.ip("link", "add", "late", "link", "eth0", "type", "macvlan", "mode", "bridge");
  const late = instance({ addresses: [`${VIP}/24`, "10.84.0.110/32 dev late no_track"] });
  lab.startRouter(host, "ours", late);
  await lab.waitFor(() => lab.holders.of(VIP).length === 1, 6_000, "the router to become master");
  host.ip("link", "set", "late", "up");
  await lab.waitFor(
    () => lab.capture.announcements.some(({ address }) => address === "10.84.0.110"),
    5_000,
    "its announcement",
  );
});

labTest(
  "linkbeat_interfaces: the driver of the interface is asked, and what it says is the cause in the log",
  ["ours"],
  async (lab) => {
    const scene = await startMaster(lab, `linkbeat_interfaces {\neth0\n}\n${instance()}`);
    const from = scene.router.output.all.length;
    scene.host.unplug();
    await lab.waitFor(
      () => scene.router.output.find(/ETHTOOL reports eth0 down/, from),
      2_000,
      "the driver's answer",
    );
    await lab.waitFor(
      () => scene.router.output.find(/Entering FAULT STATE \(.*eth0 is down by ETHTOOL/, from),
      2_000,
      "the fault",
    );
    scene.host.plug();
    await lab.waitFor(
      () => scene.router.output.find(/Entering MASTER STATE/, from),
      6_000,
      "it to be master again",
    );
    assert.ok(scene.router.output.find(/ETHTOOL reports eth0 up/, from), "said once it is up again");
  },
);

labTest(
  "interface_up_down_delays: a short loss of the link goes unnoticed, a longer one counts",
  ["ours"],
  async (lab) => {
    const delays = "interface_up_down_delays {\neth0 0.3 0.1\n}\n";
    const scene = await startMaster(lab, delays + instance());
    const from = scene.router.output.all.length;
    scene.host.unplug();
    await lab.waitFor(
      () => scene.router.output.find(/eth0 is down, which counts in 0\.3 s/, from),
      2_000,
      "it to be seen",
    );
    scene.host.plug();
    await lab.watch(500);
    assert.deepEqual(transitions(scene.router, from), []);
    scene.host.unplug();
    await lab.waitFor(
      () => scene.router.output.find(/Entering FAULT STATE \(.*eth0.* is down\)/, from),
      2_000,
      "the fault",
    );
    scene.host.plug();
    await lab.waitFor(
      () => scene.router.output.find(/Entering MASTER STATE/, from),
      4_000,
      "it to be master again",
    );
  },
);
