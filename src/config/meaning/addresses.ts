/** Addresses and routes with everything filled in. */
import { type AddressEntry, FOREVER, IFA_F } from "../blocks/address-entry.js";
import { KEEPALIVED_PROTOCOL, type RouteEntry } from "../blocks/route-entry.js";
import type { AddressSetting, RouteSetting } from "../model.js";
import { positionOf } from "../read-tree.js";
import { decodeBytes, type Word } from "../text.js";
import type { Judge } from "./judge.js";

/** Fills in device, scope, flags and lifetime (VRRP reference, 12.2). */
export function finishAddress(entry: AddressEntry, device: string, judge: Judge): AddressSetting {
  if (entry.device !== undefined) judge.needInterface(entry.device);
  const six = entry.family === 6;
  const lasting = six && entry.prefixLength === 128 ? 0 : FOREVER;
  const setting: AddressSetting = {
    family: entry.family,
    address: entry.text,
    prefixLength: entry.prefixLength,
    device: entry.device === undefined ? device : decodeBytes(entry.device.text),
    scope: entry.scope ?? 0,
    flags: entry.flags | (six && !entry.detectDuplicates ? IFA_F.nodad : 0),
    preferredSeconds: entry.preferredSeconds ?? lasting,
    noTrack: entry.noTrack,
    position: positionOf(entry.at),
  };
  if (entry.label !== undefined) setting.label = entry.label;
  if (entry.broadcast !== undefined) setting.broadcast = entry.broadcast;
  if (entry.peer !== undefined) setting.peer = entry.peer.text;
  return setting;
}

/** Leaves out what was written twice; the seen set may span several lists. */
export function finishAddresses(
  entries: readonly AddressEntry[],
  device: string,
  seen: Map<string, Word>,
  judge: Judge,
): AddressSetting[] {
  const list: AddressSetting[] = [];
  for (const entry of entries) {
    const setting = finishAddress(entry, device, judge);
    const key = `${setting.address}/${setting.prefixLength}%${setting.device}`;
    const before = seen.get(key);
    if (before === undefined) {
      seen.set(key, entry.at);
      list.push(setting);
    } else {
      const notes = [{ message: "it was given here first", at: before }];
      judge.error(
        entry.at,
        `the address ${setting.address}/${setting.prefixLength} is given twice; this one is ignored`,
        { notes },
      );
    }
  }
  return list;
}

/** Fills in family, protocol and what the destination leaves open. */
export function finishRoute(entry: RouteEntry, judge: Judge): RouteSetting {
  if (entry.device !== undefined) judge.needInterface(entry.device);
  const family = entry.family ?? 4;
  const { destination, gateway } = entry;
  let protocol = entry.protocol ?? KEEPALIVED_PROTOCOL;
  if (entry.protocol !== undefined && entry.protocol !== KEEPALIVED_PROTOCOL && !entry.noTrack) {
    judge.repair(entry.at, `a route that is tracked needs protocol ${KEEPALIVED_PROTOCOL}, which is used`);
    protocol = KEEPALIVED_PROTOCOL;
  }
  const untrackable = entry.device === undefined && !entry.noTrack;
  if (untrackable)
    judge.repair(entry.at, "a route without 'dev' cannot be tracked; add 'dev INTERFACE' or 'no_track'");
  const setting: RouteSetting = {
    family,
    type: entry.type,
    destination:
      destination === "default" || destination === undefined
        ? family === 4
          ? "0.0.0.0"
          : "::"
        : destination.text,
    prefixLength: entry.prefixLength,
    table: entry.table,
    protocol,
    onlink: entry.onlink,
    noTrack: entry.noTrack || untrackable,
    position: positionOf(entry.at),
  };
  if (gateway !== undefined) setting.gateway = gateway.text;
  if (gateway !== undefined && gateway.family !== family) setting.gatewayFamily = gateway.family;
  if (entry.device !== undefined) setting.device = decodeBytes(entry.device.text);
  if (entry.source !== undefined) setting.source = entry.source.text;
  if (entry.metric !== undefined) setting.metric = entry.metric;
  if (entry.scope !== undefined) setting.scope = entry.scope;
  if (entry.tos !== undefined) setting.tos = entry.tos;
  if (entry.mtu !== undefined) setting.mtu = entry.mtu;
  return setting;
}
