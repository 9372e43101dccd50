/** Where a daemon keeps its files: pid files, journals and dumps. Pure. */
import { dirname, join } from "node:path";
import type { DaemonSettings as DaemonNames } from "../config/global-model.js";
import type { ChildRow } from "./children.js";

/** Directory of the run state when nothing else is said. */
export const RUN = "/run";

export interface PathSettings {
  /** -p */
  parentPid?: string;
  /** -r, -c, -b */
  vrrpPid?: string;
  checkersPid?: string;
  bfdPid?: string;
  /** -s, net_namespace: the files move to a directory of their own. */
  namespace?: string;
  /** instance: part of the names of the files, which move to a directory of the daemon. */
  instance?: string;
  /** use_pid_dir */
  ownDirectory?: boolean;
}

/** Directory of the files that no option names. */
function directory({ namespace, instance, ownDirectory }: PathSettings): string {
  if (namespace !== undefined) return join(RUN, "keepalived", namespace);
  return instance !== undefined || ownDirectory ? join(RUN, "keepalived") : RUN;
}

function fileNamed(settings: PathSettings, stem: string): string {
  const suffix = settings.instance === undefined ? "" : `_${settings.instance}`;
  return join(directory(settings), `${stem}${suffix}.pid`);
}

/** What the configuration adds to the command line, which goes before it. */
export function pathsWith(settings: PathSettings, daemon: DaemonNames): PathSettings {
  const { netNamespace: namespace, instance, usePidDirectory: ownDirectory } = daemon;
  return {
    ...(namespace !== undefined && { namespace }),
    ...settings,
    ...(instance !== undefined && { instance }),
    ownDirectory,
  };
}

/** What is appended to the names of the processes in the log. */
export function identSuffix({ namespace, instance }: PathSettings): string {
  return [namespace, instance].map((word) => (word === undefined ? "" : `_${word}`)).join("");
}

/** The directories that are the daemon's own, and go when they are empty: the innermost first. */
export function ownDirectories(settings: PathSettings): string[] {
  const folder = directory(settings);
  if (folder === RUN) return [];
  return settings.namespace === undefined ? [folder] : [folder, dirname(folder)];
}

export function parentPidFile(settings: PathSettings): string {
  return settings.parentPid ?? fileNamed(settings, "keepalived");
}

export function childPidFile(settings: PathSettings, row: Pick<ChildRow, "pidOption" | "pidStem">): string {
  return settings[row.pidOption] ?? fileNamed(settings, row.pidStem);
}

/** Beside the child's pid file, so that two daemons that differ in their pid files differ in their journals. */
export function journalFile(pidFile: string): string {
  return `${pidFile.replace(/\.pid$/, "")}.journal`;
}

export function runDirectory(settings: PathSettings): string {
  return dirname(parentPidFile(settings));
}
