/**
 * When the garbage of starting up is collected. V8 by itself waits until the process has been quiet for some 8 seconds
 * and then collects and compacts everything, for 60 ms of which the loop stands still for most: in the middle of
 * service, at an interval of 10 ms five adverts long. `--no-memory-reducer` on the command line keeps it from that (later
 * it is ignored), and what it would have given back to the system is given back here.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** V8 gives back the room for short-lived objects when it finds few made in the last 5 seconds; with some to spare. */
const QUIET_MILLIS = 6000;

type Collect = (options?: { type: "minor" }) => void;

let quiet: NodeJS.Timeout | undefined;

function exposedCollect(): Collect {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as Collect;
  setFlagsFromString("--no-expose-gc");
  return collect;
}

/**
 * Collects now, while nobody waits for us; and once more when all is quiet, among the short-lived objects only, which takes
 * a millisecond and gives back some 6 MB. Collections that memory demands come as ever.
 */
export function collectBeforeService(): void {
  const collect = exposedCollect();
  collect();
  clearTimeout(quiet);
  quiet = setTimeout(() => collect({ type: "minor" }), QUIET_MILLIS).unref();
}
