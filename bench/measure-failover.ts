/**
 * Fail-over: SIGKILL to all processes of the master, until the address is on the backup's interface (netlink event).
 * The backup is what is measured; the master is the same program. The kill comes at chosen moments between two adverts,
 * spread evenly over the interval and the same for both programs, because that alone moves the result by 10 ms.
 */
import { addressNumber, virtualAddress } from "./configuration.js";
import type { Conditions, Program, Samples, Subject } from "./subject.js";
import { PATIENCE_MS, Session } from "./session.js";
import { sleep } from "./feed.js";
import { waitUntilMicros } from "./watch.js";

const ADVERT_INTERVAL = 0.01;
const KILLS_PER_ROUND = 6;
/** Between the master's take-over and its death: both settle. */
const SETTLE_MS = 400;
const ADDRESS = addressNumber(virtualAddress(1));

const title = "kill -9 of the master to address on the backup, advert_int 0.01";

/** The kills fall into this part of the interval: what is planned later than that may meet the next advert. */
const PLANNED_PART = 0.9;

/** How long after an advert the kill number `index` of `count` falls, in microseconds. */
function phase(index: number, count: number): number {
  return ((index + 0.5) / count) * PLANNED_PART * ADVERT_INTERVAL * 1e6;
}

async function measure(program: Program, { round, rounds }: Conditions): Promise<Samples> {
  const samples = { killed: new Array<number>(), silent: new Array<number>(), spurious: [0] };
  await Session.run(async (session) => {
    const { left, right } = session.lab;
    const { feed: frames } = session.frames(right);
    const { feed: addresses } = session.addresses(right);
    const event = (kind: "added" | "removed", what: string) =>
      addresses.first((item) => item.kind === kind && item.address === ADDRESS, PATIENCE_MS, what);
    let lastAdvert = Number.NaN;
    frames.listen((frame) => {
      if (frame.kind === "advert" && frame.priority > 0) lastAdvert = frame.atMicros;
    });

    const first = event("added", "address on the backup before there is a master");
    const backup = session.start(program, right, { priority: 200, advertInterval: ADVERT_INTERVAL });
    await backup.expect(first);
    for (let kill = 0; kill < KILLS_PER_ROUND; kill += 1) {
      const takenOver = event("removed", "take-over by the master");
      const master = session.start(program, left, { priority: 250, advertInterval: ADVERT_INTERVAL });
      await master.expect(takenOver);
      let disturbed = false;
      const endWatching = addresses.listen(() => {
        disturbed = true;
      });
      await sleep(SETTLE_MS);
      const victims = master.pids;
      const advert = await master.expect(
        frames.first((frame) => frame.kind === "advert", PATIENCE_MS, "advert"),
      );
      await waitUntilMicros(advert.atMicros + phase(round + kill * rounds, rounds * KILLS_PER_ROUND));
      endWatching();
      const present = event("added", "address on the backup");
      const killedAt = await master.killAll(victims);
      const presentAt = (await backup.expect(present)).atMicros;
      // A fail-over that came by itself just before makes the sample worthless.
      if (disturbed || presentAt < killedAt) samples.spurious[0] = (samples.spurious[0] ?? 0) + 1;
      else {
        samples.killed.push((presentAt - killedAt) / 1000);
        samples.silent.push((presentAt - lastAdvert) / 1000);
      }
    }
  });
  return {
    "failover.killed": samples.killed,
    "failover.silent": samples.silent,
    "failover.spurious": samples.spurious,
  };
}

export const failover: Subject = {
  name: "failover",
  about: "SIGKILL of all processes of the master until the backup has the address, advert_int 0.01",
  rounds: 4,
  metrics: [
    { id: "failover.killed", title, unit: "ms", goal: { kind: "ratio", atMost: 1.1 } },
    { id: "failover.silent", title: "  last advert of the dead master to address", unit: "ms" },
    { id: "failover.spurious", title: "  samples lost to a fail-over without a kill, per round", unit: "" },
  ],
  measure,
};
