/**
 * interface_up_down_delays (reference section 10.3): a change of a link counts after a while only, and not at all when
 * it is taken back by then. Pure.
 */
import type { InterfaceSettings } from "../config/interface-model.js";
import type { VrrpInstanceConfig } from "../config/model.js";
import type { Micros } from "./events.js";

type Delays = InterfaceSettings["delays"];

/**
 * A longer delay would let a BACKUP take over before we notice that our link is down: one advert less than it waits for,
 * of the shortest interval among the instances, and a little less. 0 with down_timer_adverts 1.
 */
export function longestDelay(
  instances: readonly {
    settings: Pick<VrrpInstanceConfig, "advertIntervalMicros" | "downTimerAdverts">;
    masterIntervalMicros: Micros;
  }[],
): Micros {
  let longest = Number.POSITIVE_INFINITY;
  for (const { settings, masterIntervalMicros } of instances) {
    const interval = Math.min(settings.advertIntervalMicros, masterIntervalMicros);
    const adverts = settings.downTimerAdverts - 1;
    longest = Math.min(longest, Math.max(0, adverts * interval - Math.ceil(interval / 256)));
  }
  return longest;
}

export class LinkDelays {
  #delays = new Map<string, Delays[number]>();
  /** Links that were up once: a link that has never been is not waited for. */
  readonly #seenUp = new Set<string>();
  /** Changes that do not count yet: the state that does, and until when. */
  readonly #pending = new Map<string, { counts: boolean; until: Micros }>();

  /** Waits that have begun go on. */
  setDelays(delays: Delays): void {
    this.#delays = new Map(delays.map((delay) => [delay.name, delay]));
  }

  /** Whether a link that is `up` counts as up. */
  isUp(name: string, up: boolean): boolean {
    return this.#pending.get(name)?.counts ?? up;
  }

  /**
   * A link changed; a link that is gone (`up` undefined) has gone at once.
   * @returns when it counts; undefined when that is now, or when a change was taken back
   */
  changed(
    name: string,
    wasUp: boolean,
    up: boolean | undefined,
    now: Micros,
    longest: Micros,
  ): Micros | undefined {
    if (wasUp) this.#seenUp.add(name);
    const pending = this.#pending.get(name);
    const counts = pending?.counts ?? wasUp;
    if (up === undefined || up === counts || !this.#seenUp.has(name)) {
      this.#pending.delete(name);
      return undefined;
    }
    if (pending !== undefined) return pending.until;
    const delay = this.#delays.get(name);
    const wait = Math.min(longest, (up ? delay?.upMicros : delay?.downMicros) ?? 0);
    if (wait <= 0) return undefined;
    this.#pending.set(name, { counts, until: now + wait });
    return now + wait;
  }

  /** The next change that comes to count. */
  get deadline(): Micros | undefined {
    const all = [...this.#pending.values()].map(({ until }) => until);
    return all.length === 0 ? undefined : Math.min(...all);
  }

  /** @returns the links whose change counts from now on. */
  takeDue(now: Micros): string[] {
    const due = [...this.#pending].filter(([, { until }]) => until <= now).map(([name]) => name);
    for (const name of due) this.#pending.delete(name);
    return due;
  }
}
