/** A child as all children are (`child-entry.ts`), whose looks at a new configuration take as long as the slice says; one named "bug" it cannot bear. */
import { setTimeout as delay } from "node:timers/promises";
import type { GlobalConfig } from "../../../src/config/model.js";
import { runChild } from "../../../src/platform/child-entry.js";

interface SlowSlice {
  name: string;
  prepareMillis: number;
  global: GlobalConfig;
}

runChild<SlowSlice>({
  name: "slow-child",
  role: "check",
  process: "checker",
  realtimePriority: 0,
  create(first, { log }) {
    let inForce = first;
    let offered: SlowSlice | undefined;
    return {
      configure: async () => undefined,
      start: () => undefined,
      async prepare(slice) {
        await delay(slice.prepareMillis);
        if (slice.name === "bug") throw new Error("a bug in prepare");
        offered = slice;
        return undefined;
      },
      async commit() {
        inForce = offered ?? inForce;
        log.info(`in force: ${inForce.name}`);
      },
      async abandon() {
        offered = undefined;
      },
      stop: async () => undefined,
      dump: () => undefined,
      describe: () => "",
    };
  },
});
