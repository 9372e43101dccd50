/** What SIGUSR1 makes core write: the daemon as its parent process sees it. For people; the format is not stable. */
import { writeDump } from "../platform/dump-file.js";
import type { DaemonSettings } from "./daemon-settings.js";

interface ParentState {
  settings: DaemonSettings;
  children: readonly { name: string; phase: string; pid: number }[];
  reloads: { accepted: number; refused: number };
  /** Monotonic microseconds. */
  startedAt: number;
}

const SECOND = 1_000_000;

/** The text of the dump. */
function describeParent(state: ParentState, now: number): string {
  const { settings } = state;
  const lines = [
    "------< Parent process >------",
    ` Running for = ${Math.floor((now - state.startedAt) / SECOND)} s`,
    ` Configuration file = ${settings.configFile}`,
    ` Command line = ${settings.commandLine}`,
    ` Reloads = ${state.reloads.accepted} accepted, ${state.reloads.refused} refused`,
    ` Restart of children = ${settings.respawn ? "on" : "off"}`,
    "------< Child processes >------",
    ...state.children.map(({ name, phase, pid }) => ` ${name} = ${phase}${pid > 0 ? `, pid ${pid}` : ""}`),
  ];
  return `${lines.join("\n")}\n`;
}

export async function writeParentDump(path: string, state: ParentState, now: number): Promise<void> {
  await writeDump(path, describeParent(state, now));
}
