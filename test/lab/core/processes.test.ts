/** What `global_defs` and the keywords outside all blocks make of the processes themselves, as /proc shows them. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { bytecodePath } from "../../../src/platform/run-bundle.js";
import { repository } from "../../setup/repository.js";
import { commandOf } from "../harness/products.js";
import type { Lab } from "../harness/lab.js";
import { labTest } from "../harness/lab-test.js";
import type { Program } from "../harness/program.js";

const INSTANCE = `
vrrp_instance V {
  interface eth0
  virtual_router_id 51
  priority 150
  advert_int 0.2
  virtual_ipaddress {
    10.86.0.100/24
  }
}
`;
const configuration = (globalLines: string, rootLines = ""): string =>
  `${rootLines}\nglobal_defs {\n${globalLines}\n}\n${INSTANCE}`;

const SCHED_OTHER = 0;
const SCHED_RR = 2;

/** /proc/PID/stat from the state on: niceness is word 16, real-time priority 37, policy 38. */
function stat(pid: number): string[] {
  return readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
}

const niceness = (pid: number): number => Number(stat(pid)[16]);
const priority = (pid: number): number => Number(stat(pid)[37]);
const policy = (pid: number): number => Number(stat(pid)[38]);
const comm = (pid: number): string => readFileSync(`/proc/${pid}/comm`, "utf8").trim();
const status = (pid: number, field: string): string =>
  new RegExp(`^${field}:\\s*(.*)$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";
const limit = (pid: number): string | undefined =>
  /^Max realtime timeout\s+(\S+\s+\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, "utf8"))?.[1];

/** The VRRP process, once it is master. */
async function masterOf(lab: Lab, router: Program, pidFile: string): Promise<number> {
  await lab.waitFor(() => lab.holders.of("10.86.0.100").length === 1, 8_000, "a master");
  return Number(readFileSync(`/proc/${router.pid}/root${pidFile}`, "utf8"));
}

labTest(
  "scheduling, niceness, CPUs, names and memory of the VRRP process, at the start and at reloads",
  ["ours"],
  async (lab) => {
    const host = await lab.addHost("a", { addresses: ["10.86.0.1/24"] });
    const router = lab.startRouter(host, "ours", configuration("vrrp_rlimit_rttime 8000000"));
    const pid = await masterOf(lab, router, "/run/vrrp.pid");
    const all = status(pid, "Cpus_allowed_list");
    assert.deepEqual([policy(pid), priority(pid), comm(pid)], [SCHED_RR, 1, "keepalived_vrrp"]);
    assert.match(limit(pid) ?? "", /^4000000\s+8000000$/);
    assert.notEqual(status(pid, "VmLck"), "0 kB");

    let reloads = 0;
    const reload = async (globalLines: string): Promise<void> => {
      writeFileSync(lab.configurationOf(host), configuration(globalLines));
      router.kill("SIGHUP");
      reloads++;
      const done = (): boolean =>
        router.output.all.filter(({ text }) => /Reload complete/i.test(text)).length >= reloads;
      await lab.waitFor(done, 8_000, `reload ${reloads}`);
    };
    await reload("vrrp_rt_priority 20\nvrrp_cpu_affinity 0\nvrrp_process_name mine\nprocess_name parent");
    assert.deepEqual(
      [policy(pid), priority(pid), comm(pid), comm(router.pid)],
      [SCHED_RR, 20, "mine", "parent"],
    );
    assert.match(limit(pid) ?? "", /^1500000\s+3000000$/);
    assert.equal(status(pid, "Cpus_allowed_list"), "0");
    await reload("vrrp_priority -7");
    assert.deepEqual([policy(pid), niceness(pid), comm(pid)], [SCHED_OTHER, -7, "keepalived_vrrp"]);
    assert.equal(status(pid, "Cpus_allowed_list"), all, "all CPUs again");
    assert.equal(comm(router.pid), "keepalived");
    await reload("vrrp_no_realtime");
    assert.deepEqual([policy(pid), niceness(pid)], [SCHED_OTHER, niceness(process.pid)], "as it was started");
  },
);

/** Stops the process for so long that its timers are late, and not so long that core kills it. */
async function holdUp(pid: number): Promise<void> {
  process.kill(pid, "SIGSTOP");
  try {
    await delay(1_300);
  } finally {
    process.kill(pid, "SIGCONT");
  }
}

const SERVICE = `
virtual_server 10.86.0.100 80 {
  ha_suspend
  delay_loop 1
  protocol TCP
  real_server 10.86.0.1 80 {
    TCP_CHECK {
      connect_timeout 1
    }
  }
}
`;

labTest(
  "max_auto_priority: processes with late timers get a higher real-time priority",
  ["ours"],
  async (lab) => {
    const host = await lab.addHost("a", { addresses: ["10.86.0.1/24"] });
    const text = configuration("max_auto_priority 3\nmin_auto_priority_delay 250000") + SERVICE;
    const router = lab.startRouter(host, "ours", text);
    const pid = await masterOf(lab, router, "/run/vrrp.pid");
    const checker = Number(readFileSync(`/proc/${router.pid}/root/run/checkers.pid`, "utf8"));
    await lab.waitFor(() => router.output.find(/TCP_CHECK on service/), 8_000, "a check");
    assert.deepEqual([policy(pid), priority(pid)], [SCHED_RR, 1]);
    // The ordinary process may have been late by itself on a busy host.
    for (const [held, raised] of [
      [pid, 2],
      [pid, 3],
      [checker, 1],
    ] as const) {
      await holdUp(held);
      await lab.waitFor(() => priority(held) >= raised, 5_000, `real-time priority ${raised}`);
      assert.equal(policy(held), SCHED_RR);
    }
    assert.ok(router.output.find(/A thread timer expired \d\.\d{6} seconds ago/) !== undefined);
    assert.ok(router.output.find(/Set realtime priority 3/) !== undefined);
    router.kill("SIGHUP");
    await lab.waitFor(() => router.output.find(/Reload complete/), 8_000, "the reload");
    assert.equal(priority(pid), 1, "as configured");
  },
);

labTest(
  "receive buffers of netlink sockets are as configured, and a reload changes them",
  ["ours"],
  async (lab) => {
    const host = await lab.addHost("a", { addresses: ["10.86.0.1/24"] });
    const text = (commands: number, monitor: number, ofChecker: number): string =>
      configuration(`
vrrp_netlink_cmd_rcv_bufs ${commands}
vrrp_netlink_monitor_rcv_bufs ${monitor}
lvs_netlink_monitor_rcv_bufs ${ofChecker}
lvs_netlink_monitor_rcv_bufs_force`) + SERVICE;
    /** The kernel counts its own overhead and so tells twice what it was asked for. */
    const buffers = (): number[] => {
      // With -p too, as ss of iproute2 6.15 shows no memory without that column.
      const shown = execFileSync("ip", ["netns", "exec", host.namespace, "ss", "-f", "netlink", "-m", "-p"]);
      const sockets = shown.toString().matchAll(/rtnl:(?!kernel)[^\n]*,rb(\d+),/g);
      const bytes = new Set([...sockets].map(([, doubled]) => Number(doubled) / 2));
      return [...bytes].filter((size) => size % 10_001 === 0).sort();
    };
    const router = lab.startRouter(host, "ours", text(50_005, 60_006, 3_000_300));
    await masterOf(lab, router, "/run/vrrp.pid");
    await lab.waitFor(() => router.output.find(/TCP_CHECK on service/), 8_000, "a check");
    assert.deepEqual(buffers(), [3_000_300, 50_005, 60_006]);
    writeFileSync(lab.configurationOf(host), text(80_008, 90_009, 4_000_400));
    router.kill("SIGHUP");
    await lab.waitFor(() => router.output.find(/Reload complete/), 8_000, "the reload");
    assert.deepEqual(buffers(), [4_000_400, 80_008, 90_009]);
  },
);

labTest(
  "config_save_dir: the text of the start, and text and states of each reload, for root only",
  ["ours"],
  async (lab) => {
    const host = await lab.addHost("a", { addresses: ["10.86.0.1/24"] });
    const global = (more: string): string =>
      `umask 022\nconfig_save_dir /tmp/kept/\nsmtp_user me\nsmtp_password geheim\n${more}`;
    const router = lab.startRouter(host, "ours", configuration(global("")) + SERVICE);
    const pid = await masterOf(lab, router, "/run/vrrp.pid");
    const root = `/proc/${router.pid}/root`;
    const checker = readFileSync(`${root}/run/checkers.pid`, "utf8").trim();
    const folder = `${root}/tmp/kept`;
    writeFileSync(lab.configurationOf(host), configuration(global("router_id later")) + SERVICE);
    router.kill("SIGHUP");
    await lab.waitFor(() => router.output.find(/Reload complete/), 8_000, "the reload");
    const expected = [
      `keepalived.conf.${router.pid}.0`,
      `keepalived.conf.${router.pid}.1`,
      `keepalived_check.${checker}.1.post`,
      `keepalived_check.${checker}.1.pre`,
      `keepalived_vrrp.${pid}.1.post`,
      `keepalived_vrrp.${pid}.1.pre`,
    ];
    const kept = (): string => readdirSync(folder).sort().join();
    for (let tries = 0; kept() !== expected.join() && tries < 50; tries++) await delay(100);
    assert.equal(kept(), expected.join());
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    for (const name of expected) assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
    const [before = "", after = "", ...states] = expected.map((name) =>
      readFileSync(join(folder, name), "utf8"),
    );
    assert.ok(!before.includes("router_id later") && after.includes("router_id later"));
    assert.match(after, /smtp_password geheim/, "a copy that can be used");
    const routerIds = states.map((state) => /Router ID = later/.test(state));
    assert.deepEqual(routerIds, [true, false, true, false]);
    assert.ok(states.every((state) => !state.includes("geheim")));
    assert.ok(
      states.slice(2).every((state) => /State = MASTER/.test(state)),
      "VRRP in service",
    );
  },
);

labTest("instance, umask and the names of dumps; at the end the directory is gone", ["ours"], async (lab) => {
  const host = await lab.addHost("a", { addresses: ["10.86.0.1/24"] });
  const file = lab.configurationOf(host);
  const text =
    "umask 022\nstate_dump_file state.txt\ndata_use_instance\nstats_dump_file /tmp/s\njson_dump_file /tmp/j";
  writeFileSync(file, configuration(text, "instance blue"));
  const shown = 'ls -d /run/keepalived 2>&1; echo "and that is all"';
  const router = lab.run("a", {
    namespace: host.namespace,
    command: [
      "sh",
      "-c",
      `"$@" & trap 'kill $!' TERM; wait; wait; ${shown}`,
      "sh",
      ...commandOf("ours", file),
    ],
    ownFolders: true,
  });
  const root = `/proc/${router.pid}/root`;
  const pid = await masterOf(lab, router, "/run/keepalived/vrrp_blue.pid");
  assert.ok(existsSync(`${root}/run/keepalived/keepalived_blue.pid`));
  assert.equal(statSync(`${root}/run/keepalived`).mode & 0o777, 0o755);
  process.kill(Number(readFileSync(`${root}/run/keepalived/keepalived_blue.pid`, "utf8")), "SIGUSR1");
  process.kill(pid, "SIGUSR2");
  process.kill(pid, 36);
  for (const name of ["state.blue.txt", "state_parent.blue.txt", "s", "j"]) {
    await lab.waitFor(() => existsSync(`${root}/tmp/${name}`), 5_000, name);
    assert.equal(statSync(`${root}/tmp/${name}`).mode & 0o777, 0o644, name);
  }
  // Renaming the daemon needs a restart: nothing of such a file is taken.
  writeFileSync(file, configuration("", "instance red"));
  process.kill(Number(readFileSync(`${root}/run/keepalived/keepalived_blue.pid`, "utf8")), "SIGHUP");
  await lab.waitFor(() => router.output.find(/Cannot change instance at a reload/), 5_000, "the refusal");
  assert.equal(lab.holders.of("10.86.0.100").length, 1);
  router.kill("SIGTERM");
  await lab.waitFor(() => router.output.find(/and that is all/), 8_000, "the end");
  assert.ok(router.output.find(/keepalived.*No such file/) !== undefined, lab.report());
});

labTest("net_namespace: the daemon moves there before it looks at interfaces", ["ours"], async (lab) => {
  const elsewhere = await lab.addHost("elsewhere", { addresses: ["10.86.0.1/24"] });
  const here = await lab.addHost("here", { addresses: ["10.86.0.2/24"] });
  here.ip("link", "del", "eth0");
  const file = lab.configurationOf(here);
  const folder = dirname(file);
  writeFileSync(file, configuration("", `net_namespace ${elsewhere.namespace}`));
  const files = ["-p", join(folder, "k.pid"), "-r", join(folder, "v.pid"), "-c", join(folder, "c.pid")];
  const router = lab.run("here", {
    namespace: here.namespace,
    command: [...commandOf("ours", file), ...files],
  });
  await lab.waitFor(() => lab.holders.of("10.86.0.100").join() === "elsewhere", 8_000, "a master there");
  const pid = Number(readFileSync(join(folder, "v.pid"), "utf8"));
  const inode = statSync(`/run/netns/${elsewhere.namespace}`).ino;
  for (const process of [router.pid, pid]) {
    assert.equal(readlinkSync(`/proc/${process}/ns/net`), `net:[${inode}]`);
  }
  router.kill("SIGTERM");
  await lab.waitFor(() => router.exit !== undefined, 5_000, "the end");
});

/** Whether V8 takes the bytecode of a bundle when Node is started with these options. */
function takesBytecode(bundle: string, options: readonly string[]): boolean {
  const program = `
    const { readFileSync } = require("node:fs");
    const [bundle, bytecode] = process.argv.slice(1);
    const cachedData = readFileSync(bytecode).subarray(0, -8);
    const script = new (require("node:vm").Script)(readFileSync(bundle, "latin1"), { filename: bundle, cachedData });
    process.stdout.write(String(script.cachedDataRejected));`;
  const words = [...options, "--eval", program, "--", bundle, bytecodePath(bundle)];
  return execFileSync(process.execPath, words, { encoding: "utf8" }) === "false";
}

labTest(
  "of the command's options of Node the VRRP process has those for children, and its bytecode goes with them",
  ["ours"],
  async (lab) => {
    const host = await lab.addHost("a", { addresses: ["10.86.0.1/24"] });
    const router = lab.startRouter(host, "ours", configuration(""));
    const pid = await masterOf(lab, router, "/run/vrrp.pid");
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    const options = words.filter((word) => word.startsWith("--"));
    const { size, mtimeMs } = statSync(process.execPath);
    const [ofWhich, ...ofCommand] = readFileSync(join(repository, "dist/keepalived.flags"), "utf8").split(
      "\n",
    );
    if (ofWhich?.startsWith(`${size} ${Math.floor(mtimeMs / 1000)} `) !== true)
      return void assert.deepEqual(options, []);
    assert.deepEqual(options, ["--no-memory-reducer"]);
    assert.ok(ofCommand.includes("--no-memory-reducer") && ofCommand.includes("--v8-pool-size=1"));
    const bundle = join(repository, "dist/keepalived_vrrp.bundle.js");
    assert.deepEqual([takesBytecode(bundle, options), takesBytecode(bundle, ["--no-opt"])], [true, false]);
  },
);
