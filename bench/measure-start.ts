/** From the program's execve to its first advert on the wire, for an address owner (priority 255), which waits for nobody. */
import { PATIENCE_MS, Session } from "./session.js";
import type { Program, Samples, Subject } from "./subject.js";

async function measure(program: Program): Promise<Samples> {
  return Session.run(async (session) => {
    const { left, right } = session.lab;
    const advert = session
      .frames(right)
      .feed.first((frame) => frame.kind === "advert", PATIENCE_MS, "first advert");
    const router = session.start(program, left, { priority: 255, advertInterval: 1 });
    const from = await router.executedAt;
    return { "start.advert": [((await router.expect(advert)).atMicros - from) / 1000] };
  });
}

export const start: Subject = {
  name: "start",
  about: "start of the program to the first advert of an address owner",
  rounds: 5,
  metrics: [{ id: "start.advert", title: "start to the first advert of an owner (255)", unit: "ms" }],
  measure,
};
