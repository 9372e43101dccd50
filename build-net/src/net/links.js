import {
  AF_INET6,
  AF_UNSPEC,
  IFA_F_DADFAILED,
  IFA_F_SECONDARY,
  IFA_F_TENTATIVE,
  RTPROT_KEEPALIVED
} from "../netlink/constants.js";
import { IFF_RUNNING, IFF_UP } from "./constants.js";
import { formatAddress, isLinkLocal } from "./ip-address.js";
function addressKey(address, prefixLength, peer) {
  return peer === void 0 ? `${address}/${prefixLength}` : `${address}/${prefixLength} peer ${peer}`;
}
const NOBODY = { portId: 0, sequence: 0 };
class Links {
  #rows = /* @__PURE__ */ new Map();
  #names = /* @__PURE__ */ new Map();
  #listeners = [];
  #protocols = /* @__PURE__ */ new Set([RTPROT_KEEPALIVED]);
  #generation = 0;
  #refreshing = false;
  addListener(listener) {
    this.#listeners.push(listener);
  }
  byName(name) {
    const index = this.#names.get(name);
    return index === void 0 ? void 0 : this.byIndex(index);
  }
  byIndex(index) {
    return this.#rows.get(index)?.link;
  }
  *all() {
    for (const row of this.#rows.values()) yield row.link;
  }
  /** Route protocols (rtm_protocol) whose routes are reported. */
  get protocols() {
    return this.#protocols;
  }
  watchProtocol(protocol) {
    if (this.#protocols.has(protocol)) return;
    this.#protocols.add(protocol);
    this.#tell((listener) => listener.protocolsChanged?.());
  }
  /** Takes in one message of the monitor. */
  apply(message) {
    const { header } = message;
    if (message.kind === "address") {
      if (message.removed) this.#removeAddress(message.address, header);
      else this.#setAddress(message.address, header);
    } else if (message.kind === "link") {
      if (message.link.family !== AF_UNSPEC) return;
      if (message.removed) this.#removeLink(message.link.index);
      else this.#setLink(message.link);
    } else if (message.kind === "route" && this.#protocols.has(message.route.protocol)) {
      const route = this.#reported(message.route);
      if (message.removed) this.#tell((listener) => listener.routeRemoved?.(route, header));
      else this.#tell((listener) => listener.routeAdded?.(route, header));
    }
  }
  beginRefresh() {
    this.#generation++;
    for (const row of this.#rows.values()) row.seen.clear();
    this.#refreshing = true;
    this.#tell((listener) => listener.refreshing?.());
  }
  endRefresh() {
    this.#refreshing = false;
    for (const row of [...this.#rows.values()]) {
      if (row.generation !== this.#generation) {
        this.#removeLink(row.link.index);
        continue;
      }
      for (const [key, address] of [...row.addresses]) {
        if (!row.seen.has(key)) this.#dropAddress(row, key, address, NOBODY);
      }
      row.seen.clear();
    }
    this.#tell((listener) => listener.refreshed?.());
  }
  #setLink(message) {
    const row = this.#rows.get(message.index);
    const before = row?.link;
    const name = message.name ?? before?.name;
    if (name === void 0) return;
    const addresses = row?.addresses ?? /* @__PURE__ */ new Map();
    const after = {
      index: message.index,
      name,
      flags: message.flags,
      up: (message.flags & IFF_UP) !== 0 && (message.flags & IFF_RUNNING) !== 0,
      mtu: message.mtu ?? before?.mtu ?? 0,
      mac: message.mac ?? before?.mac ?? new Uint8Array(0),
      type: message.type,
      master: message.master,
      addresses
    };
    if (row !== void 0) row.generation = this.#generation;
    if (before !== void 0 && sameLink(before, after)) return;
    if (row !== void 0) row.link = after;
    else this.#rows.set(after.index, { link: after, addresses, seen: /* @__PURE__ */ new Set(), generation: this.#generation });
    if (before !== void 0 && before.name !== name && this.#names.get(before.name) === before.index) {
      this.#names.delete(before.name);
    }
    this.#names.set(name, after.index);
    this.#tell((listener) => listener.linkChanged?.(before, after));
  }
  #removeLink(index) {
    const row = this.#rows.get(index);
    if (row === void 0) return;
    for (const [key, address] of [...row.addresses]) this.#dropAddress(row, key, address, NOBODY);
    this.#rows.delete(index);
    if (this.#names.get(row.link.name) === index) this.#names.delete(row.link.name);
    this.#tell((listener) => listener.linkChanged?.(row.link, void 0));
  }
  #setAddress(message, origin) {
    const row = this.#rows.get(message.index);
    if (row === void 0) return;
    const address = linkAddress(message);
    const key = addressKey(address.address, address.prefixLength, address.peer);
    const before = row.addresses.get(key);
    if (this.#refreshing) row.seen.add(key);
    if (before !== void 0 && ((before.flags ^ address.flags) & IFA_F_SECONDARY) !== 0) row.addresses.delete(key);
    row.addresses.set(key, address);
    if (before !== void 0 && before.flags === address.flags && before.label === address.label) return;
    this.#tell((listener) => listener.addressAdded?.(row.link, address, origin));
  }
  #removeAddress(message, origin) {
    const row = this.#rows.get(message.index);
    if (row === void 0) return;
    const { address, prefixLength, peer } = linkAddress(message);
    const key = addressKey(address, prefixLength, peer);
    const before = row.addresses.get(key);
    if (before !== void 0) this.#dropAddress(row, key, before, origin);
  }
  #dropAddress(row, key, address, origin) {
    row.addresses.delete(key);
    row.seen.delete(key);
    this.#tell((listener) => listener.addressRemoved?.(row.link, address, origin));
  }
  #reported(message) {
    const route = {
      family: familyOf(message.family),
      type: message.type,
      destination: formatAddress(message.destination),
      prefixLength: message.prefixLength,
      metric: message.metric,
      table: message.table,
      tos: message.tos,
      protocol: message.protocol
    };
    const device = message.device === void 0 ? void 0 : this.byIndex(message.device)?.name;
    if (message.gateway !== void 0) route.gateway = formatAddress(message.gateway);
    if (device !== void 0) route.device = device;
    return route;
  }
  #tell(call) {
    for (const listener of this.#listeners) call(listener);
  }
}
function familyOf(family) {
  return family === AF_INET6 ? 6 : 4;
}
function linkAddress(message) {
  const address = {
    family: familyOf(message.family),
    address: formatAddress(message.local),
    bytes: message.local,
    prefixLength: message.prefixLength,
    scope: message.scope,
    flags: message.flags
  };
  if (message.peer !== void 0) address.peer = formatAddress(message.peer);
  if (message.label !== void 0) address.label = message.label;
  return address;
}
function sameLink(a, b) {
  return a.name === b.name && a.flags === b.flags && a.mtu === b.mtu && a.type === b.type && a.master === b.master && a.mac.length === b.mac.length && a.mac.every((byte, i) => byte === b.mac[i]);
}
function chooseSource(link, family, exclude) {
  let secondary;
  for (const address of link.addresses.values()) {
    if (address.family !== family || exclude.has(address.address)) continue;
    if (family === 6) {
      const usable = (address.flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) === 0;
      if (usable && isLinkLocal(address.bytes)) return address;
    } else {
      if ((address.flags & IFA_F_SECONDARY) === 0) return address;
      secondary ??= address;
    }
  }
  return secondary;
}
export {
  Links,
  addressKey,
  chooseSource
};
//# sourceMappingURL=links.js.map
