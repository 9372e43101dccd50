/**
 * Looks around whenever a link, an address or a tracker has changed, and tells each instance that it matters to what is
 * news: its source address, its faults, its weight. Gives it the channel that its adverts go over.
 */
import type { VrrpConfig } from "../../config/model.js";
import type { Addon } from "../../native/addon.js";
import type { Link, LinkAddress, Links } from "../../net/links.js";
import type { Loop } from "../../net/loop.js";
import { formatSystemError, systemErrorOf } from "../../net/system-error.js";
import type { Log } from "../../platform/child-log.js";
import type { TrackerKind, TrackerView } from "../../track/tracked.js";
import { type ChannelKey, channelKey } from "../channel-key.js";
import type { InstanceEvent } from "../events.js";
import type { VrrpInstance } from "../instance.js";
import { sharesAllButInstances } from "../settings-diff.js";
import type { Channels } from "./channels.js";
import { LinkDebounce } from "./link-debounce.js";
import { LinkPoll } from "./link-poll.js";
import { Surroundings } from "./surroundings.js";

/** When the kernel refused a socket (no memory, no descriptors): try again after this. */
const SOCKET_RETRY_MILLIS = 1000;

interface LookoutPorts {
  addon: Addon;
  log: Log;
  loop: Loop;
  links: Links;
  trackers: TrackerView;
  channels: Channels;
  instances: () => readonly VrrpInstance[];
  /** Whether a link is what it is called for. */
  isUsable: (link: Link) => boolean;
  /** Takes in what the kernel has already said of links and addresses. */
  takeIn: () => void;
  post: (machine: VrrpInstance, event: InstanceEvent) => void;
  forgetPackets: (machine: VrrpInstance) => void;
  /** Another link has this name now, or none. */
  renewed: (link: string) => void;
}

export class Lookout {
  readonly #ports: LookoutPorts;
  readonly #surroundings: Surroundings;
  readonly #debounce: LinkDebounce;
  readonly #poll: LinkPoll;
  /** Until the first picture of the links is complete, nobody is judged by a part of it. */
  #sees = false;
  #closed = false;
  #config: VrrpConfig | undefined;
  /** Whether an instance may find other surroundings though its settings are the same; undefined: all of them may. */
  #isDoubtful: ((machine: VrrpInstance) => boolean) | undefined;
  /** Runs while the kernel refuses somebody a socket. */
  #retry: NodeJS.Timeout | undefined;

  constructor(ports: LookoutPorts) {
    const { addon, log, loop, links, trackers, instances, isUsable } = ports;
    this.#ports = ports;
    this.#poll = new LinkPoll({
      addon,
      loop,
      log,
      changed: (name, wasDown) => this.#onPolled(name, wasDown),
    });
    this.#debounce = new LinkDebounce({
      loop,
      log,
      concerned: (link) => instances().filter((machine) => this.#surroundings.concerns(machine, link)),
      counts: (link) => this.judgeAll(link),
    });
    this.#surroundings = new Surroundings(links, trackers, {
      isUsable,
      countsAsUp: (name, up) => this.#debounce.isUp(name, up && !this.#poll.isDown(name)),
      downBy: (name) => this.#poll.downBy(name),
    });
  }

  setConfig(config: VrrpConfig): void {
    const doubt = this.#surroundings.setConfig(config);
    const before = this.#config;
    this.#config = config;
    this.#debounce.setConfig(config);
    const links = [...doubt.links, ...this.#poll.setConfig(config)];
    const alike = this.#sees && before !== undefined && sharesAllButInstances(before, config);
    const isDoubtful = (machine: VrrpInstance): boolean =>
      doubt.instances.has(machine.name) || links.some((link) => this.#surroundings.concerns(machine, link));
    this.#isDoubtful = alike ? isDoubtful : undefined;
  }

  /** From now on whatever changes is judged: first these, which are new, and who else may be concerned. */
  open(renewed: readonly VrrpInstance[]): void {
    this.#sees = !this.#closed;
    this.#ports.takeIn();
    const isDoubtful = this.#isDoubtful;
    const instances = this.#ports.instances();
    if (isDoubtful === undefined) return this.#judgeEach(instances);
    const fresh = new Set(renewed);
    this.#judgeEach(instances.filter((one) => fresh.has(one) || isDoubtful(one)));
  }

  /** The kernel is as the configuration wants it. */
  settle(): void {
    this.#ports.takeIn();
    for (const link of this.#surroundings.forgetFormer()) this.judgeAll(link);
  }

  /** Judges nobody until `open`: names of links are about to change. */
  pause(): void {
    this.#sees = false;
  }

  close(): void {
    this.#closed = true;
    this.#sees = false;
    clearTimeout(this.#retry);
    this.#debounce.close();
    this.#poll.close();
  }

  onLink(before: Link | undefined, after: Link | undefined): void {
    const name = after?.name ?? before?.name;
    if (!this.#sees) return;
    if (before?.index === after?.index && before?.up === after?.up && before?.name === after?.name) return;
    const now = after === undefined ? "gone" : after.up ? "up" : "down";
    this.#ports.log.detail(`Netlink reports ${name} ${now}`);
    if (name !== undefined && before?.index !== after?.index) this.#ports.renewed(name);
    if (name !== undefined) {
      const wasDown = this.#poll.isDown(name);
      this.#poll.ask(name);
      const up = after && after.up && !this.#poll.isDown(name);
      this.#debounce.changed(name, before?.up === true && !wasDown, up);
    }
    if (before !== undefined && before.name !== name) this.judgeAll(before.name);
    this.judgeAll(name);
  }

  #onPolled(name: string, wasDown: boolean): void {
    const up = this.#ports.links.byName(name)?.up === true;
    if (!this.#sees || !up) return;
    this.#debounce.changed(name, !wasDown, wasDown);
    this.judgeAll(name);
  }

  onAddress(link: Link, address: LinkAddress): void {
    if (this.#surroundings.matters(address)) this.judgeAll(link.name);
  }

  onTracker(kind: TrackerKind, name: string): void {
    this.#judgeWhere((machine) => this.#surroundings.tracks(machine, kind, name));
  }

  /** Tells the instances (those that care for `link`, when given) what their surroundings are now. */
  judgeAll(link?: string): void {
    this.#judgeWhere((machine) => link === undefined || this.#surroundings.concerns(machine, link));
  }

  #judgeWhere(concerned: (machine: VrrpInstance) => boolean): void {
    if (this.#sees) this.#judgeEach(this.#ports.instances().filter(concerned));
  }

  #judgeEach(machines: readonly VrrpInstance[]): void {
    if (!this.#sees) return;
    for (const machine of machines) this.#judge(machine);
    this.#ports.channels.flush();
  }

  /**
   * A source address or link that went is told as a fault first: the priority 0 that goes with it still needs them.
   */
  #judge(machine: VrrpInstance): void {
    const { log, channels, post, forgetPackets } = this.#ports;
    const { link, source, sourceChanged } = this.#surroundings.look(machine);
    if (sourceChanged && source.length > 0) {
      forgetPackets(machine);
      post(machine, { kind: "sourceChanged", source });
    }
    const key = channelKey(machine.settings, link, source);
    const refused = key === undefined ? undefined : this.#openChannel(machine, key);
    const news = this.#surroundings.judge(machine, source, refused);
    const { faults, weight, cause } = news.verdict;
    if (news.weightChanged) post(machine, { kind: "weightChanged", weight, cause: news.weightCause });
    if (news.faultsChanged) {
      if (!machine.running)
        log[faults.join() === "undecided" ? "info" : "warning"](`(${machine.name}) ${cause}`);
      // No transition says why it stays where it is although its interface is back.
      else if (machine.state === "fault" && faults.includes("duplicateRouter"))
        log.warning(`(${machine.name}) ${cause}`);
      post(machine, { kind: "faultsChanged", faults, cause });
    }
    if (key === undefined) channels.withdraw(machine);
  }

  /** @returns why the kernel gives no socket; it is asked again after a while. */
  #openChannel(machine: VrrpInstance, key: ChannelKey): string | undefined {
    try {
      this.#ports.channels.assign(machine, key);
      return undefined;
    } catch (error) {
      const subject = `VRRP socket on ${key.interfaceName ?? key.source}`;
      this.#retry ??= setTimeout(() => {
        this.#retry = undefined;
        this.judgeAll();
      }, SOCKET_RETRY_MILLIS);
      return formatSystemError(systemErrorOf(error, subject));
    }
  }
}
