/** What the problems of a configuration mean for `-t`, for a start and for a reload (config-language reference, 7 and 9.3). */
import { type Diagnostics, KINDS } from "./diagnostic.js";

export interface Verdict {
  /** Exit status of `-t`: 0 only when nothing counts. */
  testStatus: number;
  /** Whether a daemon may start with it. */
  usable: boolean;
  /** Why not. */
  refusals: string[];
  /** Exit status of a daemon that may not start; 0 when it may. */
  exitStatus: number;
  /** Whether a running daemon should take it: no error, whatever upstream would put up with, and not nothing at all. */
  reloadable: boolean;
  /** Nothing is configured: good enough for a start. */
  empty: boolean;
}

interface Findings {
  topFailed: boolean;
  includeFailed: boolean;
  /** An include was passed over: no error for upstream, but a running daemon must not lose what stood there. */
  includeMissing: boolean;
  refusals: readonly string[];
  /** No keyword stands outside a block: nothing is configured at all. */
  empty: boolean;
}

/** Statuses of the config test. */
const MISSING_PARAMETER = 2;
const INTERFACE_OR_FATAL = 4;
const ORDINARY = 5;
const SECURITY = 6;
/** Status of a daemon whose files cannot be read. */
const UNREADABLE = 6;

export function judgeRun(diagnostics: Diagnostics, findings: Findings): Verdict {
  const refusals = [...findings.refusals];
  const unreadable = findings.topFailed || findings.includeFailed;
  const missing = diagnostics.counts.has("missingParameter");
  if (findings.topFailed) refusals.unshift("the configuration file cannot be read");
  else if (findings.includeFailed) refusals.unshift("an included file cannot be read");
  if (missing) refusals.push("a mandatory argument is missing");
  const usable = refusals.length === 0;
  return {
    empty: findings.empty,
    testStatus: findings.includeFailed
      ? UNREADABLE
      : missing
        ? MISSING_PARAMETER
        : statusOf(diagnostics.worst),
    usable,
    refusals,
    exitStatus: usable ? 0 : unreadable ? UNREADABLE : MISSING_PARAMETER,
    reloadable: usable && diagnostics.errors === 0 && !findings.includeMissing && !findings.empty,
  };
}

function statusOf(worst: number): number {
  if (worst === KINDS.logged) return 0;
  if (worst <= KINDS.fatal) return INTERFACE_OR_FATAL;
  return worst === KINDS.security ? SECURITY : ORDINARY;
}
