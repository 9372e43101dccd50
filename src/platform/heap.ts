/**
 * When the garbage of starting up is collected. V8 by itself waits until the process has been quiet for some 8 seconds
 * and then collects and compacts everything, for 60 ms of which the loop stands still for most: in the middle of
 * service, at an interval of 10 ms five adverts long.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Collects now, while nobody waits for us, and not later when idle. Collections that memory demands come as ever. */
export function collectBeforeService(): void {
  setFlagsFromString("--no-memory-reducer");
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  setFlagsFromString("--no-expose-gc");
  collect();
}
