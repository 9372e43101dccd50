/**
 * CPU time of all processes with 200 instances at advert_int 0.1, as master and as backup.
 * The backup hears the same neutral sender whichever program is measured.
 */
import type { Daemon } from "./daemon.js";
import type { Conditions, Program, Samples, Subject } from "./subject.js";
import { PATIENCE_MS, Session } from "./session.js";
import { sleep } from "./feed.js";
import { listensForAdverts } from "./processes.js";

const INSTANCES = 200;
const ADVERT_INTERVAL = 0.1;
/** Until what happens only once is over, and what runs often is compiled. */
const SETTLE_MS = 3000;

/** Starts a master at the left host; resolves when it has all its addresses. */
async function startMaster(session: Session, program: Program): Promise<Daemon> {
  const { left } = session.lab;
  const watch = session.addresses(left);
  const present = new Set<number>();
  const complete = watch.feed.first(
    ({ kind, address }) => kind === "added" && present.add(address).size === INSTANCES,
    PATIENCE_MS,
    `master of ${INSTANCES} instances`,
  );
  const master = session.start(program, left, {
    priority: 200,
    advertInterval: ADVERT_INTERVAL,
    instances: INSTANCES,
  });
  await master.expect(complete);
  watch.close();
  return master;
}

async function measureMaster(program: Program, { cpuSeconds }: Conditions): Promise<Samples> {
  return Session.run(async (session) => {
    const master = await startMaster(session, program);
    await sleep(SETTLE_MS);
    return { "cpu-master.share": [await master.cpuShare(cpuSeconds)] };
  });
}

async function measureBackup(program: Program, { cpuSeconds, neutral }: Conditions): Promise<Samples> {
  return Session.run(async (session) => {
    const { right } = session.lab;
    await startMaster(session, neutral);
    let takeOvers = 0;
    session.addresses(right).feed.listen(() => {
      takeOvers += 1;
    });
    const backup = session.start(program, right, {
      priority: 100,
      advertInterval: ADVERT_INTERVAL,
      instances: INSTANCES,
    });
    await backup.expect(backup.executedAt);
    for (let waited = 0; !listensForAdverts(backup.pid); waited += 50) {
      if (waited > PATIENCE_MS) await backup.expect(Promise.reject(new Error("the backup does not listen")));
      await sleep(50);
    }
    await sleep(SETTLE_MS);
    const share = await backup.expect(backup.cpuShare(cpuSeconds));
    if (takeOvers > 0) throw new Error("the backup took over while its CPU was measured");
    return { "cpu-backup.share": [share] };
  });
}

export const cpuMaster: Subject = {
  name: "cpu-master",
  about: `CPU of a master of ${INSTANCES} instances at advert_int ${ADVERT_INTERVAL}`,
  rounds: 3,
  metrics: [
    {
      id: "cpu-master.share",
      title: `CPU as master, ${INSTANCES} instances at ${ADVERT_INTERVAL} s`,
      unit: "s/s",
      goal: { kind: "ratio", atMost: 0.5 },
    },
  ],
  measure: measureMaster,
};

export const cpuBackup: Subject = {
  name: "cpu-backup",
  about: `CPU of a backup of ${INSTANCES} instances at advert_int ${ADVERT_INTERVAL}`,
  rounds: 3,
  metrics: [
    {
      id: "cpu-backup.share",
      title: `CPU as backup, ${INSTANCES} instances at ${ADVERT_INTERVAL} s`,
      unit: "s/s",
      goal: { kind: "ratio", atMost: 1.2 },
    },
  ],
  measure: measureBackup,
};
