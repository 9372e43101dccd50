/**
 * One virtual server: which of its real servers are alive, whether it has its quorum, whether the sorry server serves,
 * and from that what should be in the kernel (check-ipvs reference, 5). Pure: each method appends what has to be done.
 */
import type { RealServerConfig, VirtualServerConfig } from "../config/check-model.js";
import type { Checker } from "./checker-state.js";
import type { CheckEffect } from "./events.js";
import type { DestinationSetting } from "./ipvs/model.js";
import type { NamedService } from "./names.js";
import { gainArithmetic, gainsQuorum, lossArithmetic, losesQuorum } from "./quorum.js";
import type { RealServer } from "./real-server.js";
import { quorumAlert, serverAlert, SHUTTING_DOWN } from "./wording.js";

const SORRY_WEIGHT = 1;

export class VirtualServer {
  readonly config: VirtualServerConfig;
  readonly name: string;
  readonly key: string;
  readonly servers: readonly RealServer[];
  quorumUp = false;
  /** The sorry server serves, and nobody else does. */
  sorryServing = false;
  /** ha_suspend: how often its address is on this host; checks rest while it is not. */
  addressCount = 0;

  constructor({ config, name, key }: NamedService, servers: readonly RealServer[]) {
    this.config = config;
    this.name = name;
    this.key = key;
    this.servers = servers;
  }

  /** Its checkers rest, and its state stays as it is. */
  get suspended(): boolean {
    return this.config.haSuspend && this.addressCount === 0;
  }

  /** Nothing is known of any server yet: all wait for their first check (alpha). */
  get unjudged(): boolean {
    return this.servers.every(
      ({ alive, checkers }) => !alive && checkers.every(({ schedule }) => !schedule.hasRun),
    );
  }

  /** Sum of the weights of all that are alive. */
  get liveWeight(): number {
    let sum = 0;
    for (const server of this.servers) if (server.alive) sum += server.kernelWeight;
    return sum;
  }

  /** It is there from now on, or again after a reload. */
  begin(out: CheckEffect[]): void {
    this.#judgeQuorum(true, out);
    out.push({ kind: "apply", service: this });
  }

  /** rs_init_notifies: tells of all that are there at the start. */
  notifyInitially(out: CheckEffect[]): void {
    for (const server of this.servers) if (server.alive) this.notifyServer(server, out);
  }

  /** A checker of one of its servers found it up or down, and was of the other opinion before. */
  onCheckerChanged(server: RealServer, up: boolean, out: CheckEffect[]): void {
    if (up) {
      server.failedCheckers--;
      if (server.failedCheckers === 0) this.setAlive(server, true, out);
    } else {
      server.failedCheckers++;
      if (server.failedCheckers === 1) this.setAlive(server, false, out);
    }
  }

  /** Moves a server in or out of the pool. */
  setAlive(server: RealServer, alive: boolean, out: CheckEffect[]): void {
    if (server.alive === alive) return;
    server.alive = alive;
    const { inhibitOnFailure } = server.config;
    const verb = alive
      ? inhibitOnFailure
        ? "Enabling"
        : "Adding"
      : inhibitOnFailure
        ? "Disabling"
        : "Removing";
    const text = `${verb} service ${server.name} ${alive ? "to" : "from"} VS ${this.name}`;
    out.push({ kind: "log", level: "info", text }, { kind: "apply", service: this });
    this.notifyServer(server, out);
    this.#judgeQuorum(false, out);
  }

  /** Tells of a server as it is now. */
  notifyServer(server: RealServer, out: CheckEffect[]): void {
    out.push({ kind: "notifyServer", service: this, server, up: server.alive });
  }

  /** A checker has something else to say about the weight. @returns whether the weight has changed */
  setWeight(server: RealServer, checker: Checker, weight: Checker["weight"], out: CheckEffect[]): boolean {
    const before = server.kernelWeight;
    checker.weight = weight;
    const after = server.kernelWeight;
    if (after === before) return false;
    const text = `Changing weight from ${before} to ${after} for service ${server.name} of VS ${this.name}`;
    out.push({ kind: "log", level: "info", text }, { kind: "apply", service: this });
    this.#judgeQuorum(false, out);
    return true;
  }

  /** The daemon stops. @param servers whether the real servers are told of too (not when everything is flushed) */
  stop(servers: boolean, out: CheckEffect[]): void {
    if (!this.config.omega) return;
    if (servers) {
      for (const server of this.servers) if (server.alive) this.#bidFarewell(server, SHUTTING_DOWN, out);
    }
    this.#fall(SHUTTING_DOWN, out);
  }

  /** A reload has nothing for it any more. */
  remove(body: string, out: CheckEffect[]): void {
    for (const server of this.servers) if (server.alive) this.#bidFarewell(server, body, out);
    this.#fall(body, out);
    out.push({ kind: "withdraw", service: this });
  }

  /** One of its servers is not configured any more. */
  removeServer(server: RealServer, body: string, out: CheckEffect[]): void {
    out.push({ kind: "log", level: "info", text: `Removing service ${server.name} from VS ${this.name}` });
    if (server.alive) this.#bidFarewell(server, body, out);
  }

  #bidFarewell(server: RealServer, body: string, out: CheckEffect[]): void {
    out.push({ kind: "notifyServer", service: this, server, up: false });
    if (server.config.smtpAlert)
      out.push({ kind: "alert", alert: serverAlert(server.name, this.name, false, body) });
  }

  #fall(body: string, out: CheckEffect[]): void {
    out.push({ kind: "notifyQuorum", service: this, up: false });
    if (this.config.smtpAlert) out.push({ kind: "alert", alert: quorumAlert(this.name, false, body) });
  }

  /** @param initially at the start and after a reload: what is missing so far is made up for */
  #judgeQuorum(initially: boolean, out: CheckEffect[]): void {
    const weight = this.liveWeight;
    if (this.quorumUp) {
      if (losesQuorum(this.config, weight)) this.#becomeDown(weight, initially, out);
    } else if (gainsQuorum(this.config, weight)) {
      this.#becomeUp(weight, initially, out);
    } else if (initially && this.config.sorryServer !== undefined && !this.sorryServing) {
      this.#becomeDown(weight, initially, out);
    }
  }

  #becomeUp(weight: number, initially: boolean, out: CheckEffect[]): void {
    const phrase = initially ? "Starting with quorum up" : "Gained quorum";
    this.quorumUp = true;
    this.#tell(true, `${phrase} ${gainArithmetic(this.config, weight)}`, out, () => {
      if (!this.sorryServing) return;
      this.sorryServing = false;
      this.#say(`Removing sorry server ${this.#sorryName} from VS ${this.name}`, out);
      this.#say(`Adding alive servers to the pool for VS ${this.name}`, out);
    });
  }

  #becomeDown(weight: number, initially: boolean, out: CheckEffect[]): void {
    const phrase = initially ? "Starting with quorum down" : "Lost quorum";
    this.quorumUp = false;
    this.#tell(false, `${phrase} ${lossArithmetic(this.config, weight)}`, out, () => {
      if (this.config.sorryServer === undefined || this.sorryServing) return;
      this.sorryServing = true;
      this.#say(`Removing alive servers from the pool for VS ${this.name}`, out);
      this.#say(`Adding sorry server ${this.#sorryName} to VS ${this.name}`, out);
    });
  }

  #tell(up: boolean, what: string, out: CheckEffect[], change: () => void): void {
    this.#say(`${what} for VS ${this.name}`, out);
    change();
    out.push({ kind: "apply", service: this }, { kind: "notifyQuorum", service: this, up });
    if (this.config.smtpAlert) out.push({ kind: "alert", alert: quorumAlert(this.name, up, what) });
  }

  get #sorryName(): string {
    const { sorryServer } = this.config;
    return sorryServer === undefined ? "" : `[${sorryServer.address}]:${sorryServer.port}`;
  }

  #say(text: string, out: CheckEffect[]): void {
    out.push({ kind: "log", level: "info", text });
  }

  /**
   * What should be in the kernel's table for this service, with the ports of the configuration. A server that is inhibited on failure is always there. A sorry
   * server with the address of a real server is one and the same entry: who serves decides what it is like.
   */
  destinations(): DestinationSetting[] {
    const { sorryServer } = this.config;
    const list: DestinationSetting[] = [];
    for (const { config, alive, kernelWeight } of this.servers) {
      const serves = alive && !this.sorryServing;
      if (serves || config.inhibitOnFailure) list.push(destination(config, serves ? kernelWeight : 0));
    }
    if (sorryServer === undefined || !(this.sorryServing || sorryServer.inhibitOnFailure)) return list;
    const sorry: DestinationSetting = {
      family: sorryServer.family,
      address: sorryServer.address,
      port: sorryServer.port,
      weight: this.sorryServing ? SORRY_WEIGHT : 0,
      forwarding: sorryServer.forwarding,
      upperThreshold: 0,
      lowerThreshold: 0,
    };
    const twin = list.findIndex(({ address, port }) => address === sorry.address && port === sorry.port);
    if (twin < 0) list.push(sorry);
    else if (this.sorryServing) list[twin] = sorry;
    return list;
  }
}

function destination(config: RealServerConfig, weight: number): DestinationSetting {
  const { family, address, port, forwarding, upperThreshold, lowerThreshold } = config;
  return { family, address, port, weight, forwarding, upperThreshold, lowerThreshold };
}
