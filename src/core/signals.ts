/**
 * Signals of the daemon: which one means what, and how the process listens. Children get theirs through core, as
 * messages. Until the daemon listens, entry.ts of cli/ has made the reload-type signals harmless.
 */
import type { Addon, SignalWatch } from "../native/addon.js";
import { type Dump, REALTIME_DUMPS } from "../platform/messages.js";

type SignalMeaning = { kind: "reload" } | { kind: "stop" } | { kind: "dump"; what: Dump };

const NAMED: readonly (readonly [NodeJS.Signals, SignalMeaning])[] = [
  ["SIGTERM", { kind: "stop" }],
  ["SIGINT", { kind: "stop" }],
  ["SIGHUP", { kind: "reload" }],
  ["SIGUSR1", { kind: "dump", what: "data" }],
  ["SIGUSR2", { kind: "dump", what: "stats" }],
];

/** Starts listening; `act` gets the meaning and the name of each signal. */
export function listenToSignals(
  addon: Addon,
  ignoreSigint: boolean,
  act: (meaning: SignalMeaning, name: string) => void,
): void {
  for (const [name, meaning] of NAMED) {
    const ignored = name === "SIGINT" && ignoreSigint;
    process.on(name, () => {
      if (!ignored) act(meaning, name);
    });
  }
  process.on("SIGPIPE", () => undefined);
  for (const { signal, what, name } of REALTIME_DUMPS)
    watches.push(new addon.SignalWatch(signal, () => act({ kind: "dump", what }, name)));
}

/** Kept for the life of the process: a watch that is collected stops watching. */
const watches: SignalWatch[] = [];
