/**
 * Adverts every 10 ms between a master and a backup of the same program while all cores are busy: how often the backup
 * took over from a master that was well.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { DIES_WITH_US, undoAtExit } from "../test/lab/harness/left-behind.js";
import { sleep } from "./feed.js";
import { addressNumber, virtualAddress } from "./configuration.js";
import { PATIENCE_MS, Session } from "./session.js";
import type { Program, Samples, Subject } from "./subject.js";

const ADVERT_INTERVAL = 0.01;
const SETTLE_MS = 2000;
const BUSY_MS = 120_000;
const ADDRESS = addressNumber(virtualAddress(1));

/** One endless loop per core. @returns what ends them. */
function keepCoresBusy(): () => void {
  const loops: ChildProcess[] = [];
  for (let core = 0; core < availableParallelism(); core += 1) {
    const [file, ...words] = [...DIES_WITH_US, "sh", "-c", "while :; do :; done"];
    loops.push(spawn(file, words, { stdio: "ignore" }));
  }
  return undoAtExit(() => {
    for (const loop of loops) loop.kill("SIGKILL");
  });
}

async function measure(program: Program): Promise<Samples> {
  return Session.run(async (session) => {
    const { left, right } = session.lab;
    const added = session
      .addresses(left)
      .feed.first(
        ({ kind, address }) => kind === "added" && address === ADDRESS,
        PATIENCE_MS,
        "address on the master",
      );
    const master = session.start(program, left, { priority: 200, advertInterval: ADVERT_INTERVAL });
    await master.expect(added);
    const backup = session.start(program, right, { priority: 100, advertInterval: ADVERT_INTERVAL });
    await backup.expect(backup.executedAt);
    await sleep(SETTLE_MS);
    let takeOvers = 0;
    session.addresses(right).feed.listen(({ kind, address }) => {
      if (kind === "added" && address === ADDRESS) takeOvers += 1;
    });
    const relax = keepCoresBusy();
    try {
      await master.expect(sleep(BUSY_MS));
    } finally {
      relax();
    }
    return { "busy.takeOvers": [takeOvers] };
  });
}

export const busy: Subject = {
  name: "busy",
  about: "false fail-overs in two minutes of adverts every 10 ms with all cores busy",
  rounds: 1,
  metrics: [
    {
      id: "busy.takeOvers",
      title: "false fail-overs, adverts every 10 ms for 120 s, cores busy",
      unit: "",
      goal: { kind: "near", target: 0, within: 0 },
    },
  ],
  measure,
};
