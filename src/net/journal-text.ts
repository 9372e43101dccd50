/**
 * The text of a journal: one object per line, as ip(8) would show it, with all that is needed to remove it. Pure.
 *
 *   address 192.0.2.1/24 dev eth0 [peer 192.0.2.2]
 *   route 10.0.0.0/8 type 1 table 254 protocol 18 [via 192.0.2.254] [dev eth0] [metric 5] [tos 16] [from 2001:db8::/32]
 *   rule inet preference 5 from 10.0.0.0/8 lookup 100 protocol 18
 *
 * Next hops and tunnels of a route are left out: it is found without them. Reading is tolerant: a line that is not
 * understood (a torn or later file) is passed over.
 */
import { LIFETIME_FOREVER } from "../netlink/constants.js";
import { canonicalAddress } from "./ip-address.js";
import { formatRule, parseRule, readPrefix } from "./rule-text.js";
import type { AddressSetting, Belongings, Family, RouteSetting, RuleSetting, Setting } from "./settings.js";

export function formatJournal({ addresses, routes, rules }: Belongings): string {
  const lines = [...addresses, ...routes, ...rules].map(journalLine);
  return [...new Set(lines)].map((line) => `${line}\n`).join("");
}

/** All that a journal knows of it: two settings with the same line are the same to whoever withdraws them. */
export function journalLine(setting: Setting): string {
  if ("address" in setting) return formatAddressLine(setting);
  return "destination" in setting ? formatRouteLine(setting) : `rule ${formatRule(setting)}`;
}

function option(name: string, value: string | number | undefined): string {
  return value === undefined ? "" : ` ${name} ${value}`;
}

function formatAddressLine({ address, prefixLength, device, peer }: AddressSetting): string {
  return `address ${address}/${prefixLength} dev ${device}${option("peer", peer)}`;
}

function formatRouteLine(route: RouteSetting): string {
  const fixed = `route ${route.destination}/${route.prefixLength} type ${route.type} table ${route.table}`;
  const several = route.nextHops !== undefined;
  const hop = several ? "" : `${option("via", route.gateway)}${option("dev", route.device)}`;
  const from = option("from", route.from && `${route.from.address}/${route.from.prefixLength}`);
  const rest = `${option("metric", route.metric)}${option("tos", route.tos)}${from}`;
  return `${fixed} protocol ${route.protocol}${hop}${rest}`;
}

export function parseJournal(text: string): Belongings {
  const addresses: AddressSetting[] = [];
  const routes: RouteSetting[] = [];
  const rules: RuleSetting[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    const [kind, ...words] = line.split(" ");
    const unknown = { noTrack: false, position: { file: "journal", line: i + 1, column: 1 } };
    if (kind === "rule") {
      const rule = parseRule(words);
      if (rule !== undefined) rules.push({ ...rule, ...unknown });
      continue;
    }
    const [target = "", ...rest] = words;
    const prefix = readPrefix(target);
    if (prefix === undefined || rest.length % 2 !== 0) continue;
    const { address, prefixLength } = prefix;
    const family: Family = address.includes(":") ? 6 : 4;
    const common = { ...unknown, family, prefixLength };
    const options = new Map<string, string>();
    for (let at = 0; at + 1 < rest.length; at += 2) options.set(rest[at] as string, rest[at + 1] as string);
    if (kind === "address") {
      const setting = addressFrom(options);
      if (setting !== undefined) addresses.push({ ...common, address, ...setting });
    } else if (kind === "route") {
      const setting = routeFrom(options);
      if (setting !== undefined) routes.push({ ...common, destination: address, ...setting });
    }
  }
  return { addresses, routes, rules };
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
  const fromText = options.get("from");
  const from = fromText === undefined ? undefined : readPrefix(fromText);
  if (type === undefined || table === undefined || protocol === undefined) return undefined;
  if (gatewayText !== undefined && gateway === undefined) return undefined;
  if (fromText !== undefined && from === undefined) return undefined;
  return {
    type,
    table,
    protocol,
    onlink: false,
    ...(gateway !== undefined && { gateway }),
    ...(device !== undefined && { device }),
    ...(metric !== undefined && { metric }),
    ...(tos !== undefined && { tos }),
    ...(from !== undefined && { from }),
  };
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}
