/** Waits before a change of a link counts, and then has it judged. */
import type { VrrpConfig } from "../../config/model.js";
import type { Loop } from "../../net/loop.js";
import type { Log } from "../../platform/child-log.js";
import type { VrrpInstance } from "../instance.js";
import { LinkDelays, longestDelay } from "../link-delays.js";
import { inSeconds } from "../timing.js";

interface LinkDebouncePorts {
  loop: Loop;
  log: Log;
  /** Instances that a link matters to. */
  concerned: (link: string) => readonly VrrpInstance[];
  /** The state of a link has come to count. */
  counts: (link: string) => void;
}

export class LinkDebounce {
  readonly #ports: LinkDebouncePorts;
  readonly #delays = new LinkDelays();
  #cancel: (() => void) | undefined;

  constructor(ports: LinkDebouncePorts) {
    this.#ports = ports;
  }

  setConfig({ interfaces }: VrrpConfig): void {
    this.#delays.setDelays(interfaces.delays);
  }

  isUp(name: string, up: boolean): boolean {
    return this.#delays.isUp(name, up);
  }

  /** @param up undefined: the link is gone */
  changed(name: string, wasUp: boolean, up: boolean | undefined): void {
    const { loop, log, concerned } = this.#ports;
    const now = loop.now();
    const until = this.#delays.changed(name, wasUp, up, now, longestDelay(concerned(name)));
    if (until !== undefined)
      log.info(`${name} is ${up ? "up" : "down"}, which counts in ${inSeconds(until - now)}`);
    this.#arm();
  }

  #arm(): void {
    this.#cancel?.();
    const { deadline } = this.#delays;
    this.#cancel = deadline === undefined ? undefined : this.#ports.loop.at(deadline, () => this.#fire());
  }

  #fire(): void {
    for (const name of this.#delays.takeDue(this.#ports.loop.now())) this.#ports.counts(name);
    this.#arm();
  }

  close(): void {
    this.#cancel?.();
  }
}
