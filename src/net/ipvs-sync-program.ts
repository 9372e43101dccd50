/**
 * A program that starts and stops the kernel's IPVS sync daemons as its one argument says (`SyncErrand` as JSON), prints
 * what was refused as one line of JSON to standard error, and ends. Why a program: see `ipvs-sync.ts`.
 */
import { loadAddon } from "../native/load.js";
import { encodeDeleteDaemon, encodeNewDaemon } from "../netlink/ipvs-settings.js";
import { createEventLoop } from "../platform/event-loop.js";
import { connectIpvs } from "./ipvs-connection.js";
import type { SyncErrand, SyncOrder } from "./ipvs-sync.js";
import type { KernelRequest } from "./netlink-channel.js";
import type { SystemError } from "./system-error.js";

function requestOf(order: SyncOrder, family: number): KernelRequest {
  if (order.kind === "stop") {
    const message = encodeDeleteDaemon(family, order.role);
    return { message, call: "IPVS_CMD_DEL_DAEMON", subject: `${order.role} sync daemon` };
  }
  const { role, interface: device, group } = order.daemon;
  const daemon = { ...order.daemon, ...(group !== undefined && { group: Uint8Array.from(group) }) };
  const message = encodeNewDaemon(family, daemon);
  return { message, call: "IPVS_CMD_NEW_DAEMON", subject: `${role} sync daemon on ${device}` };
}

/** It runs already, or not at all: as wanted. */
function isRefusal(order: SyncOrder, { code }: SystemError): boolean {
  return code !== (order.kind === "start" ? "EEXIST" : "ESRCH");
}

async function run({ orders, namespace }: SyncErrand): Promise<SystemError[]> {
  const addon = loadAddon();
  const found = await connectIpvs({ addon, loop: createEventLoop(addon), namespace });
  if (!found.ok) {
    return [{ call: "connect", code: "ENOENT", subject: "IPVS", detail: found.missing }];
  }
  const { channel, family } = found.connection;
  const errors: SystemError[] = [];
  for (const order of orders) {
    const [result] = await channel.request([requestOf(order, family)]);
    if (result?.ok === false && isRefusal(order, result.error)) errors.push(result.error);
  }
  return errors;
}

void run(JSON.parse(process.argv[2] ?? "{}") as SyncErrand).then((errors) => {
  process.stderr.write(`${JSON.stringify(errors)}\n`, () => process.exit(0));
});
