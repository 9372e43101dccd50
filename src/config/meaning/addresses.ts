/** Addresses with everything filled in. */
import { type AddressEntry, FOREVER, IFA_F } from "../blocks/address-entry.js";
import type { AddressSetting } from "../model.js";
import { positionOf } from "../read-tree.js";
import { decodeBytes, type Word } from "../text.js";
import { isMulticast } from "../values/address.js";
import type { Judge } from "./judge.js";
import type { TrackGroups } from "./routes.js";
import { resolveNames } from "./routing-names.js";

/** Fills in device, scope, flags and lifetime (VRRP reference, 12.2). */
function finishAddress(
  entry: AddressEntry,
  device: string,
  groups: TrackGroups,
  judge: Judge,
): AddressSetting {
  resolveNames(entry, "the address", judge);
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
  if (entry.useVmac) setting.useVmac = true;
  if (entry.trackGroup !== undefined && groups?.find(entry.trackGroup) !== undefined)
    setting.trackGroup = decodeBytes(entry.trackGroup.text);
  return setting;
}

/** Upstream takes them, and the kernel takes some: nobody can be reached at such an address. */
function mentionNoHost(entry: AddressEntry, judge: Judge): void {
  const first = Number.parseInt(entry.text, 10);
  const unspecified = entry.family === 4 ? first === 0 : entry.text === "::";
  if (!unspecified && (entry.family === 4 ? first < 224 : !isMulticast(entry))) return;
  const what = unspecified ? "no address of a host" : isMulticast(entry) ? "a multicast group" : "reserved";
  judge.mention(entry.at, `${entry.text} is ${what}: the kernel will refuse it or nobody can reach it`);
}

/** Leaves out what was written twice; the seen set may span several lists. */
export function finishAddresses(
  entries: readonly AddressEntry[],
  device: string,
  seen: Map<string, Word>,
  judge: Judge,
  groups?: TrackGroups,
): AddressSetting[] {
  const list: AddressSetting[] = [];
  for (const entry of entries) {
    const setting = finishAddress(entry, device, groups, judge);
    mentionNoHost(entry, judge);
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
