/**
 * Health checks of many servers with the kernel's IPVS: CPU and memory, how evenly the checks come, how long until all
 * servers that died are out of the table; and a reload of a large table without a change. Runs where IPVS is.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type FarmSettings, farmConfiguration, PORTS } from "./check-configuration.js";
import type { Daemon } from "./daemon.js";
import { sleep } from "./feed.js";
import { type Host, undoAtEnd } from "./lab.js";
import { proportionalMebibytes } from "./processes.js";
import { Session } from "./session.js";
import type { Program, Samples, Subject } from "./subject.js";

const DELAY_LOOP_S = 2;
const TIMEOUT_S = 1;
/** After the start, and after a first round of checks. */
const SETTLE_MS = 8000;
const MEASURE_MS = 20_000;
const PATIENCE_MS = 90_000;
/** Reading a large table is work for the machine that is measured. */
const POLL_MS = { few: 20, many: 300 };
const TICKS_PER_SECOND = 100;
const SERVER = fileURLToPath(new URL("check-server.js", import.meta.url));

class Server {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #kill: () => void;

  private constructor(child: ChildProcess, lines: Interface) {
    this.#child = child;
    this.#lines = lines;
    this.#kill = undoAtEnd(() => child.kill("SIGKILL"));
  }

  static async start(host: Host, kind: "tcp" | "http", port: number): Promise<Server> {
    const words = [`--net=/run/netns/${host.namespace}`, process.execPath, SERVER, kind, String(port)];
    const child = spawn("nsenter", words, { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout });
    const server = new Server(child, lines);
    await server.#line();
    return server;
  }

  async #line(): Promise<string> {
    const [line] = (await once(this.#lines, "line")) as [string];
    return line;
  }

  /** Connections since the last call: the most within 100 ms, and all. */
  async counts(): Promise<{ largest: number; total: number }> {
    const line = this.#line();
    this.#child.stdin?.write("\n");
    const [largest = 0, total = 0] = (await line).split(" ").map(Number);
    return { largest, total };
  }

  kill(): void {
    this.#kill();
  }
}

/** Destinations in the kernel's table of the daemon's namespace. */
function destinations(daemon: Daemon): number {
  const table = readFileSync(`/proc/${daemon.pid}/net/ip_vs`, "latin1");
  return table.split("\n").filter((line) => line.startsWith("  -> ") && !line.includes("RemoteAddress"))
    .length;
}

/** Seconds of processor time by the clock of ticks, as kernels without statistics of the scheduler have it. */
function processorSeconds(daemon: Daemon): number {
  const ticks = daemon.pids.map((pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, one) => sum + one, 0) / TICKS_PER_SECOND;
}

/** @returns milliseconds until the table has `count` destinations */
async function untilDestinations(daemon: Daemon, count: number, pollMs = POLL_MS.few): Promise<number> {
  const from = performance.now();
  while (destinations(daemon) !== count) {
    if (performance.now() - from > PATIENCE_MS)
      throw new Error(`${destinations(daemon)} destinations, not ${count}; last lines:\n${daemon.logTail()}`);
    await sleep(pollMs);
  }
  return performance.now() - from;
}

async function checkMany(
  program: Program,
  name: string,
  kind: "tcp" | "http",
  count: number,
): Promise<Samples> {
  return Session.run(async (session) => {
    const { left } = session.lab;
    const servers = await Promise.all(PORTS.map((port) => Server.start(left, kind, port)));
    const farm: FarmSettings = {
      services: count / 10,
      serversPerService: 10,
      checker: kind === "tcp" ? "TCP_CHECK" : "HTTP_GET",
      delayLoopS: DELAY_LOOP_S,
      timeoutS: TIMEOUT_S,
    };
    const daemon = session.startWith(program, left, farmConfiguration(farm));
    await daemon.expect(untilDestinations(daemon, count));
    await sleep(SETTLE_MS);
    for (const server of servers) await server.counts();
    const before = processorSeconds(daemon);
    await sleep(MEASURE_MS);
    const share = (processorSeconds(daemon) - before) / (MEASURE_MS / 1000);
    const counts = await Promise.all(servers.map((server) => server.counts()));
    const total = counts.reduce((sum, one) => sum + one.total, 0);
    const even = total / (MEASURE_MS / 100) / PORTS.length;
    servers[1]?.kill();
    const out = await daemon.expect(untilDestinations(daemon, count / 2));
    return {
      [`${name}.share`]: [share],
      [`${name}.rate`]: [total / (MEASURE_MS / 1000)],
      [`${name}.burst`]: [Math.max(...counts.map(({ largest }) => largest)) / even],
      [`${name}.memory`]: [proportionalMebibytes(daemon.pids)],
      [`${name}.out`]: [out],
    };
  });
}

const ALL_OUT_MS = (DELAY_LOOP_S + TIMEOUT_S + 1) * 1000;

function checksOf(kind: "tcp" | "http", count: number): Subject {
  const name = `${kind}-checks`;
  const keyword = kind === "tcp" ? "TCP_CHECK" : "HTTP_GET";
  return {
    name,
    about: `${count} servers with ${keyword} at delay_loop ${DELAY_LOOP_S}`,
    rounds: 3,
    metrics: [
      {
        id: `${name}.share`,
        title: `CPU, ${count} servers with ${keyword} at delay_loop ${DELAY_LOOP_S}`,
        unit: "s/s",
        goal: { kind: "ratio", atMost: 1 },
      },
      { id: `${name}.rate`, title: "  checks per second", unit: "1/s" },
      { id: `${name}.burst`, title: "  most checks in 100 ms, of the average", unit: "times" },
      { id: `${name}.memory`, title: "  memory (PSS)", unit: "MiB" },
      {
        id: `${name}.out`,
        title: `  until all ${count / 2} that died are out`,
        unit: "ms",
        goal: { kind: "near", target: ALL_OUT_MS / 2, within: ALL_OUT_MS / 2 },
      },
    ],
    measure: (program) => checkMany(program, name, kind, count),
  };
}

const SERVICES = 500;
const SERVERS_PER_SERVICE = 16;
const BEACON =
  "virtual_server 10.98.0.1 80 {\n lvs_sched rr\n protocol TCP\n real_server 127.250.0.1 80 {\n }\n}\n";

/** A reload that adds one virtual server, whose destination tells that it is in force. */
async function reloadMany(program: Program): Promise<Samples> {
  return Session.run(async (session) => {
    const farm = farmConfiguration({
      services: SERVICES,
      serversPerService: SERVERS_PER_SERVICE,
      delayLoopS: 60,
      timeoutS: TIMEOUT_S,
    });
    const daemon = session.startWith(program, session.lab.left, farm);
    const count = SERVICES * SERVERS_PER_SERVICE;
    const filled = await daemon.expect(untilDestinations(daemon, count, POLL_MS.many));
    await sleep(SETTLE_MS);
    const before = processorSeconds(daemon);
    daemon.reload(farm + BEACON);
    const inForce = await daemon.expect(untilDestinations(daemon, count + 1, POLL_MS.many));
    await sleep(1000);
    return {
      "check-reload.filled": [filled],
      "check-reload.inForce": [inForce],
      "check-reload.cpu": [processorSeconds(daemon) - before],
    };
  });
}

const reload: Subject = {
  name: "check-reload",
  about: `a reload of ${SERVICES} virtual servers with ${SERVERS_PER_SERVICE} real servers each that adds one`,
  rounds: 3,
  metrics: [
    {
      id: "check-reload.filled",
      title: `start to the last of ${SERVICES} x ${SERVERS_PER_SERVICE} servers in the table`,
      unit: "ms",
    },
    {
      id: "check-reload.inForce",
      title: "  SIGHUP to a new virtual server in the table",
      unit: "ms",
      goal: { kind: "ratio", atMost: 1 },
    },
    { id: "check-reload.cpu", title: "  CPU of that reload", unit: "s" },
  ],
  measure: reloadMany,
};

/** As many as one server in a guest can answer: 10 ms a connection. */
const TCP_SERVERS = 200;
const HTTP_SERVERS = 60;

export const CHECK_SUBJECTS: readonly Subject[] = [
  checksOf("tcp", TCP_SERVERS),
  checksOf("http", HTTP_SERVERS),
  reload,
];

/** Checks that one second of processor time pays for, without IPVS: for this machine's own kernel. */
export async function checksPerProcessorSecond(program: Program, servers: number): Promise<number> {
  return Session.run(async (session) => {
    const { left } = session.lab;
    const listeners = await Promise.all(PORTS.map((port) => Server.start(left, "tcp", port)));
    const daemon = session.startWith(
      program,
      left,
      farmConfiguration({
        services: servers / 10,
        serversPerService: 10,
        checker: "TCP_CHECK",
        delayLoopS: DELAY_LOOP_S,
        timeoutS: TIMEOUT_S,
      }),
    );
    await daemon.expect(sleep(2 * SETTLE_MS));
    for (const listener of listeners) await listener.counts();
    const before = processorSeconds(daemon);
    await daemon.expect(sleep(MEASURE_MS));
    const used = processorSeconds(daemon) - before;
    const counts = await Promise.all(listeners.map((listener) => listener.counts()));
    for (const listener of listeners) listener.kill();
    return counts.reduce((sum, { total }) => sum + total, 0) / used;
  });
}
