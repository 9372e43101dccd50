/**
 * The journal: a small text file of the addresses and routes that this process may add to the kernel, written before
 * it adds any. After a crash it says what has to be withdrawn. One object per line, as ip(8) would show it:
 *
 *   address 192.0.2.1/24 dev eth0 [peer 192.0.2.2]
 *   route 10.0.0.0/8 type 1 table 254 protocol 18 [via 192.0.2.254] [dev eth0] [metric 5] [tos 16]
 *
 * Reading is tolerant: a line that is not understood (a torn or later file) is passed over.
 */
import { open, readFile, rename, rm } from "node:fs/promises";
import { LIFETIME_FOREVER } from "../netlink/constants.js";
import { canonicalAddress } from "./ip-address.js";
import { addressObject, describeSetting, encodeRemove, routeObject } from "./kernel-object.js";
import type { Channel, KernelRequest } from "./netlink-channel.js";
import type { AddressSetting, Family, RouteSetting } from "./settings.js";
import type { SystemError } from "./system-error.js";

export interface JournalEntries {
  addresses: AddressSetting[];
  routes: RouteSetting[];
}

export function formatJournal(entries: {
  addresses: readonly AddressSetting[];
  routes: readonly RouteSetting[];
}): string {
  const option = (name: string, value: string | number | undefined): string => {
    return value === undefined ? "" : ` ${name} ${value}`;
  };
  const lines = [
    ...entries.addresses.map(({ address, prefixLength, device, peer }) => {
      return `address ${address}/${prefixLength} dev ${device}${option("peer", peer)}`;
    }),
    ...entries.routes.map((route) => {
      const fixed = `route ${route.destination}/${route.prefixLength} type ${route.type} table ${route.table}`;
      const hop = `${option("via", route.gateway)}${option("dev", route.device)}`;
      return `${fixed} protocol ${route.protocol}${hop}${option("metric", route.metric)}${option("tos", route.tos)}`;
    }),
  ];
  return [...new Set(lines)].map((line) => `${line}\n`).join("");
}

export function parseJournal(text: string): JournalEntries {
  const entries: JournalEntries = { addresses: [], routes: [] };
  for (const [i, line] of text.split("\n").entries()) {
    const [kind, target = "", ...rest] = line.split(" ");
    const slash = target.indexOf("/");
    const address = canonicalAddress(target.slice(0, Math.max(slash, 0)));
    const prefixLength = number(target.slice(slash + 1));
    if (address === undefined || prefixLength === undefined || rest.length % 2 !== 0) continue;
    const family: Family = address.includes(":") ? 6 : 4;
    const options = new Map<string, string>();
    for (let at = 0; at + 1 < rest.length; at += 2) options.set(rest[at] as string, rest[at + 1] as string);
    const common = {
      family,
      prefixLength,
      noTrack: false,
      position: { file: "journal", line: i + 1, column: 1 },
    };
    if (kind === "address") {
      const setting = addressFrom(options);
      if (setting !== undefined) entries.addresses.push({ ...common, address, ...setting });
    } else if (kind === "route") {
      const setting = routeFrom(options);
      if (setting !== undefined) entries.routes.push({ ...common, destination: address, ...setting });
    }
  }
  return entries;
}

type Common = "family" | "prefixLength" | "noTrack" | "position";

function addressFrom(options: Map<string, string>): Omit<AddressSetting, Common | "address"> | undefined {
  const device = options.get("dev");
  const peerText = options.get("peer");
  const peer = peerText === undefined ? undefined : canonicalAddress(peerText);
  if (device === undefined || (peerText !== undefined && peer === undefined)) return undefined;
  return {
    device,
    scope: 0,
    flags: 0,
    preferredSeconds: LIFETIME_FOREVER,
    ...(peer !== undefined && { peer }),
  };
}

function routeFrom(options: Map<string, string>): Omit<RouteSetting, Common | "destination"> | undefined {
  const type = number(options.get("type"));
  const table = number(options.get("table"));
  const protocol = number(options.get("protocol"));
  const gatewayText = options.get("via");
  const gateway = gatewayText === undefined ? undefined : canonicalAddress(gatewayText);
  const device = options.get("dev");
  const metric = number(options.get("metric"));
  const tos = number(options.get("tos"));
  if (type === undefined || table === undefined || protocol === undefined) return undefined;
  if (gatewayText !== undefined && gateway === undefined) return undefined;
  return {
    type,
    table,
    protocol,
    onlink: false,
    ...(gateway !== undefined && { gateway }),
    ...(device !== undefined && { device }),
    ...(metric !== undefined && { metric }),
    ...(tos !== undefined && { tos }),
  };
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/** Writes the whole journal: into a temporary file, synced, then renamed over the old one. */
export async function writeJournal(
  path: string,
  entries: Parameters<typeof formatJournal>[0],
): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(formatJournal(entries));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** @returns nothing to withdraw when there is no journal. */
export async function readJournal(path: string): Promise<JournalEntries> {
  try {
    return parseJournal(await readFile(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { addresses: [], routes: [] };
    throw error;
  }
}

/** After everything was withdrawn. */
export async function removeJournal(path: string): Promise<void> {
  await rm(path, { force: true });
}

/**
 * Removes all of it from the kernel, routes first (reference 12.1). What is not there, or on a device that is not there
 * (`indexOf` gives 0), is fine. @returns what the kernel refused.
 */
export async function withdraw(
  channel: Channel,
  entries: { addresses: readonly AddressSetting[]; routes: readonly RouteSetting[] },
  indexOf: (device: string) => number,
): Promise<SystemError[]> {
  const requests: KernelRequest[] = [];
  for (const object of [...entries.routes.map(routeObject), ...entries.addresses.map(addressObject)]) {
    const { device } = object.setting;
    const index = device === undefined ? undefined : indexOf(device);
    if (index === 0) continue;
    const call = object.kind === "address" ? "RTM_DELADDR" : "RTM_DELROUTE";
    requests.push({ message: encodeRemove(object, index), call, subject: describeSetting(object.setting) });
  }
  const gone = new Set(["EADDRNOTAVAIL", "ESRCH", "ENODEV"]);
  const results = await channel.request(requests);
  return results.flatMap((result) => (result.ok || gone.has(result.error.code) ? [] : [result.error]));
}
