import { keyOfRoute, sameWish } from "./kernel-object.js";
function wishOf(entry) {
  const [wish] = entry.wishes.values();
  return wish;
}
function isSatisfied(entry) {
  const wish = wishOf(entry);
  if (wish === void 0) return entry.present === void 0;
  if (entry.hold !== void 0) return true;
  return entry.present !== void 0 && sameWish(wish.setting, entry.present.object.setting);
}
class EntryTable {
  #entries = /* @__PURE__ */ new Map();
  /** Routes by `keyOfRoute`, for what the monitor reports. */
  #routes = /* @__PURE__ */ new Map();
  #owners = /* @__PURE__ */ new Map();
  #settled = [];
  #order = 0;
  get(key) {
    return this.#entries.get(key);
  }
  all() {
    return this.#entries.values();
  }
  /** Entries whose route has this `keyOfRoute`. */
  routes(key) {
    return this.#routes.get(key) ?? [];
  }
  /** Replaces what an owner wants. @returns the entries that this touches. */
  want(owner, objects, goal) {
    const record = this.#owners.get(owner) ?? { keys: /* @__PURE__ */ new Set(), unsettled: 0, goal };
    const before = record.keys;
    this.#owners.set(owner, record);
    record.goal = goal;
    record.keys = new Set(objects.map(({ key }) => key));
    const touched = [];
    for (const object of objects) {
      const entry = this.#entryOf(object);
      entry.wishes.set(owner, object);
      entry.order = this.#order++;
      touched.push(entry);
    }
    for (const key of before) {
      const entry = this.#entries.get(key);
      if (record.keys.has(key) || entry === void 0) continue;
      entry.wishes.delete(owner);
      touched.push(entry);
    }
    for (const entry of touched) {
      if (!entry.waiting.has(owner)) record.unsettled++;
      entry.waiting.add(owner);
    }
    if (record.unsettled === 0) this.#settled.push({ owner, goal });
    return touched;
  }
  /** Nothing is left to do about the entry: tells those who wait, and forgets it when it is neither wanted nor there. */
  settle(entry) {
    for (const owner of entry.waiting) {
      const record = this.#owners.get(owner);
      if (record === void 0) continue;
      record.unsettled--;
      if (record.unsettled === 0) this.#settled.push({ owner, goal: record.goal });
    }
    entry.waiting.clear();
    if (entry.wishes.size === 0 && entry.present === void 0) this.#forget(entry);
  }
  /** Owners that have nothing unsettled since the last call. */
  takeSettled() {
    const settled = this.#settled.splice(0).filter(({ owner, goal }) => {
      const record = this.#owners.get(owner);
      return record?.unsettled === 0 && record.goal === goal;
    });
    for (const { owner, goal } of settled) if (goal === "cleared") this.#owners.delete(owner);
    return settled;
  }
  clear() {
    this.#entries.clear();
    this.#routes.clear();
    this.#owners.clear();
    this.#settled = [];
  }
  #entryOf(object) {
    const known = this.#entries.get(object.key);
    if (known !== void 0) return known;
    const routeKey = object.kind === "route" ? keyOfRoute(object.setting) : void 0;
    const entry = {
      key: object.key,
      kind: object.kind,
      routeKey,
      wishes: /* @__PURE__ */ new Map(),
      order: 0,
      present: void 0,
      doubtful: false,
      hold: void 0,
      lost: false,
      limit: void 0,
      waiting: /* @__PURE__ */ new Set()
    };
    this.#entries.set(object.key, entry);
    if (routeKey !== void 0) this.#routes.set(routeKey, (this.#routes.get(routeKey) ?? /* @__PURE__ */ new Set()).add(entry));
    return entry;
  }
  #forget(entry) {
    this.#entries.delete(entry.key);
    if (entry.routeKey === void 0) return;
    const bucket = this.#routes.get(entry.routeKey);
    bucket?.delete(entry);
    if (bucket?.size === 0) this.#routes.delete(entry.routeKey);
  }
}
function settingOf(entry) {
  return (wishOf(entry) ?? entry.present?.object)?.setting;
}
export {
  EntryTable,
  isSatisfied,
  settingOf,
  wishOf
};
//# sourceMappingURL=entries.js.map
