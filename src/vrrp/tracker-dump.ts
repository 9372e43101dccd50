/** Scripts, files, processes and BFD sessions in the state file, with upstream's labels. Pure. */
import type {
  TrackFileConfig,
  TrackProcessConfig,
  TrackScriptConfig,
  Trackers,
  VrrpConfig,
} from "../config/model.js";
import type { ProcessView } from "./state-json.js";

/** What is known of everything that is tracked. */
export interface TrackerViews {
  scripts: readonly { config: TrackScriptConfig; count: number; up: boolean | undefined; running: boolean }[];
  files: readonly { config: TrackFileConfig; value: number | undefined }[];
  processes: readonly ProcessView[];
  bfds: readonly { name: string; up: boolean }[];
}

export const NO_TRACKERS: TrackerViews = { scripts: [], files: [], processes: [], bfds: [] };

const MATCH_WORDS: Record<TrackProcessConfig["parameterMatch"], string> = {
  any: "none",
  exact: "exact",
  partial: "partial",
  initial: "initial",
};

function signed({ weight, reverse }: { weight: number; reverse: boolean }): string {
  return `${weight}${reverse ? " reverse" : ""}`;
}

function seconds(micros: number): string {
  return (micros / 1e6).toFixed(6);
}

function trackingLines(config: VrrpConfig, list: keyof Trackers, name: string): string[] {
  const owners = [...config.instances, ...config.syncGroups].flatMap((owner) => {
    const tracked = owner[list].find((entry) => entry.name === name);
    return tracked === undefined ? [] : [`     ${owner.name}, weight ${signed(tracked)}`];
  });
  return ["   Tracking instances :", ...owners];
}

/** A part of the file, with nothing at all when there is nothing to show. */
function part(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`------< ${title} >------`, ...lines];
}

function scriptLines(config: VrrpConfig, { scripts }: TrackerViews): string[] {
  return scripts.flatMap(({ config: script, count, up, running }) => {
    const { user, group } = script.command;
    return [
      ` VRRP Script = ${script.name}`,
      `   Command = ${script.command.args.map((word) => `'${word}'`).join(" ")}`,
      `   Interval = ${script.intervalMicros / 1e6} sec`,
      `   Timeout = ${script.timeoutMicros / 1e6} sec`,
      `   Weight = ${signed(script)}`,
      `   Rise = ${script.rise}`,
      `   Fall = ${script.fall}`,
      `   Result = ${count}`,
      `   Status = ${up === undefined ? "INIT" : up ? "GOOD" : "BAD"}`,
      ...(user === undefined ? [] : [`   Script user = ${user}${group === undefined ? "" : `:${group}`}`]),
      ...trackingLines(config, "trackScripts", script.name),
      `   State = ${running ? "running" : "idle"}`,
    ];
  });
}

function fileLines(config: VrrpConfig, { files }: TrackerViews): string[] {
  return files.flatMap(({ config: file, value }) => [
    ` Track file = ${file.name}`,
    `   File = ${file.path}`,
    `   Status = ${value ?? "unknown"}`,
    `   Weight = ${signed(file)}`,
    ...trackingLines(config, "trackFiles", file.name),
  ]);
}

function processLines(config: VrrpConfig, { processes }: TrackerViews): string[] {
  return processes.flatMap(({ config: process, current, haveQuorum, ...timers }) => [
    ` VRRP Track process = ${process.name}`,
    `   Process = ${process.process}`,
    ...(process.parameters.length === 0 ? [] : [`   Parameters = ${process.parameters.join(" ")}`]),
    `   Param match = ${MATCH_WORDS[process.parameterMatch]}`,
    `   Min processes = ${process.quorum}`,
    ...(process.quorumMax === undefined ? [] : [`   Max processes = ${process.quorumMax}`]),
    `   Current processes = ${current}`,
    `   Have quorum = ${haveQuorum}`,
    `   Weight = ${signed(process)}`,
    `   Terminate delay = ${seconds(process.terminateDelayMicros)}s`,
    `   Fork delay = ${seconds(process.forkDelayMicros)}s`,
    `   Fork delay timer ${timers.forkDelayRunning ? "" : "not "}running`,
    `   Terminate delay timer ${timers.terminateDelayRunning ? "" : "not "}running`,
    `   Full command = ${process.fullCommand}`,
    ...trackingLines(config, "trackProcesses", process.name),
  ]);
}

function bfdLines(config: VrrpConfig, { bfds }: TrackerViews): string[] {
  return bfds.flatMap(({ name, up }) => [
    ` VRRP Track BFD = ${name}`,
    `   BFD status = ${up ? "UP" : "DOWN"}`,
    ...trackingLines(config, "trackBfds", name),
  ]);
}

export function trackerSections(config: VrrpConfig, views: TrackerViews): string[] {
  return [
    ...part("VRRP Scripts", scriptLines(config, views)),
    ...part("VRRP Track files", fileLines(config, views)),
    ...part("VRRP Track processes", processLines(config, views)),
    ...part("VRRP Track BFDs", bfdLines(config, views)),
  ];
}
