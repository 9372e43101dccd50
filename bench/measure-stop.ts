/** SIGTERM to a master: until priority 0 is on the wire, until its address is gone, until its main process has ended. */
import { addressNumber, virtualAddress } from "./configuration.js";
import { PATIENCE_MS, Session } from "./session.js";
import type { Program, Samples, Subject } from "./subject.js";
import { sleep } from "./feed.js";

const SETTLE_MS = 500;
const ADDRESS = addressNumber(virtualAddress(1));

async function measure(program: Program): Promise<Samples> {
  return Session.run(async (session) => {
    const { left, right } = session.lab;
    const { feed: frames } = session.frames(right);
    const { feed: addresses } = session.addresses(left);
    const added = addresses.first(
      ({ kind, address }) => kind === "added" && address === ADDRESS,
      PATIENCE_MS,
      "address on the master",
    );
    const router = session.start(program, left, { priority: 200, advertInterval: 0.1 });
    await router.expect(added);
    await sleep(SETTLE_MS);
    const resigned = frames.first(
      (frame) => frame.kind === "advert" && frame.priority === 0,
      PATIENCE_MS,
      "priority 0",
    );
    const removed = addresses.first(
      ({ kind, address }) => kind === "removed" && address === ADDRESS,
      PATIENCE_MS,
      "removal of the address",
    );
    const from = router.terminate();
    return {
      "stop.exit": [((await router.ended) - from) / 1000],
      "stop.resigned": [((await resigned).atMicros - from) / 1000],
      "stop.removed": [((await removed).atMicros - from) / 1000],
    };
  });
}

export const stop: Subject = {
  name: "stop",
  about: "SIGTERM to a master: priority 0, address gone, process ended",
  rounds: 5,
  metrics: [
    {
      id: "stop.exit",
      title: "SIGTERM to the end of the main process",
      unit: "ms",
      goal: { kind: "ratio", atMost: 0.2 },
    },
    { id: "stop.resigned", title: "  to priority 0 on the wire", unit: "ms" },
    { id: "stop.removed", title: "  to the address removed", unit: "ms" },
  ],
  measure,
};
