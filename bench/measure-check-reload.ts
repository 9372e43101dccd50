/**
 * Reloads of a large table of virtual servers: one that changes nothing, which must not touch the kernel's table, and one
 * that adds a virtual server. Runs where IPVS is.
 */
import { farmConfiguration } from "./check-configuration.js";
import { processorSeconds, untilDestinations } from "./check-table.js";
import type { Daemon } from "./daemon.js";
import { sleep } from "./feed.js";
import { Session } from "./session.js";
import type { Program, Samples, Subject } from "./subject.js";
import type { Watch } from "./watch.js";
import { type Edit, NEW_DESTINATION } from "./watch-edits.js";

const SERVICES = 2000;
const SERVERS_PER_SERVICE = 16;
const SERVERS = SERVICES * SERVERS_PER_SERVICE;
/** Reloads of each kind in a round. */
const RELOADS = 3;
const POLL_MS = 300;
const PATIENCE_MS = 60_000;
/** After the start, and after a reload: until nothing more comes of it. */
const SETTLE_MS = 6000;
const REST_MS = 2000;
/** What both programs write when a configuration is in force. */
const COMPLETE = "Reload complete";

const FARM = farmConfiguration({
  services: SERVICES,
  serversPerService: SERVERS_PER_SERVICE,
  delayLoopS: 60,
  timeoutS: 1,
});

/** Virtual servers that come with a reload. */
function additional(count: number): string {
  const blocks = Array.from(
    { length: count },
    (_, i) =>
      `virtual_server 10.98.0.${i + 1} 80 {\n lvs_sched rr\n lvs_method NAT\n protocol TCP\n real_server 127.250.0.1 80 {\n }\n}\n`,
  );
  return blocks.join("");
}

interface Reload {
  completeMs: number;
  /** From the signal to the request for the first new destination; absent when there is none. */
  addedMs: number | undefined;
  edits: number;
  processorSeconds: number;
}

async function reloadOnce(daemon: Daemon, { feed }: Watch<Edit>, configuration: string): Promise<Reload> {
  const edits: Edit[] = [];
  const end = feed.listen((edit) => edits.push(edit));
  const before = processorSeconds(daemon);
  const complete = daemon.untilLogged(COMPLETE, PATIENCE_MS);
  const signalledAt = daemon.reload(configuration);
  const completeMs = await daemon.expect(complete);
  await sleep(REST_MS);
  end();
  const added = edits.find(({ command }) => command === NEW_DESTINATION);
  return {
    completeMs,
    addedMs: added && (added.atMicros - signalledAt) / 1000,
    edits: edits.length,
    processorSeconds: processorSeconds(daemon) - before,
  };
}

async function reloadMany(program: Program): Promise<Samples> {
  return Session.run(async (session) => {
    const { left } = session.lab;
    const daemon = session.startWith(program, left, FARM);
    const filled = await daemon.expect(untilDestinations(daemon, SERVERS, POLL_MS));
    await sleep(SETTLE_MS);
    const watch = session.edits(left);
    const unchanged: Reload[] = [];
    for (let i = 0; i < RELOADS; i++) unchanged.push(await reloadOnce(daemon, watch, FARM));
    const adding: Reload[] = [];
    for (let i = 1; i <= RELOADS; i++) adding.push(await reloadOnce(daemon, watch, FARM + additional(i)));
    const addedMs = adding.flatMap((one) => one.addedMs ?? []);
    if (addedMs.length < RELOADS) throw new Error(`a new virtual server was not seen:\n${daemon.logTail()}`);
    return {
      "check-reload.filled": [filled],
      "check-reload.complete": unchanged.map(({ completeMs }) => completeMs),
      "check-reload.edits": unchanged.map(({ edits }) => edits),
      "check-reload.cpu": unchanged.map((one) => one.processorSeconds),
      "check-reload.added": addedMs,
      "check-reload.addedEdits": adding.map(({ edits }) => edits),
    };
  });
}

export const reload: Subject = {
  name: "check-reload",
  about: `reloads of ${SERVICES} virtual servers with ${SERVERS_PER_SERVICE} real servers each`,
  rounds: 3,
  metrics: [
    {
      id: "check-reload.filled",
      title: `start to the last of ${SERVICES} x ${SERVERS_PER_SERVICE} servers in the table`,
      unit: "ms",
    },
    {
      id: "check-reload.complete",
      title: "  reload without a change: SIGHUP to its end",
      unit: "ms",
      goal: { kind: "ratio", atMost: 1 },
    },
    {
      id: "check-reload.edits",
      title: "  edits of the table by it",
      unit: "",
      goal: { kind: "near", target: 0, within: 0 },
    },
    { id: "check-reload.cpu", title: "  CPU of it", unit: "s" },
    {
      id: "check-reload.added",
      title: "  reload with one more: SIGHUP to the new virtual server",
      unit: "ms",
      goal: { kind: "ratio", atMost: 1 },
    },
    { id: "check-reload.addedEdits", title: "  edits of the table by it", unit: "" },
  ],
  measure: reloadMany,
};
