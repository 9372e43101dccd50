/** Which processes a `vrrp_track_process` means (reference: notify-track, section 10). Pure. */
import type { TrackProcessConfig } from "../config/model.js";

/** A process as /proc shows it. */
export interface ProcessFacts {
  /** The short name, at most 15 bytes. */
  comm: string;
  /** The command line; empty for a thread of the kernel. */
  command: readonly string[];
}

type Wanted = Pick<TrackProcessConfig, "process" | "parameters" | "parameterMatch" | "fullCommand">;

export function matches(wanted: Wanted, { comm, command }: ProcessFacts): boolean {
  if (!wanted.fullCommand) return comm === wanted.process;
  const [file, ...given] = command;
  return file === wanted.process && parametersMatch(wanted, given);
}

function parametersMatch({ parameters, parameterMatch }: Wanted, given: readonly string[]): boolean {
  if (parameterMatch === "any") return true;
  if (parameterMatch === "exact" ? given.length !== parameters.length : given.length < parameters.length)
    return false;
  const last = parameters.length - 1;
  return parameters.every((parameter, i) =>
    parameterMatch === "initial" && i === last
      ? given[i]?.startsWith(parameter) === true
      : given[i] === parameter,
  );
}

/**
 * From /proc/PID/stat and /proc/PID/cmdline; undefined when it is dead already (zombies) or the text is none of these.
 * The name stands in parentheses and may contain some.
 */
export function factsOf(stat: string, commandLine: string): ProcessFacts | undefined {
  const open = stat.indexOf("(");
  const close = stat.lastIndexOf(")");
  if (open < 0 || close < open) return undefined;
  const state = stat.slice(close + 2, close + 3);
  if (state === "" || "ZXx".includes(state)) return undefined;
  const command = commandLine === "" ? [] : commandLine.replace(/\0$/, "").split("\0");
  return { comm: stat.slice(open + 1, close), command };
}
