/** The gaps between adverts that are due every 10 ms, by the kernel's time stamps at the other end of the wire. */
import { Capture } from "./capture.js";
import { PATIENCE_MS, Session } from "./session.js";
import { gaps, percentile } from "./statistics.js";
import type { Program, Samples, Subject } from "./subject.js";
import { sleep } from "./feed.js";

const WANTED = 550;
const SETTLE_MS = 1000;

async function measure(program: Program): Promise<Samples> {
  return Session.run(async (session) => {
    const { left, right } = session.lab;
    const watch = session.frames(right);
    const advert = watch.feed.first((frame) => frame.kind === "advert", PATIENCE_MS, "first advert");
    const router = session.start(program, left, { priority: 200, advertInterval: 0.01 });
    await router.expect(advert);
    watch.close();
    await sleep(SETTLE_MS);
    const capture = await Capture.start(session.lab, right);
    await sleep(WANTED * 10.5);
    const adverts = (await capture.stop()).filter((frame) => frame.kind === "advert");
    if (adverts.length < 500) throw new Error(`only ${adverts.length} adverts captured`);
    const between = gaps(adverts.map((frame) => frame.atMicros / 1000));
    return {
      "gap.mean": [between.reduce((sum, gap) => sum + gap, 0) / between.length],
      "gap.p99": [percentile(between, 0.99)],
      "gap.longest": [percentile(between, 1)],
    };
  });
}

export const gap: Subject = {
  name: "gap",
  about: "gaps between adverts that are due every 10 ms",
  rounds: 3,
  metrics: [
    {
      id: "gap.mean",
      title: "mean gap of adverts due every 10 ms",
      unit: "ms",
      goal: { kind: "near", target: 10, within: 0.1 },
    },
    { id: "gap.p99", title: "  99th percentile", unit: "ms" },
    { id: "gap.longest", title: "  longest", unit: "ms" },
  ],
  measure,
};
