/** `real_server`s of one virtual server: families, ports, duplicates, checkers (check reference, 2.3 to 2.6). */
import type { realServer } from "../blocks/real-server.js";
import type { ServiceBlock } from "../blocks/service-block.js";
import type { CheckerConfig, Forwarding, RealServerConfig } from "../check-model.js";
import type { Block, Table } from "../schema.js";
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
  const seen = new Map<string, Word>();
  let model: Model | undefined;
  for (const block of blocks) {
    const { family, address, port } = block.service;
    const forwarding = block.value("lvs_method") ?? service.config.forwarding;
    if (!fitsFamily(family, forwarding, service)) {
      const message = `an IPv${family} server does not fit an IPv${service.family} virtual server unless tunnelled (lvs_method TUN)`;
      if (service.kind === "group") context.judge.mention(block.args[0], message);
      else {
        context.judge.error(block.args[0], `${message}; it is ignored`);
        continue;
      }
    }
    const key = `${address} ${port}`;
    const before = seen.get(key);
    if (before !== undefined) {
      const notes = [{ message: "it was given here first", at: before }];
      const message = `the real server ${key} is given twice in ${service.title()}; this one is ignored`;
      context.judge.error(block.args[0], message, { notes });
      continue;
    }
    seen.set(key, block.at);
    const like = model !== undefined && fitsModel(block, model) ? model.server : undefined;
    const reported = context.judge.diagnostics.reported;
    const server =
      like === undefined
        ? readRealServer(block, forwarding, service, context)
        : aimedAt(
            block.service,
            like,
            portInTable(block.service, block.args, forwarding, service, context),
            service,
          );
    list.push(server);
    if (like === undefined)
      model =
        context.judge.diagnostics.reported === reported && mayBeModel(block) ? { block, server } : undefined;
  }
  return list;
}

/** A server that was read without remarks: others of the same text differ in their address only. */
interface Model {
  block: RealServerBlock;
  server: RealServerConfig;
}

const WITH_TARGETS = ["TCP_CHECK", "PING_CHECK", "UDP_CHECK", "DNS_CHECK", "HTTP_GET", "SSL_GET"] as const;

/** All its checkers check the server itself. */
function mayBeModel(block: RealServerBlock): boolean {
  if (block.has("SMTP_CHECK")) return false;
  return WITH_TARGETS.every((name) => {
    const checkers: readonly Block<{ connect_ip: unknown; connect_port: unknown }>[] = block.value(name);
    return checkers.every((checker) => !checker.has("connect_ip") && !checker.has("connect_port"));
  });
}

function fitsModel(block: RealServerBlock, model: Model): boolean {
  const { family } = block.service;
  return block.isLike(model.block) && family === 4 && model.server.family === 4;
}

/** The same for another address. */
function aimedAt(
  { address, port }: ServiceAddress,
  model: RealServerConfig,
  portInTable: number,
  service: ServiceFacts,
): RealServerConfig {
  const checkers: CheckerConfig[] = [];
  for (const checker of model.checkers) {
    if (!("target" in checker)) checkers.push(checker);
    else checkers.push({ ...checker, target: { ...checker.target, address, port: port || service.port } });
  }
  return { ...model, address, port: portInTable, checkers };
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
  forwarding: Forwarding,
  service: ServiceFacts,
  context: CheckContext,
): RealServerConfig {
  const { defaults, virtualHost } = service.config;
  const own = inherit(block, defaults, block.value("alpha"));
  const server: RealServerConfig = {
    family: block.service.family,
    address: block.service.address,
    port: portInTable(block.service, block.args, forwarding, service, context),
    weight: block.value("weight") ?? service.weight,
    forwarding,
    upperThreshold: block.value("uthreshold"),
    lowerThreshold: block.value("lthreshold"),
    inhibitOnFailure: block.value("inhibit_on_failure") ?? service.inhibitOnFailure,
    alpha: own.alpha,
    smtpAlert: block.value("smtp_alert") ?? context.alertOfServer,
    checkers: readCheckers(block, {
      server: block.service,
      servicePort: service.port,
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

function portInTable(
  { port }: ServiceAddress,
  args: readonly Word[],
  forwarding: Forwarding,
  service: ServiceFacts,
  context: CheckContext,
): number {
  return portOfServer(port, args[1], "real server", forwarding, service, context);
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
