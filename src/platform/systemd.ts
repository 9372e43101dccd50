/**
 * Talks to the service manager over NOTIFY_SOCKET (sd_notify(3)): ready, reloading, stopping, status, failure, alive.
 * Active whenever the variable is set. Upstream also asks that its parent be process 1, which leaves out
 * supervisors that are not systemd and systemd's own user instances.
 */
import type { Addon } from "../native/addon.js";

export type ServiceMessage =
  | { kind: "ready"; pid: number; status: string }
  | { kind: "reloading"; monotonicMicros: number }
  | { kind: "stopping" }
  | { kind: "alive" }
  /** Positive errno. */
  | { kind: "failed"; errno: number };

/** The text of a notification, as sd_notify(3) describes it. */
export function serviceText(message: ServiceMessage): string {
  switch (message.kind) {
    case "ready":
      return `READY=1\nMAINPID=${message.pid}\nSTATUS=${message.status}`;
    case "reloading":
      return `RELOADING=1\nMONOTONIC_USEC=${Math.trunc(message.monotonicMicros)}\nSTATUS=reloading`;
    case "stopping":
      return "STOPPING=1\nSTATUS=stopping";
    case "alive":
      return "WATCHDOG=1";
    case "failed":
      return `ERRNO=${message.errno}`;
  }
}

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const FAMILY_BYTES = 2;
/** sizeof sun_path */
const PATH_BYTES = 108;

/** sockaddr_un of a path, or of an abstract name that is written with a leading "@"; undefined when it cannot be one. */
export function unixAddress(path: string): Uint8Array | undefined {
  const abstract = path.startsWith("@");
  if (!abstract && !path.startsWith("/")) return undefined;
  const bytes = Buffer.from(path);
  if (bytes.length >= PATH_BYTES) return undefined;
  const address = new Uint8Array(FAMILY_BYTES + bytes.length + (abstract ? 0 : 1));
  new Uint16Array(address.buffer, 0, 1)[0] = AF_UNIX;
  address.set(bytes, FAMILY_BYTES);
  if (abstract) address[FAMILY_BYTES] = 0;
  return address;
}

interface ServiceEnvironment {
  NOTIFY_SOCKET?: string | undefined;
  WATCHDOG_USEC?: string | undefined;
  WATCHDOG_PID?: string | undefined;
}

/** Half of what systemd allows between two keep-alives; undefined when it expects none of this process. */
export function keepAlivePeriod(environment: ServiceEnvironment, pid: number): number | undefined {
  const micros = Number(environment.WATCHDOG_USEC);
  if (!Number.isSafeInteger(micros) || micros <= 0) return undefined;
  const forPid = environment.WATCHDOG_PID;
  if (forPid !== undefined && forPid !== "" && Number(forPid) !== pid) return undefined;
  return Math.floor(micros / 2);
}

/** Sends one notification; without NOTIFY_SOCKET, or when the manager does not listen, nothing happens. */
export function notifyService(addon: Addon, environment: ServiceEnvironment, message: ServiceMessage): void {
  const address = unixAddress(environment.NOTIFY_SOCKET ?? "");
  if (address === undefined) return;
  const text = Buffer.from(serviceText(message));
  const slab = new Uint8Array(text.length + address.length);
  slab.set(text);
  slab.set(address, text.length);
  const table = Int32Array.of(0, text.length, text.length, address.length, 0, 0);
  const socket = new addon.Socket(AF_UNIX, SOCK_DGRAM, 0);
  try {
    socket.sendBatch(slab, table, 0, 1, 0);
  } catch {
    // a manager that went away is no reason to fail
  } finally {
    socket.close();
  }
}
