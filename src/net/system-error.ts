/**
 * A system call that the kernel refused, as a value: it travels in results and events, never as an exception
 * through a state machine.
 */
import { getSystemErrorName } from "node:util";
import type { NativeError } from "../native/addon.js";

export interface SystemError {
  /** The system call or netlink message, for instance "sendmsg" or "RTM_NEWADDR". */
  call: string;
  /** Name of the errno, for instance "EPERM". */
  code: string;
  /** What it was about: "192.0.2.1/24 on eth0". */
  subject: string;
  /** The kernel's own words (netlink extended ACK), when it gave some. */
  detail?: string;
}

/** @returns the name of a positive errno ("EPERM"). */
export function errnoName(errno: number): string {
  try {
    return getSystemErrorName(-errno);
  } catch {
    return `errno ${errno}`;
  }
}

/** Turns what the addon threw into a value. Anything else is a bug of ours and is thrown on. */
export function systemErrorOf(error: unknown, subject: string): SystemError {
  const native = error as Partial<NativeError>;
  if (error instanceof Error && typeof native.syscall === "string" && typeof native.code === "string") {
    return { call: native.syscall, code: native.code, subject };
  }
  throw error;
}

/** One line for the log. */
export function formatSystemError(error: SystemError): string {
  return `${error.subject}: ${error.call}: ${error.code}${error.detail === undefined ? "" : ` (${error.detail})`}`;
}
