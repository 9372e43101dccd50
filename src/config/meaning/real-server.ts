/** `real_server`s of one virtual server: families, ports, duplicates, checkers (check reference, 2.3 to 2.6). */
import type { realServer } from "../blocks/real-server.js";
import type { ServiceBlock } from "../blocks/service-block.js";
import type { CheckDefaults, Forwarding, RealServerConfig } from "../check-model.js";
import type { Table } from "../schema.js";
import type { Word } from "../text.js";
import type { ServiceAddress } from "../values/service-address.js";
import { type CheckContext, inherit, type ServiceFacts, setGiven } from "./check-context.js";
import { readCheckers } from "./checkers.js";

type Settings<T> = T extends Table<infer S> ? S : never;
export type RealServerBlock = ServiceBlock<Settings<typeof realServer>, ServiceAddress>;

export function readRealServers(
  blocks: readonly RealServerBlock[],
  service: ServiceFacts,
  context: CheckContext,
): RealServerConfig[] {
  const list: RealServerConfig[] = [];
  const seen = new Seen();
  const models = context.models.of(service);
  const { diagnostics } = context.judge;
  for (const block of blocks) {
    const forwarding = block.value("lvs_method") ?? service.config.forwarding;
    if (!isWelcome(block, forwarding, seen, service, context)) continue;
    const { address, port: written } = block.service;
    const reported = diagnostics.reported;
    const port = portOfServer(written, block.args[1], "real server", forwarding, service, context);
    const checkPort = written || service.port;
    const model = modelFor(block, models);
    if (model !== undefined) {
      list.push({ ...model, address, port, checkPort });
      continue;
    }
    const server = readRealServer(block, { port, checkPort, forwarding }, service, context);
    list.push(server);
    if (diagnostics.reported === reported && models.length < MOST_MODELS) models.push({ block, server });
  }
  return list;
}

/** Whether a server fits the service and is not there yet. */
function isWelcome(
  block: RealServerBlock,
  forwarding: Forwarding,
  seen: Seen,
  service: ServiceFacts,
  context: CheckContext,
): boolean {
  const { family, address, port } = block.service;
  if (!fitsFamily(family, forwarding, service)) {
    const message = `an IPv${family} server does not fit an IPv${service.family} virtual server unless tunnelled (lvs_method TUN)`;
    if (service.kind !== "group") {
      context.judge.error(block.args[0], `${message}; it is ignored`);
      return false;
    }
    context.judge.mention(block.args[0], message);
  }
  const before = seen.add(block);
  if (before === undefined) return true;
  const notes = [{ message: "it was given here first", at: before.at }];
  const message = `the real server ${address} ${port} is given twice in ${service.title()}; this one is ignored`;
  context.judge.error(block.args[0], message, { notes });
  return false;
}

/** The servers of a pool by address and port. Few have an address in common, so that the address is the key. */
class Seen {
  readonly #first = new Map<string, RealServerBlock>();
  readonly #others: RealServerBlock[] = [];

  /** The server that has the address and port already. */
  add(block: RealServerBlock): RealServerBlock | undefined {
    const { address, port } = block.service;
    const first = this.#first.get(address);
    if (first === undefined) {
      this.#first.set(address, block);
      return undefined;
    }
    if (first.service.port === port) return first;
    const other = this.#others.find(({ service }) => service.address === address && service.port === port);
    if (other === undefined) this.#others.push(block);
    return other;
  }
}

/** A server that was read without remarks: others of the same text differ in their address only. */
interface Model {
  block: RealServerBlock;
  server: RealServerConfig;
}

/** Kinds of body that are remembered: pools rarely have more. */
const MOST_MODELS = 4;

/** Models of the latest virtual server, and of those that follow it and give their servers the same. */
export class ServerModels {
  #service: ServiceFacts | undefined;
  #models: Model[] = [];

  of(service: ServiceFacts): Model[] {
    if (this.#service === undefined || !givesTheSame(service, this.#service)) this.#models = [];
    this.#service = service;
    return this.#models;
  }
}

function givesTheSame(a: ServiceFacts, b: ServiceFacts): boolean {
  return (
    a.weight === b.weight &&
    a.inhibitOnFailure === b.inhibitOnFailure &&
    a.config.virtualHost === b.config.virtualHost &&
    a.config.forwarding.method === b.config.forwarding.method &&
    a.config.forwarding.method !== "TUN" &&
    sameDefaults(a.config.defaults, b.config.defaults)
  );
}

function sameDefaults(a: CheckDefaults, b: CheckDefaults): boolean {
  return (
    a.alpha === b.alpha &&
    a.delayLoopMicros === b.delayLoopMicros &&
    a.connectTimeoutMicros === b.connectTimeoutMicros &&
    a.retry === b.retry &&
    a.delayBeforeRetryMicros === b.delayBeforeRetryMicros &&
    a.warmupMicros === b.warmupMicros
  );
}

/** IPv6 has link-local addresses, which are a matter of their own. */
function modelFor(block: RealServerBlock, models: readonly Model[]): RealServerConfig | undefined {
  if (block.service.family !== 4) return undefined;
  for (const { block: known, server } of models)
    if (server.family === 4 && block.isLike(known)) return server;
  return undefined;
}

/** Only a tunnel leads from one family to the other. */
export function fitsFamily(
  family: ServiceAddress["family"],
  { method }: Forwarding,
  service: ServiceFacts,
): boolean {
  return service.family === undefined || service.family === family || method === "TUN";
}

function readRealServer(
  block: RealServerBlock,
  known: Pick<RealServerConfig, "port" | "checkPort" | "forwarding">,
  service: ServiceFacts,
  context: CheckContext,
): RealServerConfig {
  const { defaults, virtualHost } = service.config;
  const own = inherit(block, defaults, block.value("alpha"));
  const server: RealServerConfig = {
    family: block.service.family,
    address: block.service.address,
    port: known.port,
    checkPort: known.checkPort,
    weight: block.value("weight") ?? service.weight,
    forwarding: known.forwarding,
    upperThreshold: block.value("uthreshold"),
    lowerThreshold: block.value("lthreshold"),
    inhibitOnFailure: block.value("inhibit_on_failure") ?? service.inhibitOnFailure,
    alpha: own.alpha,
    smtpAlert: block.value("smtp_alert") ?? context.alertOfServer,
    checkers: readCheckers(block, {
      server: block.service,
      defaults: own,
      serviceDelayMicros: defaults.delayLoopMicros,
      virtualHost: block.value("virtualhost") ?? virtualHost,
      serviceHost: virtualHost,
      context,
    }),
  };
  setGiven(server, "snmpName", block.value("snmp_name"));
  setGiven(server, "notifyUp", context.scripts.ofServer(block.value("notify_up")));
  setGiven(server, "notifyDown", context.scripts.ofServer(block.value("notify_down")));
  return server;
}

/** The port of a server in the kernel's table: without NAT it is the service's. */
export function portOfServer(
  port: number,
  at: Word | undefined,
  what: "real server" | "sorry server",
  { method }: Forwarding,
  service: ServiceFacts,
  context: CheckContext,
): number {
  if (service.kind === "address") {
    if (port === 0 || port === service.port) return service.port;
    if (method === "NAT") return port;
    const message = `with ${method} the ${what} has the port of ${service.title()}: ${service.port} is used`;
    context.judge.repair(at, message);
    return service.port;
  }
  if (method === "NAT" || port === 0) return port;
  const isMark = service.kind === "mark";
  if (isMark || service.portsOfGroup.some((other) => other !== port)) {
    const whose = isMark ? "there is no port" : "each address of the group has its own port";
    context.judge.repair(at, `with ${method} and ${service.title()} ${whose}: ${port} is not used`);
  }
  return 0;
}
