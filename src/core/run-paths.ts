/** Where a daemon keeps its files: pid files, journals and dumps. Pure. */
import { dirname, join } from "node:path";
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
  /** -s: the files move to a directory of their own. */
  namespace?: string;
}

/** Directory of the files that no option names. */
function directory(settings: PathSettings): string {
  return settings.namespace === undefined ? RUN : join(RUN, "keepalived", settings.namespace);
}

export function parentPidFile(settings: PathSettings): string {
  return settings.parentPid ?? join(directory(settings), "keepalived.pid");
}

export function childPidFile(settings: PathSettings, row: Pick<ChildRow, "pidOption" | "pidStem">): string {
  return settings[row.pidOption] ?? join(directory(settings), `${row.pidStem}.pid`);
}

/** Beside the child's pid file, so that two daemons that differ in their pid files differ in their journals. */
export function journalFile(pidFile: string): string {
  return `${pidFile.replace(/\.pid$/, "")}.journal`;
}

export function runDirectory(settings: PathSettings): string {
  return dirname(parentPidFile(settings));
}
