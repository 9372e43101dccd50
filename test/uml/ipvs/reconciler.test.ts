/** Wishes of owners in a real kernel: what is edited, what is left alone, what comes back, what is known after a crash. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { KernelIpvs } from "../../../src/check/ipvs/kernel-ipvs.js";
import type { DestinationSetting, IpvsListener, ServiceSetting } from "../../../src/check/ipvs/model.js";
import { loadAddon } from "../../../src/native/load.js";
import { SO_RCVBUF, SO_RCVBUFFORCE, SOL_SOCKET } from "../../../src/net/constants.js";
import { formatSystemError } from "../../../src/net/system-error.js";
import { createEventLoop } from "../../../src/platform/event-loop.js";
import { repository } from "../../setup/repository.js";

const addon = loadAddon();
const loop = createEventLoop(addon);
const folder = mkdtempSync("/tmp/ipvs-");
const journal = join(folder, "journal");
const log = { info: () => {}, warning: () => {}, error: () => {}, detail: () => {} };

const ipvsadm = (...words: string[]): string =>
  execFileSync("ipvsadm", words, { encoding: "utf8", maxBuffer: 1 << 24 });
/** The kernel's table as `ipvsadm -S` writes it, so that it could be restored; sorted. */
const table = (): string[] => ipvsadm("-S", "-n").split("\n").filter(Boolean).sort();

const opened: KernelIpvs[] = [];

afterEach(async () => {
  for (const ipvs of opened.splice(0)) await ipvs.close();
  ipvsadm("-C");
  rmSync(journal, { force: true });
});

interface Heard {
  events: string[];
  ipvs: KernelIpvs;
}

async function open(listener: Partial<IpvsListener> = {}, namespace?: string): Promise<Heard> {
  const events: string[] = [];
  const ipvs = new KernelIpvs(
    addon,
    loop,
    log,
    {
      availability: (now) => events.push(`available ${now.available}`),
      refused: (owner, error) => events.push(`refused ${owner}: ${formatSystemError(error)}`),
      lost: (owner, subject) => events.push(`lost ${owner}: ${subject}`),
      ...listener,
    },
    { journal, namespace, syncProgram: join(repository, "dist", "ipvs-sync.js") },
  );
  opened.push(ipvs);
  assert.equal((await ipvs.open()).available, true);
  return { events, ipvs };
}

function server(address: string, more: Partial<DestinationSetting> = {}): DestinationSetting {
  const family = address.includes(":") ? 6 : 4;
  const plain = { weight: 1, upperThreshold: 0, lowerThreshold: 0 };
  return { family, address, port: 80, forwarding: { method: "NAT" }, ...plain, ...more };
}

function web(destinations: DestinationSetting[], more: Partial<ServiceSetting> = {}): ServiceSetting {
  return {
    key: { kind: "address", family: 4, protocol: "TCP", address: "10.99.1.1", port: 80 },
    scheduler: "rr",
    flags: { onePacket: false, flag1: false, flag2: false, flag3: false },
    persistence: { timeoutSeconds: 0 },
    destinations,
    ...more,
  };
}

const WEB = "-A -t 10.99.1.1:80 -s rr";
const line = (address: string, weight: number, method = "-m"): string =>
  `-a -t 10.99.1.1:80 -r ${address}:80 ${method} -w ${weight}`;

test("lvs_netlink_cmd_rcv_bufs: both sockets of generic netlink get it, after a connection and at a reload", async () => {
  const given: number[][] = [];
  const recording = {
    ...addon,
    Socket: class extends addon.Socket {
      override setOption(level: number, name: number, value: number): void {
        if (level === SOL_SOCKET) given.push([name, value]);
        super.setOption(level, name, value);
      }
    },
  };
  const listener = { availability: () => {}, refused: () => {}, lost: () => {} };
  const ipvs = new KernelIpvs(recording, loop, log, listener);
  opened.push(ipvs);
  ipvs.setReceiveBuffer({ bytes: 150_000, force: false });
  assert.equal((await ipvs.open()).available, true);
  assert.deepEqual(given.slice(-2), [
    [SO_RCVBUF, 150_000],
    [SO_RCVBUF, 150_000],
  ]);
  ipvs.setReceiveBuffer({ bytes: 9_000_000, force: true });
  assert.deepEqual(given.slice(-2), [
    [SO_RCVBUFFORCE, 9_000_000],
    [SO_RCVBUFFORCE, 9_000_000],
  ]);
});

test("services and destinations of every kind come out as they were wanted", async () => {
  const { ipvs, events } = await open();
  const tunnel = (setting: object): DestinationSetting["forwarding"] => ({
    method: "TUN",
    checksum: "nocsum",
    tunnel: "ipip",
    ...setting,
  });
  ipvs.want("kinds", [
    web([
      server("10.99.0.11", { weight: 3 }),
      server("10.99.0.12", {
        forwarding: { method: "DR" },
        upperThreshold: 100,
        lowerThreshold: 50,
        weight: 0,
      }),
      server("10.99.0.13", { forwarding: tunnel({}) }),
      server("10.99.0.14", { forwarding: tunnel({ tunnel: "gue", port: 6080, checksum: "csum" }) }),
      server("10.99.0.15", { forwarding: tunnel({ tunnel: "gre" }) }),
    ]),
    web([server("fd00:99::11", { port: 8080 })], {
      key: { kind: "address", family: 6, protocol: "UDP", address: "fd00:99::1", port: 0 },
      scheduler: "wlc",
      persistence: { timeoutSeconds: 300, prefixLength: 64 },
    }),
    web([server("10.99.0.11", { port: 0, forwarding: { method: "DR" } })], {
      key: { kind: "mark", family: 4, mark: 100 },
      scheduler: "sh",
      flags: { onePacket: false, flag1: true, flag2: true, flag3: false },
      persistence: { timeoutSeconds: 60, mask: "255.255.255.0" },
    }),
  ]);
  await ipvs.idle();
  assert.deepEqual(events, []);
  assert.deepEqual(table(), [
    "-A -f 100 -s sh -p 60 -M 255.255.255.0 -b sh-fallback,sh-port",
    WEB,
    "-A -u [fd00:99::1]:0 -s wlc -p 300 -M 64",
    "-a -f 100 -r 10.99.0.11:0 -g -w 1",
    line("10.99.0.11", 3),
    line("10.99.0.12", 0, "-g"),
    `${line("10.99.0.13", 1, "-i")} --tun-type ipip`,
    `-a -t 10.99.1.1:80 -r 10.99.0.14:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum`,
    `-a -t 10.99.1.1:80 -r 10.99.0.15:80 -i -w 1 --tun-type gre --tun-nocsum`,
    "-a -u [fd00:99::1]:0 -r [fd00:99::11]:8080 -m -w 1",
  ]);
  // -S knows no thresholds.
  assert.match(ipvsadm("-L", "-n", "--thresholds"), /10\.99\.0\.12:80 +100 +50 /);
  ipvs.remove("kinds");
  await ipvs.idle();
  assert.deepEqual(table(), []);
});

test("a wish that changed is an edit of what changed: counters and connections live on", async () => {
  const { ipvs } = await open();
  ipvs.want("web", [web([server("10.99.0.11"), server("10.99.0.12")])]);
  await ipvs.idle();
  // What somebody else edits shows whether we touch it.
  ipvsadm("-e", "-t", "10.99.1.1:80", "-r", "10.99.0.12:80", "-m", "-w", "7");
  const changed = [server("10.99.0.11", { weight: 9, forwarding: { method: "DR" } }), server("10.99.0.12")];
  ipvs.want("web", [web([...changed, server("10.99.0.13")], { scheduler: "wlc" })]);
  await ipvs.idle();
  assert.deepEqual(table(), [
    "-A -t 10.99.1.1:80 -s wlc",
    line("10.99.0.11", 9, "-g"),
    line("10.99.0.12", 7),
    line("10.99.0.13", 1),
  ]);
  ipvs.want("web", [web([server("10.99.0.13", { weight: 0 })], { scheduler: "wlc" })]);
  await ipvs.idle();
  assert.deepEqual(table(), ["-A -t 10.99.1.1:80 -s wlc", line("10.99.0.13", 0)]);
});

test("entries of others are left alone; one that is ours too keeps their settings", async () => {
  ipvsadm("-A", "-t", "10.99.1.1:80", "-s", "wlc");
  ipvsadm("-a", "-t", "10.99.1.1:80", "-r", "10.99.0.14:80", "-m", "-w", "4");
  ipvsadm("-a", "-t", "10.99.1.1:80", "-r", "10.99.0.11:80", "-m", "-w", "4");
  ipvsadm("-A", "-t", "10.99.1.9:80", "-s", "wlc");
  const { ipvs, events } = await open();
  ipvs.want("web", [web([server("10.99.0.11"), server("10.99.0.12")])]);
  await ipvs.idle();
  ipvs.removeLeftovers();
  await ipvs.idle();
  assert.deepEqual(events, []);
  assert.deepEqual(table(), [
    "-A -t 10.99.1.1:80 -s wlc",
    "-A -t 10.99.1.9:80 -s wlc",
    line("10.99.0.11", 4),
    line("10.99.0.12", 1),
    line("10.99.0.14", 4),
  ]);
  ipvs.remove("web");
  await ipvs.idle();
  assert.deepEqual(table(), ["-A -t 10.99.1.9:80 -s wlc"]);
});

test("what somebody removed comes back, and its owner hears of it", async () => {
  const back = 2;
  let heard = (): void => {};
  const all = new Promise<void>((resolve) => (heard = resolve));
  const lost: string[] = [];
  const { ipvs } = await open({
    lost: (owner, subject) => {
      lost.push(`${owner}: ${subject}`);
      if (lost.length === back) heard();
    },
  });
  const mark = web([server("10.99.0.11")], { key: { kind: "mark", family: 4, mark: 7 } });
  ipvs.want("web", [web([server("10.99.0.11"), server("10.99.0.12")])]);
  ipvs.want("mark", [mark]);
  await ipvs.idle();
  const before = table();
  ipvsadm("-d", "-t", "10.99.1.1:80", "-r", "10.99.0.12:80");
  ipvsadm("-D", "-f", "7");
  // An edit meets the loss at once; what nothing is wanted of is looked for every few seconds.
  ipvs.want("web", [web([server("10.99.0.11"), server("10.99.0.12", { weight: 2 })])]);
  await ipvs.idle();
  assert.deepEqual(lost, ["web: [10.99.0.12]:tcp:80 of [10.99.1.1]:tcp:80"]);
  await all;
  await ipvs.idle();
  assert.deepEqual(lost.slice(1), ["mark: FWM 7"]);
  assert.deepEqual(
    table(),
    before.map((text) => text.replace(/(0\.12:80 -m -w) 1/, "$1 2")),
  );
});

test("after a crash the next run takes over what is ours: what is as wanted stays, the rest is edited or goes", async () => {
  const { ipvs: crashed } = await open();
  crashed.want("web", [web([server("10.99.0.11"), server("10.99.0.12"), server("10.99.0.13")])]);
  crashed.want("old", [web([], { key: { kind: "mark", family: 6, mark: 9 } })]);
  await crashed.idle();
  ipvsadm("-a", "-t", "10.99.1.1:80", "-r", "10.99.0.14:80", "-m", "-w", "4");
  ipvsadm("-A", "-t", "10.99.1.9:80", "-s", "wlc");
  assert.match(readFileSync(journal, "utf8"), /^tcp 10\.99\.1\.1:80 > 10\.99\.0\.13:80$/m);
  const { ipvs, events } = await open();
  ipvs.want("web", [web([server("10.99.0.11", { weight: 5 }), server("10.99.0.12")], { scheduler: "wrr" })]);
  await ipvs.idle();
  // Not wanted yet is not the same as not wanted.
  assert.ok(table().includes(line("10.99.0.13", 1)));
  assert.ok(table().some((text) => text.startsWith("-A -f 9 -6")));
  ipvs.removeLeftovers();
  await ipvs.idle();
  assert.deepEqual(events, []);
  assert.deepEqual(table(), [
    "-A -t 10.99.1.1:80 -s wrr",
    "-A -t 10.99.1.9:80 -s wlc",
    line("10.99.0.11", 5),
    line("10.99.0.12", 1),
    line("10.99.0.14", 4),
  ]);
});

test("refusals name call, code and subject, once, and what they stand in the way of goes on", async () => {
  const { ipvs, events } = await open();
  const scheduler = "twos";
  ipvs.want("bad", [web([server("10.99.0.11")], { scheduler, key: { kind: "mark", family: 4, mark: 1 } })]);
  ipvs.want("web", [web([server("10.99.0.11"), server("224.0.0.1"), server("10.99.0.12")])]);
  await ipvs.idle();
  ipvs.want("web", [web([server("10.99.0.11"), server("224.0.0.1"), server("10.99.0.12")])]);
  await ipvs.idle();
  assert.deepEqual(table(), [WEB, line("10.99.0.11", 1), line("10.99.0.12", 1)]);
  assert.deepEqual(events, [
    "refused bad: FWM 1: IPVS_CMD_NEW_SERVICE: ENOENT",
    "refused web: [224.0.0.1]:tcp:80 of [10.99.1.1]:tcp:80: IPVS_CMD_NEW_DEST: EINVAL",
  ]);
});

test("a service of two owners has the servers of both and goes with the last", async () => {
  const { ipvs } = await open();
  const key = { kind: "mark", family: 4, mark: 7 } as const;
  ipvs.want("first", [web([server("10.99.0.11")], { key })]);
  ipvs.want("second", [web([server("10.99.0.12")], { key })]);
  await ipvs.idle();
  ipvs.remove("first");
  await ipvs.idle();
  assert.deepEqual(table(), ["-A -f 7 -s rr", "-a -f 7 -r 10.99.0.12:80 -m -w 1"]);
  ipvs.remove("second");
  await ipvs.idle();
  assert.deepEqual(table(), []);
});

test("flush empties the table, and what is wanted is added after it", async () => {
  ipvsadm("-A", "-t", "10.99.1.9:80", "-s", "wlc");
  const { ipvs } = await open();
  ipvs.flush();
  ipvs.want("web", [web([server("10.99.0.11")])]);
  await ipvs.idle();
  assert.deepEqual(table(), [WEB, line("10.99.0.11", 1)]);
});

test("net_namespace_ipvs: the table of another namespace is the one that is edited", async () => {
  execFileSync("ip", ["netns", "add", "elsewhere"]);
  // Without any route the kernel takes every address for a broadcast address and refuses it.
  execFileSync("ip", ["-n", "elsewhere", "link", "set", "lo", "up"]);
  try {
    const { ipvs } = await open({}, "/run/netns/elsewhere");
    ipvs.want("web", [web([server("10.99.0.11")])]);
    await ipvs.idle();
    const there = execFileSync("ip", ["netns", "exec", "elsewhere", "ipvsadm", "-S", "-n"], {
      encoding: "utf8",
    });
    assert.deepEqual(there.trim().split("\n"), [WEB, line("10.99.0.11", 1)]);
    assert.deepEqual(table(), []);
  } finally {
    execFileSync("ip", ["netns", "delete", "elsewhere"]);
  }
});

test("timeouts are set, changed and given back", async () => {
  const timeouts = (): string => ipvsadm("-L", "--timeout").trim();
  const { ipvs } = await open();
  const before = timeouts();
  assert.equal(await ipvs.setTimeouts({ tcpSeconds: 800, udpSeconds: 200 }), undefined);
  assert.match(timeouts(), /: 800 120 200$/);
  assert.equal(await ipvs.setTimeouts({ tcpFinSeconds: 60 }), undefined);
  assert.match(timeouts(), /: 900 60 300$/);
  assert.equal(await ipvs.setTimeouts({}), undefined);
  assert.equal(timeouts(), before);
});

test("counters are read for the services of one owner", async () => {
  const { ipvs } = await open();
  ipvs.want("web", [web([server("10.99.0.11", { weight: 3 })])]);
  ipvs.want("other", [web([], { key: { kind: "mark", family: 4, mark: 7 } })]);
  await ipvs.idle();
  const [service, ...rest] = await ipvs.statistics("web");
  assert.deepEqual(rest, []);
  assert.equal(service?.traffic.connections, 0n);
  assert.deepEqual(
    service?.destinations.map(({ address, port, weight }) => [address, port, weight]),
    [["10.99.0.11", 80, 3]],
  );
});

test("500 services of 16 servers: added, and wanted again without an edit", async () => {
  const { ipvs } = await open();
  const pool = Array.from({ length: 16 }, (_, i) => server(`10.99.0.${i + 1}`));
  const wantAll = async (): Promise<number> => {
    const began = performance.now();
    for (let mark = 1; mark <= 500; mark++) {
      const destinations = pool.map((entry) => ({ ...entry }));
      ipvs.want(`FWM ${mark}`, [web(destinations, { key: { kind: "mark", family: 4, mark } })]);
    }
    await ipvs.idle();
    return performance.now() - began;
  };
  const addedMs = await wantAll();
  // An edit of somebody else would be undone by any of ours.
  ipvsadm("-e", "-f", "250", "-r", "10.99.0.7:80", "-m", "-w", "5");
  const againMs = await wantAll();
  console.log(`added in ${Math.round(addedMs)} ms, wanted again in ${Math.round(againMs)} ms`);
  const after = table();
  assert.equal(after.length, 500 * 17);
  assert.ok(after.includes("-a -f 250 -r 10.99.0.7:80 -m -w 5"));
});
