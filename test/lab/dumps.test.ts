/** The files that signals ask for, beside those of Debian's keepalived on the same configuration. */
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { Lab } from "./harness/lab.js";
import { labTest } from "./harness/lab-test.js";
import type { Host } from "./harness/network.js";
import type { Program } from "./harness/program.js";
import type { Product } from "./harness/products.js";

/** Scripts in /usr/bin: to 2.3.3 the symbolic link /bin is a wrong file type in their path. */
const CONFIGURATION = `
global_defs {
  script_user root
}
static_ipaddress {
  10.86.0.77/24 dev eth0
}
vrrp_sync_group G {
  group {
    VI_1
    VI_2
  }
}
vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 51
  priority 150
  authentication {
    auth_type PASS
    auth_pass abc
  }
  virtual_ipaddress {
    10.86.0.100/24 brd 10.86.0.255 label eth0:1
    10.86.0.101 dev eth0 scope link
  }
  virtual_ipaddress_excluded {
    2001:db8::5/64
    10.86.0.200/24
  }
  virtual_routes {
    198.51.100.0/24 via 10.86.0.9 dev eth0
  }
  notify_master "/usr/bin/true a b"
  notify "/usr/bin/true x"
}
vrrp_instance VI_2 {
  interface eth0
  virtual_router_id 52
  version 3
  advert_int 0.5
  priority 150
  nopreempt
  virtual_ipaddress {
    fe80::52
    2001:db8::52
  }
  track_interface {
    lo
  }
  smtp_alert
}
vrrp_instance VI_3 {
  interface eth0
  virtual_router_id 53
  priority 100
  advert_int 20
  unicast_src_ip 10.86.0.1
  unicast_peer {
    10.86.0.2
  }
  virtual_ipaddress {
    10.86.0.53
  }
}
`;

interface Instance {
  data: Record<string, unknown>;
  stats: Record<string, number>;
}

/** `kill -s $(keepalived --signum=JSON)`. */
const JSON_SIGNAL = 36;

/** A file in the program's own /tmp, once all of it is there. */
async function written(lab: Lab, program: Program, name: string, end: RegExp): Promise<string> {
  const path = `/proc/${program.pid}/root/tmp/${name}`;
  const read = (): string => (existsSync(path) ? readFileSync(path, "utf8") : "");
  const text = await lab.poll(() => [read()].find((all) => end.test(all)), 5_000, name);
  assert.equal(statSync(path).mode & 0o777, 0o600, `mode of ${name}`);
  return text;
}

interface Shown {
  json: Instance[];
  statistics: string;
  data: string;
}

/** What a product shows of itself while it is master of the first two instances. */
async function show(lab: Lab, host: Host, product: Product): Promise<Shown> {
  const router = lab.startRouter(host, product, CONFIGURATION);
  await lab.waitFor(() => lab.holders.of("10.86.0.200").length === 1, 6_000, `${product} to become master`);
  await lab.waitFor(() => lab.holders.of("2001:db8::52").length === 1, 6_000, "its second instance");
  process.kill(router.pid, JSON_SIGNAL);
  const json = JSON.parse(await written(lab, router, "keepalived.json", /\]\n$/)) as Instance[];
  process.kill(router.pid, "SIGUSR2");
  const statistics = await written(lab, router, "keepalived.stats", /Sent: \d+\n$/);
  process.kill(router.pid, "SIGUSR1");
  const data = await written(lab, router, "keepalived.data", /Interfaces >[^]*MTU = \d+\n/);
  router.kill("SIGTERM");
  await lab.waitFor(() => router.exit !== undefined, 5_000, `${product} to end`);
  return { json, statistics, data };
}

/** What is meant to differ from 2.2.7, by key; the value is how ours shows it. */
const DIFFERENT: Readonly<Record<string, (theirs: unknown, ours: unknown) => boolean>> = {
  last_transition: (theirs, ours) => typeof theirs === "number" && typeof ours === "number" && ours > theirs,
  // The word says where the kernel puts it among its like, and is the default.
  vroutes: (theirs, ours) =>
    isDeepStrictEqual(
      theirs,
      (ours as string[]).map((route) => `prepend ${route}`),
    ),
  // 2.4.3 masks it too.
  auth_data: (theirs, ours) => theirs === "abc" && ours === "********",
};

function compareJson(theirs: readonly Instance[], ours: readonly Instance[]): void {
  assert.deepEqual(
    ours.map(({ data }) => data["iname"]),
    ["VI_1", "VI_2", "VI_3"],
  );
  for (const [i, { data, stats }] of theirs.entries()) {
    const own = ours[i];
    assert.ok(own !== undefined);
    assert.deepEqual(Object.keys(own.data), Object.keys(data), `keys of ${String(data["iname"])}`);
    for (const [key, value] of Object.entries(data)) {
      const differs = DIFFERENT[key];
      if (differs === undefined) assert.deepEqual(own.data[key], value, `${String(data["iname"])} ${key}`);
      else assert.ok(differs(value, own.data[key]), `${key}: ${String(value)}, ${String(own.data[key])}`);
    }
    const known = Object.keys(own.stats).filter((key) => !key.startsWith("auth_ext_"));
    assert.deepEqual(known, Object.keys(stats), "2.2.7 has all statistics but those of auth_hmac");
    assert.equal(own.stats["become_master"], stats["become_master"]);
  }
}

/** Labels, without values and without what depends on the moment. */
function labels(text: string): string[] {
  return text.split("\n").map((line) => line.replace(/[:=].*$/, "").trimEnd());
}

/** What Debian's shows of an instance and we do not: counters of its insides and descriptors; 2.3.3 also two moments. */
const NOT_SHOWN = [
  /^ {3}Number of (config|tracker|interface and track script) faults/,
  /^ {3}Number of track scripts init/,
  /^ {3}Flags of interface faults - /,
  /^ {3}fd_in /,
  /^ {3}(Last advert sent|Highest other priority)$/,
];

function topologyOf(data: string): string[] {
  const [, rest = ""] = data.split("------< VRRP Topology >------\n");
  const [topology = ""] = rest.split("------<");
  return labels(topology).filter((line) => /^ {1,3}\S/.test(line));
}

labTest(
  "JSON, statistics and state show what Debian's keepalived shows, under the same names",
  ["ours", "debian"],
  async (lab) => {
    const host = await lab.addHost("router", { addresses: ["10.86.0.1/24"] });
    const theirs = await show(lab, host, "debian");
    const ours = await show(lab, host, "ours");
    compareJson(theirs.json, ours.json);
    const extension = /^ {2}Authentication Extension Errors:\n(?: {4}.*\n)+/gm;
    assert.deepEqual(labels(ours.statistics.replace(extension, "")), labels(theirs.statistics));
    const shown = new Set(topologyOf(ours.data));
    const lacking = topologyOf(theirs.data).filter((label) => !shown.has(label));
    assert.deepEqual(
      lacking.filter((label) => !NOT_SHOWN.some((pattern) => pattern.test(label))),
      [],
      "labels of instances",
    );
  },
);

labTest("real-time signals to the VRRP process itself, version 2 of the JSON", ["ours"], async (lab) => {
  const host = await lab.addHost("router", { addresses: ["10.86.0.1/24"] });
  const configuration = CONFIGURATION.replace("global_defs {", "global_defs {\n  json_version 2");
  const router = lab.startRouter(host, "ours", configuration);
  await lab.waitFor(() => router.output.find(/Entering BACKUP STATE/), 6_000, "the instances to start");
  const vrrp = router.processes().find(({ command }) => command.includes("keepalived_vrrp"));
  assert.ok(vrrp !== undefined);
  process.kill(vrrp.pid, JSON_SIGNAL);
  const text = await written(lab, router, "keepalived.json", /\}\n$/);
  const { vrrp: list } = JSON.parse(text) as { vrrp: Instance[] };
  assert.deepEqual(
    list.map(({ data }) => [data["iname"], data["state"]]),
    [
      ["VI_1", 1],
      ["VI_2", 1],
      ["VI_3", 1],
    ],
  );
});

labTest(
  "vrrp_rx_bufs_policy and kernel_rx_buf_size are added up for a socket, and follow a reload",
  ["ours"],
  async (lab) => {
    const host = await lab.addHost("router", { addresses: ["10.86.0.1/24"] });
    const sized = (policy: string): string =>
      CONFIGURATION.replace("global_defs {", `global_defs {\n${policy}`).replace(
        "virtual_router_id 53",
        "virtual_router_id 53\nkernel_rx_buf_size 20000",
      );
    const router = lab.startRouter(host, "ours", sized("vrrp_rx_bufs_policy 9000"));
    await lab.waitFor(() => router.output.find(/Entering BACKUP STATE/), 6_000, "the instances to start");
    const sizes = async (): Promise<Record<string, number>> => {
      const path = `/proc/${router.pid}/root/tmp/keepalived.data`;
      rmSync(path, { force: true });
      process.kill(router.pid, "SIGUSR1");
      const text = await written(lab, router, "keepalived.data", /Interfaces >[^]*MTU = \d+\n/);
      const sockets = text.matchAll(/ {3}Rx buf size = (\d+)\n {3}VRRP instances\n {5}(\w+) vrid/g);
      return Object.fromEntries([...sockets].map(([, bytes, name]) => [name ?? "", Number(bytes)]));
    };
    // The kernel counts its own overhead, and so tells twice what was asked for.
    assert.deepEqual(await sizes(), { VI_1: 18_000, VI_2: 18_000, VI_3: 40_000 });
    const from = router.output.all.length;
    writeFileSync(lab.configurationOf(host), sized("vrrp_rx_bufs_policy MTU\nvrrp_rx_bufs_multiplier 4"));
    router.kill("SIGHUP");
    await lab.waitFor(() => router.output.find(/Reload complete/, from), 5_000, "the reload");
    assert.deepEqual(await sizes(), { VI_1: 12_000, VI_2: 12_000, VI_3: 40_000 });
  },
);
