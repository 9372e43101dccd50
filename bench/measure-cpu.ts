/**
 * CPU time of all processes with 200 instances at advert_int 0.1, as master and as backup.
 * The backup hears the same neutral sender whichever program is measured.
 */
import type { Daemon } from "./daemon.js";
import type { Host } from "./lab.js";
import type { Conditions, Program, Samples, Subject } from "./subject.js";
import { PATIENCE_MS, Session } from "./session.js";
import { sleep } from "./feed.js";
import { listensForAdverts, packetCounts } from "./processes.js";

const INSTANCES = 200;
const ADVERT_INTERVAL = 0.1;
/** Until what happens only once is over, and what runs often is compiled. */
const SETTLE_MS = 8000;
/** Part of the adverts due that must have passed, or the CPU time is that of another load. */
const LOAD_PART = 0.9;

/** CPU of a router over the time of the measurement, in which adverts must pass in the given direction. */
async function shareUnderLoad(
  router: Daemon,
  host: Host,
  seconds: number,
  direction: "sent" | "received",
): Promise<number> {
  const before = packetCounts(router.pid, host.interfaceName)[direction];
  const share = await router.expect(router.cpuShare(seconds));
  const passed = packetCounts(router.pid, host.interfaceName)[direction] - before;
  const due = (INSTANCES / ADVERT_INTERVAL) * seconds;
  if (!(passed >= due * LOAD_PART))
    throw new Error(`only ${passed} of ${due} adverts ${direction} while the CPU was measured`);
  return share;
}

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
    return { "cpu-master.share": [await shareUnderLoad(master, session.lab.left, cpuSeconds, "sent")] };
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
    const share = await shareUnderLoad(backup, right, cpuSeconds, "received");
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
