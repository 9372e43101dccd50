/**
 * When the garbage of starting up is collected. V8 by itself waits until the process has been quiet for some 8 seconds
 * and then collects and compacts everything, for 60 ms of which the loop stands still for most: in the middle of
 * service, at an interval of 10 ms five adverts long. `--no-memory-reducer` on the command line keeps it from that (later
 * it is ignored), and what it would have given back to the system is given back here.
 */
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * V8 gives back the room for short-lived objects in a collection that finds few made since the one before, or in the last 5
 * seconds if that is longer: so there are two, with some time to spare.
 */
const QUIET_MILLIS = 6000;
/** What reloads may leave behind before all is collected, which stops the loop for 10 ms or more. */
const WORTH_BYTES = 8 << 20;

type Collect = (options?: { type: "minor" }) => void;

let quiet: NodeJS.Timeout | undefined;
/** The size of what is needed for long, as the last collection of everything found it. */
let lasting = Number.POSITIVE_INFINITY;

let exposed: Collect | undefined;

function collect(options?: { type: "minor" }): void {
  if (exposed === undefined) {
    setFlagsFromString("--expose-gc");
    exposed = runInNewContext("gc") as Collect;
    setFlagsFromString("--no-expose-gc");
  }
  exposed(options);
}

function collectEverything(): void {
  collect();
  lasting = getHeapStatistics().used_heap_size;
}

/**
 * Collects now, while nobody waits for us; and once more when all is quiet. Collections that memory demands come as ever.
 */
export function collectBeforeService(): void {
  collectEverything();
  collectWhenQuiet();
}

/**
 * After a start or a reload: collects the short-lived objects, which takes a millisecond each time and gives back 6 MB or
 * more; and everything if reloads have left much since the last time, as memory itself would not demand that for long.
 */
export function collectWhenQuiet(): void {
  const later = (act: () => void): void => {
    quiet = setTimeout(act, QUIET_MILLIS).unref();
  };
  clearTimeout(quiet);
  later(() => {
    if (getHeapStatistics().used_heap_size - lasting > WORTH_BYTES) collectEverything();
    else collect({ type: "minor" });
    later(() => collect({ type: "minor" }));
  });
}
