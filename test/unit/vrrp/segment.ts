/**
 * A LAN in memory and in virtual time: routers run the real state machines, the real receive checks and the real
 * packets; only sockets, kernel and clock are played. Loss, delay, partition, kill, stop and reload at will.
 * Nothing sleeps; the same seed gives the same history.
 */

import type { VrrpInstanceConfig } from "../../../src/config/model.js";
import { formatAddress, parseAddress } from "../../../src/net/ip-address.js";
import { type Deadline, Deadlines } from "../../../src/platform/deadlines.js";
import { readRouterId } from "../../../src/vrrp/advert.js";
import { needsSeal, seal } from "../../../src/vrrp/auth/sealing.js";
import type { InstanceEvent, Micros, State, TimerName } from "../../../src/vrrp/events.js";
import type { VrrpInstance } from "../../../src/vrrp/instance.js";
import { outgoing } from "../../../src/vrrp/outgoing.js";
import { AdvertReceiver } from "../../../src/vrrp/receive.js";
import { type RoutedEffect, Router, type RouterConfig } from "../../../src/vrrp/router.js";
import { bytesOf, packetOf } from "./packets.js";

export { bytesOf, packetOf };

/** Wall clock of the beginning. */
const START_MILLIS = 1_700_000_000_000;

/** Everything that happened, in order. `what` is an effect's kind, `detail` the rest of it as text. */
interface Happening {
  at: Micros;
  node: string;
  /** Instance or group. */
  who: string;
  what: string;
  detail: string;
}

export interface Sent {
  at: Micros;
  who: string;
  priority: number;
  intervalMicros: Micros;
}

interface Flight {
  to: Node;
  from: string;
  bytes: Uint8Array;
  source: Uint8Array;
  destination: Uint8Array;
}

interface Timer {
  node: Node;
  instance: VrrpInstance;
  timer: TimerName;
}

/** One host: a router process, or none when it was killed or stopped. */
export class Node {
  router: Router | undefined;
  readonly sent: Sent[] = [];
  readonly holding = new Set<string>();
  readonly timers = new Map<string, Deadline<Timer>>();
  readonly receivers = new Map<VrrpInstance, AdvertReceiver>();
  identification = 0;
  /** What came while it was frozen: datagrams that the kernel keeps, timers that are overdue. */
  frozen: { flights: Flight[]; timers: Timer[] } | undefined;
  /** By how much its wall clock is wrong. */
  clockErrorMillis = 0;

  constructor(
    readonly name: string,
    readonly address: string,
    public config: RouterConfig,
  ) {}
}

/** Small and good enough; seeded, so that a history can be had again (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class Segment {
  now: Micros = 0;
  /** Part of the datagrams that vanish, 0..1. */
  loss = 0;
  /** A datagram takes from 0 to this long. */
  maxDelayMicros: Micros = 0;
  /** A timer fires from 0 to this late. */
  maxLatenessMicros: Micros = 0;
  /** Called after every event of any node. */
  observe: () => void = () => {};
  readonly history: Happening[] = [];
  readonly #nodes = new Map<string, Node>();
  readonly #timers = new Deadlines<Timer>();
  readonly #flights = new Deadlines<Flight>();
  readonly #random: () => number;
  #sides = new Map<string, number>();

  constructor(seed = 1) {
    this.#random = randomFrom(seed);
  }

  /** A host joins and starts its router at once, with the given instances or whole configuration. */
  join(name: string, config: VrrpInstanceConfig | RouterConfig, address: string, timersFrom?: Micros): Node {
    const whole = "instances" in config ? config : { instances: [config], syncGroups: [] };
    const node = new Node(name, address, whole);
    this.#nodes.set(name, node);
    this.start(name, timersFrom);
    return node;
  }

  /** Starts the router of a host where none runs. */
  start(name: string, timersFrom?: Micros, prepare: (router: Router) => void = () => {}): void {
    const node = this.node(name);
    if (node.router !== undefined) return;
    const router = new Router(node.config);
    node.router = router;
    this.#equip(node, router);
    prepare(router);
    this.#perform(node, router.start(this.now, timersFrom ?? this.now));
  }

  #equip(node: Node, router: Router): void {
    const source = parseAddress(node.address) ?? new Uint8Array(0);
    for (const instance of router.instances) {
      node.receivers.set(instance, receiverOf(instance));
      if (!instance.running) instance.handle({ kind: "sourceChanged", source }, this.now);
    }
  }

  /** SIGTERM. */
  stop(name: string): void {
    const node = this.node(name);
    const router = node.router;
    if (router === undefined) return;
    this.#perform(node, router.stop(this.now));
    this.#forget(node);
  }

  /** SIGSTOP of the process: the kernel goes on. */
  freeze(name: string): void {
    this.node(name).frozen = { flights: [], timers: [] };
  }

  /** SIGCONT: what waits in the sockets is read before overdue timers are acted on. */
  thaw(name: string): void {
    const node = this.node(name);
    const { flights, timers } = node.frozen ?? { flights: [], timers: [] };
    node.frozen = undefined;
    for (const { instance, timer } of timers) this.#timers.arm(this.#timer(node, instance, timer), this.now);
    for (const flight of flights) this.#deliver(flight);
    this.advance(0);
  }

  /** SIGKILL of everything, addresses included. */
  kill(name: string): void {
    this.#forget(this.node(name));
    this.observe();
  }

  #forget(node: Node): void {
    node.router = undefined;
    node.holding.clear();
    for (const deadline of node.timers.values()) this.#timers.cancel(deadline);
    node.timers.clear();
    node.receivers.clear();
  }

  /** SIGHUP. */
  reload(name: string, config: VrrpInstanceConfig | RouterConfig, timersFrom?: Micros): void {
    const node = this.node(name);
    node.config = "instances" in config ? config : { instances: [config], syncGroups: [] };
    const router = node.router;
    if (router === undefined) return;
    this.#perform(node, router.reconfigure(node.config, this.now));
    this.#equip(node, router);
    this.#perform(node, router.start(this.now, timersFrom ?? this.now));
  }

  /** Hosts on different sides do not hear each other; unnamed ones are on side 0. */
  partition(sides: Readonly<Record<string, number>>): void {
    this.#sides = new Map(Object.entries(sides));
  }

  heal(): void {
    this.#sides.clear();
  }

  /** Whether datagrams from one to the other arrive, loss aside. */
  connected(a: string, b: string): boolean {
    return (this.#sides.get(a) ?? 0) === (this.#sides.get(b) ?? 0);
  }

  /** An event of the first (or named) instance. */
  tell(name: string, event: InstanceEvent, who?: string): void {
    const node = this.node(name);
    const instance = this.instance(name, who);
    if (node.router !== undefined) this.#perform(node, node.router.handle(instance, event, this.now));
  }

  /** A stranger sends one advert that a router with these settings would send. */
  outsider(source: string, settings: VrrpInstanceConfig, ttl = 255): void {
    const bytes = packetOf(settings, source, settings.priority, ttl, undefined);
    for (const node of this.#nodes.values()) this.#fly(node, source, bytes, source, settings.multicastGroup);
  }

  /** Lets time pass; stops at every deadline in between. Datagrams come before timers of the same moment. */
  advance(micros: Micros): void {
    const end = this.now + micros;
    for (;;) {
      const flight = this.#flights.earliest() ?? Number.POSITIVE_INFINITY;
      const timer = this.#timers.earliest() ?? Number.POSITIVE_INFINITY;
      const next = Math.min(flight, timer);
      if (next > end) break;
      this.now = Math.max(this.now, next);
      if (flight <= timer) this.#land();
      else this.#fire();
    }
    this.now = end;
    this.observe();
  }

  node(name: string): Node {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new Error(`no host ${name}`);
    return node;
  }
  get nodes(): Node[] {
    return [...this.#nodes.values()];
  }
  instance(name: string, who?: string): VrrpInstance {
    const router = this.node(name).router;
    const instance = who === undefined ? router?.instances[0] : router?.instance(who);
    if (instance === undefined) throw new Error(`no instance ${who ?? ""} on ${name}`);
    return instance;
  }
  state(name: string, who?: string): State {
    return this.instance(name, who).state;
  }
  sent(name: string): Sent[] {
    return this.node(name).sent;
  }
  /** What of one kind a host did since `from`: "SECONDS DETAIL" each. */
  did(name: string, what: string, from = 0): string[] {
    return this.history
      .filter((entry) => entry.node === name && entry.what === what && entry.at >= from)
      .map(({ at, detail }) => `${at / 1e6} ${detail}`.trim());
  }
  /** As the FIFO would show it: "VI_1 MASTER", groups too. */
  notices(name: string, from = 0): string[] {
    return this.history
      .filter(
        ({ node, what, at }) =>
          node === name && what.startsWith("notify") && what !== "notifyPriority" && at >= from,
      )
      .filter(({ what }) => what !== "notifyLowerPriority")
      .map(({ who, detail }) => `${who} ${detail.toUpperCase()}`);
  }

  #land(): void {
    const flight = this.#flights.takeDue(this.now);
    if (flight === undefined) return;
    if (flight.to.frozen === undefined) this.#deliver(flight);
    else flight.to.frozen.flights.push(flight);
  }

  #deliver({ to: node, bytes, source, destination }: Flight): void {
    const { router } = node;
    if (router === undefined) return;
    for (const instance of router.instances) {
      if (readRouterId(bytes, instance.settings.family) !== instance.settings.virtualRouterId) continue;
      if ((source.length === 4 ? 4 : 6) !== instance.settings.family) continue;
      const verdict = node.receivers
        .get(instance)
        ?.receive({ bytes, source, destination, hopLimit: 255 }, instance, this.#wallMillis(node));
      if (verdict?.accepted) this.#perform(node, router.handle(instance, verdict.event, this.now));
    }
  }

  #fire(): void {
    const due = this.#timers.takeDue(this.now);
    if (due === undefined) return;
    const { node, instance, timer } = due;
    if (node.router === undefined) return;
    if (node.frozen !== undefined) node.frozen.timers.push(due);
    else this.#perform(node, node.router.handle(instance, { kind: "timerFired", timer }, this.now));
  }

  #perform(node: Node, effects: readonly RoutedEffect[]): void {
    for (const { instance, effect } of effects) {
      if (instance === undefined) {
        this.#note(node, effect.group, effect.kind, effect.kind === "notifyGroup" ? effect.to : effect.text);
        continue;
      }
      this.#note(node, instance.name, effect.kind, detailOf(effect));
      if (effect.kind === "sendAdvert") this.#send(node, instance, effect.priority);
      else if (effect.kind === "armTimer")
        this.#timers.arm(
          this.#timer(node, instance, effect.timer),
          effect.at + this.#upTo(this.maxLatenessMicros),
        );
      else if (effect.kind === "cancelTimer") this.#timers.cancel(this.#timer(node, instance, effect.timer));
      else if (effect.kind === "addAddresses") node.holding.add(instance.name);
      else if (effect.kind === "removeAddresses") node.holding.delete(instance.name);
      else if (effect.kind === "settingsChanged") {
        node.receivers.set(instance, receiverOf(instance));
      }
    }
    this.observe();
  }

  #note(node: Node, who: string, what: string, detail: string): void {
    this.history.push({ at: this.now, node: node.name, who, what, detail });
  }

  #timer(node: Node, instance: VrrpInstance, timer: TimerName): Deadline<Timer> {
    const key = `${instance.id} ${timer}`;
    let deadline = node.timers.get(key);
    if (deadline === undefined) {
      deadline = this.#timers.create({ node, instance, timer });
      node.timers.set(key, deadline);
    }
    return deadline;
  }

  #send(node: Node, instance: VrrpInstance, priority: number): void {
    const { settings } = instance;
    node.identification = (node.identification % 0xffff) + 1;
    node.sent.push({
      at: this.now,
      who: settings.name,
      priority,
      intervalMicros: settings.advertIntervalMicros,
    });
    const source = bytesOf(node.address);
    const { packets, destinations } = outgoing(settings, source, priority);
    const { identification } = node;
    const send = { source, identification, state: instance.state, wallMillis: this.#wallMillis(node) };
    const sealed = needsSeal(settings) ? seal(settings, packets, send, instance.freshness) : packets;
    for (const [i, to] of destinations.entries()) {
      const destination = formatAddress(to);
      const multicast = destination === settings.multicastGroup;
      const bytes = sealed[i] ?? sealed[0] ?? to;
      for (const other of this.#nodes.values()) {
        const hears = other !== node && (multicast || other.address === destination);
        if (hears && this.connected(node.name, other.name) && this.#random() >= this.loss) {
          this.#fly(other, node.name, bytes, node.address, destination);
        }
      }
    }
  }

  #wallMillis(node: Node): number {
    return START_MILLIS + this.now / 1000 + node.clockErrorMillis;
  }

  #fly(to: Node, from: string, bytes: Uint8Array, source: string, destination: string): void {
    const flight: Flight = {
      to,
      from,
      bytes,
      source: parseAddress(source) ?? new Uint8Array(0),
      destination: parseAddress(destination) ?? new Uint8Array(0),
    };
    this.#flights.arm(this.#flights.create(flight), this.now + this.#upTo(this.maxDelayMicros));
  }

  #upTo(micros: Micros): Micros {
    return micros === 0 ? 0 : Math.floor(this.#random() * (micros + 1));
  }
}

function receiverOf(instance: VrrpInstance): AdvertReceiver {
  return new AdvertReceiver(instance.settings, instance.counters, instance.freshness);
}

function detailOf(effect: Extract<RoutedEffect, { instance: VrrpInstance }>["effect"]): string {
  switch (effect.kind) {
    case "sendAdvert":
    case "notifyPriority":
    case "notifyLowerPriority":
      return `${effect.priority}`;
    case "armTimer":
      return `${effect.timer} ${effect.at / 1e6}`;
    case "cancelTimer":
      return effect.timer;
    case "announceAddresses":
      return `${effect.repeat}`;
    case "notify":
      return effect.to;
    case "log":
      return effect.text;
    default:
      return "";
  }
}
