/**
 * How processes end: the exit statuses that mean something, and the words for the way a child went.
 * Pure.
 */

/** Exit statuses of the daemon and its children, as upstream's. */
export const EXIT = {
  ok: 0,
  /** Bad command line, or a child that could not initialise a subsystem. */
  fatal: 1,
  /** The configuration cannot be used. */
  configuration: 2,
  /** A needed permission is missing. */
  permission: 4,
  /** Configuration file missing or unreadable. */
  noConfiguration: 6,
  /** A bug of ours. */
  bug: 70,
} as const;

/** How a process ended: by itself or by a signal. */
export type End = { status: number } | { signal: string; number: number };

const PERMANENT = new Map<number, string>([
  [EXIT.fatal, "FATAL"],
  [EXIT.configuration, "CONFIG"],
  [EXIT.permission, "MISSING PERMISSION"],
]);

/** @returns the name of the error that a new start would only meet again; undefined when a restart may help. */
export function permanentError(end: End): string | undefined {
  return "status" in end ? PERMANENT.get(end.status) : undefined;
}

/** "exited due to signal 9 (SIGKILL)", "exited with status 70". */
export function describeEnd(end: End): string {
  if ("signal" in end) return `exited due to signal ${end.number} (${end.signal})`;
  return `exited with status ${end.status}`;
}
