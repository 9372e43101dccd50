/** A child for tests of core: keeps the protocol, does no network work, and misbehaves as its slice says. */
import { createChildLog } from "../../../src/platform/child-log.js";
import { asToChild, BEAT_MILLIS, type ToCore } from "../../../src/platform/messages.js";
import { applyChange } from "../../../src/platform/slice-change.js";

/** What the tests put where a real child finds its configuration. */
interface FakeSlice {
  /** "refuse", "crash", "status N" on being configured; "deaf" to stop; "talk N" lines when stopping; else a good citizen. */
  behaviour: string;
}

process.on("SIGUSR1", () => undefined);

function send(message: ToCore): boolean {
  if (!process.connected || process.send === undefined) return false;
  process.send(message); // its result tells of a full pipe, not of a lost message
  return true;
}
const log = createChildLog(send);
const leave = (): void => log.flush(() => process.exit(0));
let inForce: FakeSlice = { behaviour: "" };
let offered = inForce;
let deaf = false;
let lines = 0;

function configure(generation: number, slice: FakeSlice): void {
  const { behaviour } = slice;
  offered = slice;
  log.info(`configured ${generation}: ${behaviour}`);
  log.flush();
  deaf = behaviour === "deaf";
  if (behaviour.startsWith("talk ")) lines = Number(behaviour.slice(5));
  if (behaviour === "crash") throw new Error("crashed as told");
  if (behaviour.startsWith("status ")) process.exit(Number(behaviour.slice(7)));
  if (behaviour === "refuse") send({ kind: "refused", generation, reason: "told to", permanent: false });
  else send({ kind: "ready", generation });
}

process.on("message", (raw) => {
  const message = asToChild<FakeSlice>(raw);
  if (message.kind === "configure") configure(message.generation, (inForce = message.slice));
  else if (message.kind === "reconfigure")
    configure(message.generation, applyChange(inForce, message.change));
  else if (message.kind === "commit") {
    inForce = offered;
    send({ kind: "committed", generation: message.generation });
  } else if (message.kind === "abandon") log.info("abandoned");
  else if (message.kind === "dump") log.info(`dump ${message.what}`);
  else if (message.kind === "stop" && !deaf) {
    for (let i = 1; i <= lines; i++) log.info(`line ${i} of ${lines}`);
    leave();
  }
});
process.on("uncaughtException", (error) => {
  console.error(error.stack);
  process.exit(70);
});
process.on("SIGTERM", () => undefined);
process.on("disconnect", leave);
setInterval(() => send({ kind: "beat" }), BEAT_MILLIS);
