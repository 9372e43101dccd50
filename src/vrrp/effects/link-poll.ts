/**
 * linkbeat_use_polling and linkbeat_interfaces: asks interfaces every second whether they have a link, for drivers that
 * do not say so by themselves (reference section 10.3). Does nothing when no interface is to be asked.
 */
import type { VrrpConfig } from "../../config/model.js";
import type { Addon } from "../../native/addon.js";
import { type LinkAnswer, type LinkMethod, LinkQuestion } from "../../net/link-question.js";
import type { Loop } from "../../net/loop.js";
import { formatSystemError, systemErrorOf } from "../../net/system-error.js";
import type { Log } from "../../platform/child-log.js";
import { polledLinks } from "../polled-links.js";

const INTERVAL_MICROS = 1_000_000;

interface LinkPollPorts {
  addon: Addon;
  loop: Loop;
  log: Log;
  /** The answer for a link differs from the one before; `wasDown` is what that said. */
  changed: (name: string, wasDown: boolean) => void;
}

export class LinkPoll {
  readonly #ports: LinkPollPorts;
  #question: LinkQuestion | undefined;
  #polled: ReadonlyMap<string, LinkMethod | undefined> = new Map();
  readonly #answers = new Map<string, LinkAnswer>();
  #cancel: (() => void) | undefined;
  #refused = "";

  constructor(ports: LinkPollPorts) {
    this.#ports = ports;
  }

  /** Asks at once. @returns names of the links that are down now and were not, or the other way round; they are not told */
  setConfig(config: VrrpConfig): ReadonlySet<string> {
    const names = new Set(this.#polled.keys());
    const before = new Set([...names].filter((name) => this.isDown(name)));
    this.#polled = polledLinks(config);
    for (const name of this.#answers.keys()) if (!this.#polled.has(name)) this.#answers.delete(name);
    for (const name of this.#polled.keys()) {
      names.add(name);
      this.ask(name);
    }
    this.#arm();
    return new Set([...names].filter((name) => this.isDown(name) !== before.has(name)));
  }

  isDown(name: string): boolean {
    return this.#answers.get(name)?.up === false;
  }

  /** Who says that a link is down; undefined when it is not, or nobody was asked. */
  downBy(name: string): LinkMethod | undefined {
    const answer = this.#answers.get(name);
    return answer?.up === false ? answer.method : undefined;
  }

  /** Asks for one link now, if it is one of those that are asked. */
  ask(name: string): void {
    if (!this.#polled.has(name)) return;
    const before = this.#answers.get(name);
    const answer = this.#open()?.ask(name, this.#polled.get(name));
    if (answer === undefined) this.#answers.delete(name);
    else this.#answers.set(name, answer);
    if (answer === undefined || answer.up === (before?.up ?? true)) return;
    this.#ports.log.info(`${answer.method} reports ${name} ${answer.up ? "up" : "down"}`);
  }

  #open(): LinkQuestion | undefined {
    try {
      this.#question ??= new LinkQuestion(this.#ports.addon);
      this.#refused = "";
    } catch (error) {
      const refused = formatSystemError(systemErrorOf(error, "socket to ask interfaces for their link"));
      if (refused !== this.#refused) this.#ports.log.error(`${refused}; their flags alone count`);
      this.#refused = refused;
    }
    return this.#question;
  }

  #arm(): void {
    this.#cancel?.();
    const { loop } = this.#ports;
    this.#cancel =
      this.#polled.size === 0 ? undefined : loop.at(loop.now() + INTERVAL_MICROS, () => this.#poll());
  }

  #poll(): void {
    for (const name of this.#polled.keys()) {
      const wasDown = this.isDown(name);
      this.ask(name);
      if (this.isDown(name) !== wasDown) this.#ports.changed(name, wasDown);
    }
    this.#arm();
  }

  close(): void {
    this.#cancel?.();
    this.#question?.close();
  }
}
