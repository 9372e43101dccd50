import { IFF_UP } from "./constants.js";
import { settingOf, wishOf } from "./entries.js";
import { keyOfAddress, keyOfRoute, matchesRoute } from "./kernel-object.js";
import { addressKey } from "./links.js";
import { RestoreLimit } from "./restore-limit.js";
class Keeper {
  #entries;
  #links;
  #loop;
  #ports;
  #timers = /* @__PURE__ */ new Map();
  /** Our removals of addresses, by key, that the monitor has not shown yet. */
  #expected = /* @__PURE__ */ new Map();
  /** What was there when a refresh began, less the routes that it has come across. */
  #unseen = /* @__PURE__ */ new Set();
  #portId;
  constructor(entries, links, loop, portId, ports) {
    this.#entries = entries;
    this.#links = links;
    this.#loop = loop;
    this.#portId = portId;
    this.#ports = ports;
  }
  /** We have just added it. */
  onAdded(entry) {
    this.#unseen.delete(entry);
  }
  /** We have just removed it. */
  onRemoved(entry) {
    if (entry.kind === "address") this.#expected.set(entry.key, (this.#expected.get(entry.key) ?? 0) + 1);
  }
  /** Somebody asks (again) for it, or nobody does any more: earlier refusals are forgotten. */
  reconsider(entry) {
    if (entry.wishes.size > 0 && entry.hold === "rateLimited") return;
    this.#timers.get(entry)?.();
    this.#timers.delete(entry);
    entry.hold = void 0;
    if (entry.wishes.size === 0) entry.lost = false;
  }
  close() {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }
  linkChanged(before, after) {
    if (after === void 0) {
      for (const entry of this.#entries.all()) if (deviceOf(entry) === before?.name) this.#onDeviceGone(entry);
      return;
    }
    const wentDown = before !== void 0 && (before.flags & IFF_UP) !== 0 && (after.flags & IFF_UP) === 0;
    const cameUp = after.up && !before?.up;
    const appeared = before?.name !== after.name;
    if (!wentDown && !cameUp && !appeared) return;
    for (const entry of this.#entries.all()) {
      const device = deviceOf(entry);
      if (device !== after.name && device !== void 0) continue;
      if (wentDown && entry.kind === "route") entry.doubtful = true;
      if (cameUp || appeared) this.#onDeviceUsable(entry);
    }
  }
  addressRemoved(link, address) {
    const key = keyOfAddress(link.name, address);
    const expected = this.#expected.get(key) ?? 0;
    if (expected > 1) this.#expected.set(key, expected - 1);
    else this.#expected.delete(key);
    const entry = this.#entries.get(key);
    if (expected === 0 && entry?.present !== void 0) this.#onLost(entry);
  }
  routeAdded(route) {
    for (const entry of this.#matching(route)) this.#unseen.delete(entry);
  }
  routeRemoved(route, origin) {
    if (origin.portId === this.#portId) return;
    for (const entry of this.#matching(route)) this.#onLost(entry);
  }
  refreshing() {
    this.#expected.clear();
    this.#unseen = new Set([...this.#entries.all()].filter(({ present }) => present !== void 0));
  }
  refreshed() {
    for (const entry of this.#unseen) {
      if (entry.present !== void 0 && !this.#isInTable(entry)) this.#onLost(entry);
    }
    this.#unseen.clear();
  }
  #isInTable(entry) {
    if (entry.present?.object.kind !== "address") return false;
    const { device, address, prefixLength, peer } = entry.present.object.setting;
    return this.#links.byName(device)?.addresses.has(addressKey(address, prefixLength, peer)) === true;
  }
  #matching(route) {
    return [...this.#entries.routes(keyOfRoute(route))].filter(({ present }) => {
      return present?.object.kind === "route" && matchesRoute(present.object.setting, route);
    });
  }
  #onDeviceGone(entry) {
    this.#expected.delete(entry.key);
    entry.present = void 0;
    entry.doubtful = false;
    if (entry.wishes.size > 0 && entry.hold === void 0) {
      entry.hold = "linkDown";
      entry.lost = true;
    }
    this.#ports.touch(entry);
  }
  #onDeviceUsable(entry) {
    if (entry.wishes.size === 0) return;
    if (entry.hold === "linkDown" || entry.hold === "failed") entry.hold = void 0;
    if (entry.doubtful) entry.present = void 0;
    entry.doubtful = false;
    this.#ports.touch(entry);
  }
  #onLost(entry) {
    const wish = wishOf(entry);
    entry.present = void 0;
    if (wish === void 0 || entry.hold !== void 0) {
      this.#ports.touch(entry);
      return;
    }
    const { device, noTrack } = wish.setting;
    if (noTrack) {
      entry.hold = "abandoned";
      this.#ports.lost(entry, "never");
    } else if (device !== void 0 && this.#links.byName(device)?.up !== true) {
      entry.lost = true;
      entry.hold = "linkDown";
    } else {
      this.#putBack(entry);
    }
    this.#ports.touch(entry);
  }
  #putBack(entry) {
    const again = entry.lost;
    entry.lost = true;
    entry.limit ??= new RestoreLimit();
    const now = this.#loop.now();
    const at = entry.limit.next(now);
    if (at <= now) {
      this.#ports.lost(entry, "now");
      return;
    }
    entry.hold = "rateLimited";
    if (!again) this.#ports.lost(entry, "later");
    const cancel = this.#loop.at(at, () => {
      this.#timers.delete(entry);
      entry.hold = void 0;
      this.#ports.touch(entry);
    });
    this.#timers.set(entry, cancel);
  }
}
function deviceOf(entry) {
  return settingOf(entry)?.device;
}
export {
  Keeper
};
//# sourceMappingURL=keeper.js.map
