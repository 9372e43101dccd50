/**
 * Health checks of many servers with the kernel's IPVS: CPU and memory, how evenly the checks come, how long until all
 * servers that died are out of the table. Runs where IPVS is; without it, how many checks a second of CPU pays for.
 */
import { type FarmSettings, farmConfiguration, PORTS } from "./check-configuration.js";
import { processorSeconds, untilDestinations } from "./check-table.js";
import { sleep } from "./feed.js";
import { proportionalMebibytes } from "./processes.js";
import { Session } from "./session.js";
import type { Program, Samples, Subject } from "./subject.js";

const DELAY_LOOP_S = 2;
const TIMEOUT_S = 1;
/** After the start, and after a first round of checks. */
const SETTLE_MS = 8000;
const MEASURE_MS = 20_000;
/** How often the table is looked at: a small part of what all may take to be out. */
const POLL_MS = 50;

async function checkMany(
  program: Program,
  name: string,
  kind: "tcp" | "http",
  count: number,
): Promise<Samples> {
  return Session.run(async (session) => {
    const { left } = session.lab;
    const servers = await Promise.all(PORTS.map((port) => session.serve(left, kind, port)));
    const farm: FarmSettings = {
      services: count / 10,
      serversPerService: 10,
      checker: kind === "tcp" ? "TCP_CHECK" : "HTTP_GET",
      delayLoopS: DELAY_LOOP_S,
      timeoutS: TIMEOUT_S,
    };
    const daemon = session.startWith(program, left, farmConfiguration(farm));
    await daemon.expect(untilDestinations(daemon, count, POLL_MS));
    await sleep(SETTLE_MS);
    for (const server of servers) await server.counts();
    const before = processorSeconds(daemon);
    await sleep(MEASURE_MS);
    const share = (processorSeconds(daemon) - before) / (MEASURE_MS / 1000);
    const counts = await Promise.all(servers.map((server) => server.counts()));
    const total = counts.reduce((sum, one) => sum + one.total, 0);
    const even = total / (MEASURE_MS / 100) / PORTS.length;
    servers[1]?.kill();
    const out = await daemon.expect(untilDestinations(daemon, count / 2, POLL_MS));
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

export const tcpChecks = checksOf("tcp", 2000);
export const httpChecks = checksOf("http", 500);

/** Checks that one second of processor time pays for, without IPVS: for this machine's own kernel. */
export async function checksPerProcessorSecond(program: Program, servers: number): Promise<number> {
  return Session.run(async (session) => {
    const { left } = session.lab;
    const listeners = await Promise.all(PORTS.map((port) => session.serve(left, "tcp", port)));
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
    return counts.reduce((sum, { total }) => sum + total, 0) / used;
  });
}
