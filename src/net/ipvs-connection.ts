/** The way to IPVS in the kernel: its module, its family in generic netlink, one socket for requests and one for reading. */
import { closeSync, openSync } from "node:fs";
import type { Addon } from "../native/addon.js";
import { NETLINK_GENERIC } from "./constants.js";
import type { Loop } from "./loop.js";
import { type CommandSocket, openChannel } from "./netlink-channel.js";
import { NetlinkReader } from "./netlink-reader.js";
import { formatSystemError, type SystemError, systemErrorOf } from "./system-error.js";
import { decodeFamily, encodeGetFamily } from "../netlink/generic.js";
import { IPVS_FAMILY } from "../netlink/ipvs-constants.js";
import { decodeVersion, encodeGetInfo } from "../netlink/ipvs-settings.js";

export interface IpvsConnection {
  channel: CommandSocket;
  reader: NetlinkReader;
  /** Number of IPVS in generic netlink. */
  family: number;
  version: string;
}

export type Connected = { ok: true; connection: IpvsConnection } | { ok: false; missing: string };

interface ConnectionPorts {
  addon: Addon;
  loop: Loop;
  /** Path of the network namespace whose IPVS it is; absent: that of this process. */
  namespace?: string | undefined;
}

/** net_namespace_ipvs: null is the namespace of the machine, undefined that of this process. */
export function ipvsNamespacePath(name: string | null | undefined): string | undefined {
  return name === null ? "/proc/1/ns/net" : name && `/run/netns/${name}`;
}

const CLONE_NEWNET = 0x40000000;
const UNKNOWN_FAMILY = "ENOENT";

/** Connects; `loadModule`, when given, is called once if IPVS is not there. */
export async function connectIpvs(
  ports: ConnectionPorts,
  loadModule?: () => Promise<void>,
): Promise<Connected> {
  let sockets: Pick<IpvsConnection, "channel" | "reader">;
  try {
    sockets = openSockets(ports);
  } catch (error) {
    return { ok: false, missing: cannotOpen(systemErrorOf(error, "generic netlink"), ports.namespace) };
  }
  const result = await askForIpvs(sockets, loadModule);
  if (!result.ok) {
    sockets.channel.close();
    sockets.reader.close();
  }
  return result;
}

function openSockets({
  addon,
  loop,
  namespace,
}: ConnectionPorts): Pick<IpvsConnection, "channel" | "reader"> {
  const open = (): Pick<IpvsConnection, "channel" | "reader"> => {
    const reader = new NetlinkReader(addon, loop, NETLINK_GENERIC);
    return { reader, channel: openChannel(addon, loop, NETLINK_GENERIC) };
  };
  if (namespace === undefined) return open();
  // A socket stays in the namespace in which it was opened; the process goes back.
  const own = openSync("/proc/thread-self/ns/net", "r");
  try {
    addon.enterNamespace(namespace, CLONE_NEWNET);
    try {
      return open();
    } finally {
      addon.enterNamespace(`/proc/self/fd/${own}`, CLONE_NEWNET);
    }
  } finally {
    closeSync(own);
  }
}

async function askForIpvs(
  sockets: Pick<IpvsConnection, "channel" | "reader">,
  loadModule: (() => Promise<void>) | undefined,
): Promise<Connected> {
  const { reader } = sockets;
  const ask = () => reader.ask(encodeGetFamily(IPVS_FAMILY), "CTRL_CMD_GETFAMILY", IPVS_FAMILY, decodeFamily);
  let answer = await ask();
  if (!answer.ok && answer.error.code === UNKNOWN_FAMILY && loadModule !== undefined) {
    await loadModule();
    answer = await ask();
  }
  if (!answer.ok) return { ok: false, missing: whyNoFamily(answer.error) };
  const [family] = answer.messages;
  if (family === undefined) return { ok: false, missing: "The kernel did not say how to reach IPVS" };
  const info = await reader.ask(encodeGetInfo(family), "IPVS_CMD_GET_INFO", IPVS_FAMILY, decodeVersion);
  if (!info.ok) return { ok: false, missing: whyNoInfo(info.error) };
  return { ok: true, connection: { ...sockets, family, version: info.messages[0] ?? "?" } };
}

function cannotOpen(error: SystemError, namespace: string | undefined): string {
  const where = namespace === undefined ? "" : ` in the network namespace ${namespace}`;
  return `IPVS cannot be reached${where}: ${formatSystemError(error)}`;
}

function whyNoFamily(error: SystemError): string {
  if (error.code === UNKNOWN_FAMILY)
    return "This kernel has no IPVS: load its module with 'modprobe ip_vs', or install the package with the kernel's modules";
  return `IPVS cannot be looked up: ${formatSystemError(error)}`;
}

function whyNoInfo(error: SystemError): string {
  if (error.code === "EPERM") return "IPVS refuses us: the capability CAP_NET_ADMIN is missing";
  return `IPVS does not answer: ${formatSystemError(error)}`;
}
