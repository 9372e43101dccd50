import { EntryTable, isSatisfied, wishOf } from "./entries.js";
import { Keeper } from "./keeper.js";
import {
  addressObject,
  describeSetting,
  encodeAdd,
  encodeRemove,
  routeObject,
  sameWish
} from "./kernel-object.js";
import { planSteps } from "./plan.js";
const ALREADY_GONE = /* @__PURE__ */ new Set(["EADDRNOTAVAIL", "ESRCH", "ENODEV"]);
class Reconciler {
  #channel;
  #links;
  #listener;
  #entries = new EntryTable();
  #keeper;
  /** Entries that may need a step. */
  #dirty = /* @__PURE__ */ new Set();
  /** What follows from the dirty entries, as far as it is not taken; undefined when something has changed. */
  #steps;
  #taken = 0;
  #flights = [];
  /** Does the kernel take IFA_PROTO? "doubted": an address was refused with it, and is now tried without. */
  #addressProtocol = "untried";
  #idle = [];
  constructor(channel, links, loop, listener) {
    this.#channel = channel;
    this.#links = links;
    this.#listener = listener;
    this.#keeper = new Keeper(this.#entries, links, loop, channel.portId, {
      touch: (entry) => this.#touch(entry),
      lost: (entry, putBack) => this.#tellLost(entry, putBack)
    });
    links.addListener(this.#keeper);
    channel.serve(this);
  }
  /**
   * Replaces what `owner` wants. Order of the lists is the order of adding and removing. `applied` is told once,
   * also when this is called again before it was.
   */
  setDesired(owner, addresses, routes) {
    for (const { protocol } of routes) this.#links.watchProtocol(protocol);
    this.#want(owner, [...addresses.map(addressObject), ...routes.map(routeObject)], "applied");
  }
  /** `owner` wants nothing any more; what waits to be added is never added. */
  clear(owner) {
    this.#want(owner, [], "cleared");
  }
  /** Resolves when no work is left or in flight. */
  idle() {
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      this.#channel.wake();
    });
  }
  /** Forgets everything; the kernel keeps what it has. */
  close() {
    this.#keeper.close();
    this.#entries.clear();
    this.#dirty.clear();
    this.#steps = void 0;
  }
  /** The channel has a turn: the next steps, as things are now. */
  take(max) {
    const requests = [];
    this.#flights = [];
    this.#steps ??= this.#plan();
    while (requests.length < max && this.#taken < this.#steps.length) {
      const step = this.#steps[this.#taken++];
      const entry = this.#entries.get(step.object.key);
      const addressProtocol = this.#addressProtocol === "untried" || this.#addressProtocol === "accepted";
      const request = entry && this.#request(step, entry, addressProtocol);
      if (entry === void 0 || request === void 0) continue;
      this.#flights.push({ step, entry, addressProtocol });
      requests.push(request);
    }
    this.#tellSettled();
    if (requests.length === 0) for (const resolve of this.#idle.splice(0)) resolve();
    return requests;
  }
  /** The answers to what was taken last. */
  finished(results) {
    const added = /* @__PURE__ */ new Map();
    const flights = this.#flights;
    this.#flights = [];
    for (const [i, flight] of flights.entries()) {
      const { step, entry } = flight;
      const result = results[i];
      if (result === void 0) continue;
      if (step.verb === "remove") this.#onRemoved(entry, step.object, result);
      else this.#onAdded(flight, result, added);
      this.#settleIfSatisfied(entry);
    }
    for (const [owner, addresses] of added) this.#listener.added?.(owner, addresses);
    this.#tellSettled();
  }
  #want(owner, objects, goal) {
    for (const entry of this.#entries.want(owner, objects, goal)) {
      this.#keeper.reconsider(entry);
      this.#touch(entry);
    }
    this.#channel.wake();
  }
  #touch(entry) {
    this.#dirty.add(entry);
    this.#steps = void 0;
    this.#channel.wake();
  }
  #plan() {
    const wanted = [];
    const present = [];
    this.#taken = 0;
    for (const entry of [...this.#dirty]) {
      if (this.#settleIfSatisfied(entry)) continue;
      const wish = wishOf(entry);
      if (wish !== void 0) wanted.push({ object: wish, order: entry.order });
      if (entry.present !== void 0) present.push({ object: entry.present.object, order: entry.order });
    }
    return planSteps(wanted, present);
  }
  #settleIfSatisfied(entry) {
    if (!isSatisfied(entry)) return false;
    this.#dirty.delete(entry);
    this.#entries.settle(entry);
    return true;
  }
  /** @returns undefined when the step has become impossible, which is told here. */
  #request(step, entry, addressProtocol) {
    const { object } = step;
    const { device } = object.setting;
    const subject = describeSetting(object.setting);
    const noun = object.kind === "address" ? "ADDR" : "ROUTE";
    if (step.verb === "remove") {
      return { message: encodeRemove(object, entry.present?.index), call: `RTM_DEL${noun}`, subject };
    }
    const call = `RTM_NEW${noun}`;
    const index = this.#indexOf(object);
    if (device !== void 0 && index === void 0) {
      this.#refuse(entry, object, { call, code: "ENODEV", subject });
      return void 0;
    }
    return { message: encodeAdd(object, index, { addressProtocol }), call, subject };
  }
  #indexOf(object) {
    const { device } = object.setting;
    return device === void 0 ? void 0 : this.#links.byName(device)?.index;
  }
  #onAdded({ step: { object }, entry, addressProtocol }, result, added) {
    const exists = !result.ok && result.error.code === "EEXIST";
    if (!result.ok && !exists) {
      if (object.kind === "address" && this.#mayBeProtocol(result.error.code, addressProtocol)) this.#touch(entry);
      else this.#refuse(entry, object, result.error);
      return;
    }
    if (object.kind === "address") this.#addressProtocol = addressProtocol ? "accepted" : "refused";
    entry.present = { object, index: this.#indexOf(object) };
    entry.doubtful = false;
    this.#keeper.onAdded(entry);
    for (const [owner, wish] of entry.wishes) {
      if (!sameWish(wish.setting, object.setting)) continue;
      if (entry.lost) this.#listener.restored?.(owner, wish.setting);
      else if (wish.kind === "address") {
        const list = added.get(owner);
        if (list === void 0) added.set(owner, [wish.setting]);
        else list.push(wish.setting);
      }
    }
    entry.lost = false;
  }
  #onRemoved(entry, object, result) {
    const owners = [...entry.waiting];
    entry.present = void 0;
    entry.doubtful = false;
    if (result.ok) this.#keeper.onRemoved(entry);
    if (result.ok || ALREADY_GONE.has(result.error.code)) return;
    for (const owner of owners) this.#listener.failed?.(owner, object.setting, result.error);
  }
  #refuse(entry, object, error) {
    entry.hold = error.code === "ENODEV" ? "linkDown" : "failed";
    for (const owner of entry.wishes.keys()) this.#listener.failed?.(owner, object.setting, error);
    this.#settleIfSatisfied(entry);
  }
  /** EINVAL may be about IFA_PROTO as long as no address was accepted with it: trying without tells. */
  #mayBeProtocol(code, addressProtocol) {
    if (code !== "EINVAL" || this.#addressProtocol === "accepted") return false;
    this.#addressProtocol = addressProtocol ? "doubted" : "untried";
    return addressProtocol;
  }
  #tellLost(entry, putBack) {
    for (const [owner, { setting }] of entry.wishes) this.#listener.lost?.(owner, setting, putBack);
  }
  #tellSettled() {
    for (const { owner, goal } of this.#entries.takeSettled()) {
      if (goal === "applied") this.#listener.applied?.(owner);
      else this.#listener.cleared?.(owner);
    }
  }
}
export {
  Reconciler
};
//# sourceMappingURL=reconciler.js.map
