/**
 * The objects that somebody wants or that we have put into the kernel, and the owners that wait for them. Pure
 * bookkeeping: what has to be done follows in `reconciler.ts`, what the kernel does by itself in `keeper.ts`.
 */
import { type KernelObject, linksOf, sameWish } from "./kernel-object.js";
import { keyOfRoute } from "./route-object.js";
import type { RestoreLimit } from "./restore-limit.js";

/** Why a wanted object is left alone for now. */
type Hold =
  /** The kernel refused it; its owner was told. */
  | "failed"
  /** Its device is down or missing. */
  | "linkDown"
  /** It is being removed by somebody again and again. */
  | "rateLimited"
  /** It was removed by somebody and nobody shall put it back (no_track). */
  | "abandoned";

export interface Presence {
  object: KernelObject;
  /** Of its links, when it was added. */
  numbers: readonly number[];
  /** A part of it is gone, or it is of no use: it has to be removed before it can be added again. */
  broken?: true;
}

export interface Entry {
  readonly key: string;
  readonly kind: KernelObject["kind"];
  /** `keyOfRoute` of a route. */
  readonly routeKey: string | undefined;
  /** Wishes by owner; the first one counts. Empty: it shall not be there. */
  readonly wishes: Map<string, KernelObject>;
  /** Place in the configuration. */
  order: number;
  /** What we believe is in the kernel. */
  present: Presence | undefined;
  /** The kernel may have dropped it without a word: a route over a link that went down. */
  doubtful: boolean;
  hold: Hold | undefined;
  /** The kernel did not take it when it was last tried. */
  refused: boolean;
  /** Was there, was lost, and is not yet back. */
  lost: boolean;
  limit: RestoreLimit | undefined;
  /** Owners that are told when it is settled. */
  readonly waiting: Set<string>;
}

/** The wish that counts. */
export function wishOf(entry: Entry): KernelObject | undefined {
  return entry.wishes.values().next().value;
}

/** Is there nothing to do about it (now)? */
export function isSatisfied(entry: Entry): boolean {
  const wish = wishOf(entry);
  if (wish === undefined) return entry.present === undefined;
  if (entry.hold !== undefined) return true;
  const { present } = entry;
  return present !== undefined && !present.broken && sameWish(wish.setting, present.object.setting);
}

/** What an owner waits for: everything it wants to be there, or nothing of it. */
export type Goal = "applied" | "cleared";

interface Owner {
  wanted: readonly Entry[];
  /** Entries in whose `waiting` it is. */
  unsettled: number;
  goal: Goal;
}

export class EntryTable {
  readonly #entries = new Map<string, Entry>();
  /** Routes by `keyOfRoute`, for what the monitor reports. */
  readonly #routes = new Map<string, Set<Entry>>();
  readonly #owners = new Map<string, Owner>();
  #settled: { owner: string; goal: Goal }[] = [];
  #order = 0;

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  all(): Iterable<Entry> {
    return this.#entries.values();
  }

  *allRoutes(): Iterable<Entry> {
    for (const bucket of this.#routes.values()) yield* bucket;
  }

  /** Entries whose route has this `keyOfRoute`. */
  routes(key: string): Iterable<Entry> {
    return this.#routes.get(key) ?? [];
  }

  /** Replaces what an owner wants. @returns the entries that this touches. */
  want(owner: string, objects: readonly KernelObject[], goal: Goal): Entry[] {
    const record = this.#owners.get(owner) ?? { wanted: [], unsettled: 0, goal };
    const dropped = new Set(record.wanted);
    this.#owners.set(owner, record);
    record.goal = goal;
    const wanted: Entry[] = [];
    for (const object of objects) {
      const entry = this.#entryOf(object);
      entry.wishes.set(owner, object);
      entry.order = this.#order++;
      wanted.push(entry);
      dropped.delete(entry);
    }
    record.wanted = wanted;
    for (const entry of dropped) entry.wishes.delete(owner);
    const touched = [...wanted, ...dropped];
    for (const entry of touched) {
      if (!entry.waiting.has(owner)) record.unsettled++;
      entry.waiting.add(owner);
    }
    if (record.unsettled === 0) this.#settled.push({ owner, goal });
    return touched;
  }

  /** Nothing is left to do about the entry: tells those who wait, and forgets it when it is neither wanted nor there. */
  settle(entry: Entry): void {
    for (const owner of entry.waiting) {
      const record = this.#owners.get(owner);
      if (record === undefined) continue;
      record.unsettled--;
      if (record.unsettled === 0) this.#settled.push({ owner, goal: record.goal });
    }
    entry.waiting.clear();
    if (entry.wishes.size === 0 && entry.present === undefined) this.#forget(entry);
  }

  /** Owners that have nothing unsettled since the last call. */
  takeSettled(): { owner: string; goal: Goal }[] {
    const settled = this.#settled.splice(0).filter(({ owner, goal }) => {
      const record = this.#owners.get(owner);
      return record?.unsettled === 0 && record.goal === goal;
    });
    for (const { owner, goal } of settled) if (goal === "cleared") this.#owners.delete(owner);
    return settled;
  }

  clear(): void {
    this.#entries.clear();
    this.#routes.clear();
    this.#owners.clear();
    this.#settled = [];
  }

  #entryOf(object: KernelObject): Entry {
    const known = this.#entries.get(object.key);
    if (known !== undefined) return known;
    const entry = this.#create(object);
    const { routeKey } = entry;
    this.#entries.set(object.key, entry);
    if (routeKey !== undefined)
      this.#routes.set(routeKey, (this.#routes.get(routeKey) ?? new Set()).add(entry));
    return entry;
  }

  #create(object: KernelObject): Entry {
    const routeKey = object.kind === "route" ? keyOfRoute(object.setting) : undefined;
    return {
      key: object.key,
      kind: object.kind,
      routeKey,
      wishes: new Map(),
      order: 0,
      present: undefined,
      doubtful: false,
      hold: undefined,
      refused: false,
      lost: false,
      limit: undefined,
      waiting: new Set(),
    };
  }

  #forget(entry: Entry): void {
    this.#entries.delete(entry.key);
    if (entry.routeKey === undefined) return;
    const bucket = this.#routes.get(entry.routeKey);
    bucket?.delete(entry);
    if (bucket?.size === 0) this.#routes.delete(entry.routeKey);
  }
}

/** The object an entry stands for, wanted or still there. */
export function objectIn(entry: Entry): KernelObject | undefined {
  return wishOf(entry) ?? entry.present?.object;
}

/** Names of the links that it needs. */
export function linksIn(entry: Entry): readonly string[] {
  const object = objectIn(entry);
  return object === undefined ? [] : linksOf(object);
}
