/** Addresses with everything filled in. */
import { type AddressEntry, FOREVER, IFA_F } from "../blocks/address-entry.js";
import type { AddressSetting } from "../model.js";
import { positionOf } from "../read-tree.js";
import { decodeBytes } from "../text.js";
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
    flags: entry.flags | (six && entry.detectDuplicates !== true ? IFA_F.nodad : 0),
    preferredSeconds: entry.preferredSeconds ?? lasting,
    noTrack: entry.noTrack,
    position: positionOf(entry.at),
  };
  if (entry.label !== undefined) setting.label = entry.label;
  if (entry.broadcast !== undefined) setting.broadcast = entry.broadcast;
  if (entry.peer !== undefined) setting.peer = entry.peer.text;
  if (entry.useVmac === true) setting.useVmac = true;
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

/** So many are compared one by one, which costs less than a key for each. */
const FEW = 16;

/** The addresses of one owner, which may be in several lists. */
export class OwnAddresses {
  readonly #few: AddressEntry[] = [];
  #many: Map<string, AddressEntry> | undefined;

  constructor(
    /** Where addresses without `dev` are. */
    readonly device: string,
  ) {}

  /** Takes an address; the earlier entry when it is there already. */
  add(entry: AddressEntry): AddressEntry | undefined {
    const before = this.#many?.get(this.#keyOf(entry)) ?? this.#amongFew(entry);
    if (before !== undefined) return before;
    if (this.#many === undefined && this.#few.length < FEW) this.#few.push(entry);
    else (this.#many ??= new Map()).set(this.#keyOf(entry), entry);
    return undefined;
  }

  #amongFew({ text, prefixLength, device }: AddressEntry): AddressEntry | undefined {
    for (let i = 0; i < this.#few.length; i++) {
      const other = this.#few[i];
      if (other?.text !== text || other.prefixLength !== prefixLength) continue;
      if ((other.device?.text ?? this.device) === (device?.text ?? this.device)) return other;
    }
    return undefined;
  }

  #keyOf({ text, prefixLength, device }: AddressEntry): string {
    return `${text}/${prefixLength}%${device?.text ?? this.device}`;
  }
}

/** Leaves out what was written twice. */
export function finishAddresses(
  entries: readonly AddressEntry[],
  own: OwnAddresses,
  judge: Judge,
  groups?: TrackGroups,
): AddressSetting[] {
  const list: AddressSetting[] = [];
  // Not for...of, which makes an object per step in code that is not hot yet.
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i];
    if (entry === undefined) continue;
    const setting = finishAddress(entry, own.device, groups, judge);
    mentionNoHost(entry, judge);
    const before = own.add(entry);
    if (before === undefined) list.push(setting);
    else {
      const notes = [{ message: "it was given here first", at: before.at }];
      judge.error(
        entry.at,
        `the address ${setting.address}/${setting.prefixLength} is given twice; this one is ignored`,
        { notes },
      );
    }
  }
  return list;
}
