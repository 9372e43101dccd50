/**
 * Entry of the vrrp process: signals, heartbeat, messages of core, scheduling class. What VRRP is lives in
 * runtime.ts and below. The process leaves by process.exit, and never outlives core with its addresses in place.
 */
import { inspect } from "node:util";
import type { VrrpConfig } from "../config/model.js";
import { loadAddon } from "../native/load.js";
import { createChildLog } from "../platform/child-log.js";
import {
  asToChild,
  BEAT_MILLIS,
  type Dump,
  REALTIME_DUMPS,
  type ToChild,
  type ToCore,
} from "../platform/messages.js";
import { VrrpRuntime } from "./runtime.js";

// Until somebody listens, SIGUSR1 opens Node's inspector: this must come first.
process.on("SIGUSR1", () => dump("data"));
process.on("SIGUSR2", () => dump("stats"));

const SIGTERM = 15;
/** Lowest real-time priority: enough to run before everything that is not real-time. */
const REALTIME_PRIORITY = 1;
const RLIMIT_RTTIME = 15;
/** Microseconds of computing without a break, after which the kernel stops a runaway real-time process. */
const RTTIME_SOFT = 1_000_000;
const RTTIME_HARD = 3_000_000;

/** Exit status of a bug (EX_SOFTWARE). */
const INTERNAL_ERROR = 70;
/** A stop that takes longer has failed; core waits no longer either. */
const LEAVE_LIMIT_MILLIS = 5000;

const addon = loadAddon();
addon.setProcessName("keepalived_vrrp");
addon.setParentDeathSignal(SIGTERM);

/** @returns false when core is gone. A channel that breaks while we write must not become an exception. */
function send(message: ToCore, done: () => void = () => {}): boolean {
  if (!process.connected || process.send === undefined) return false;
  process.send(message, undefined, undefined, done);
  return true;
}
const log = createChildLog(send);
let runtime: VrrpRuntime | undefined;
let leaving = false;

function dump(what: Dump): void {
  runtime?.dump(what);
}

/** Ends in order: whatever happens, the addresses are gone before the process is. */
function leave(cause?: string, status = 0): void {
  if (leaving) return;
  leaving = true;
  if (cause !== undefined) log.info(`Stopping: ${cause}`);
  const exit = (): void => log.flush(() => process.exit(status));
  if (runtime === undefined) return exit();
  setTimeout(() => process.exit(status), LEAVE_LIMIT_MILLIS);
  runtime.stop().then(exit, exit);
}

/** Real-time scheduling keeps adverts punctual on a busy host; without the right to it the daemon runs as it is. */
function schedule(): void {
  try {
    addon.setLimit(RLIMIT_RTTIME, RTTIME_SOFT, RTTIME_HARD);
    addon.setRealtime(REALTIME_PRIORITY);
    addon.lockTextAndStack();
  } catch (error) {
    log.detail(
      () => `running without real-time scheduling: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

async function configure(message: Extract<ToChild<VrrpConfig>, { kind: "configure" }>): Promise<void> {
  const { generation, slice, options } = message;
  log.setDetail(options.detail);
  if (runtime !== undefined) {
    const refused = await runtime.reload(slice);
    if (leaving) return;
    if (refused === undefined) send({ kind: "ready", generation });
    else send({ kind: "refused", generation, reason: refused, permanent: false });
    return;
  }
  process.umask(options.umask);
  // Known before it is complete, so that a stop in the middle clears what is there already.
  runtime = new VrrpRuntime(slice, {
    addon,
    log,
    options,
    alert: (text) => void send({ kind: "alert", ...text }),
  });
  await runtime.configure();
  if (!leaving) send({ kind: "ready", generation });
}

async function onMessage(message: ToChild<VrrpConfig>): Promise<void> {
  if (leaving) return;
  switch (message.kind) {
    case "configure":
      await configure(message);
      break;
    case "start":
      schedule();
      runtime?.start();
      break;
    case "stop":
      leave();
      break;
    case "dump":
      dump(message.what);
      break;
    default:
      message satisfies never;
  }
}

/**
 * A bug of ours: say it, and leave the rest to core, which takes the addresses back and starts us again. Without
 * core there is nobody else to take them back.
 */
function onBug(error: unknown): void {
  log.error(`internal error, leaving: ${inspect(error)}`);
  if (process.connected) log.flush(() => process.exit(INTERNAL_ERROR));
  else leave("core is gone", INTERNAL_ERROR);
}

/** Kept: a watch that is collected stops watching. */
const watches = REALTIME_DUMPS.map(({ signal, what }) => new addon.SignalWatch(signal, () => dump(what)));
for (const watch of watches) watch.setRef(false);

process.on("uncaughtException", onBug);
process.on("unhandledRejection", onBug);
process.on("SIGTERM", () => leave("SIGTERM"));
process.on("SIGINT", () => leave("SIGINT"));
process.on("SIGHUP", () =>
  log.warning("SIGHUP: a reload is asked of the main process, which reads the configuration"),
);
process.on("SIGPIPE", () => {});
process.on("SIGXCPU", () => log.warning("computed for too long without a break (RLIMIT_RTTIME)"));
process.on("disconnect", () => leave("core is gone"));
process.on("message", (message) => {
  onMessage(asToChild<VrrpConfig>(message)).catch(onBug);
});
setInterval(() => send({ kind: "beat" }), BEAT_MILLIS);
