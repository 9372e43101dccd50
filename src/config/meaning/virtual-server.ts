/** `virtual_server`s: defaults and cross checks, in the order of the check reference, 2.6. */
import type { ServiceBlock, ServiceHead } from "../blocks/service-block.js";
import { USUAL_PERSISTENCE, type virtualServer } from "../blocks/virtual-server.js";
import type {
  CheckDefaults,
  Persistence,
  Scheduler,
  SchedulerFlags,
  TransportProtocol,
  VirtualServerConfig,
} from "../check-model.js";
import { didYouMean } from "../did-you-mean.js";
import { quoted } from "../diagnostic.js";
import { positionOf } from "../read-tree.js";
import type { Table } from "../schema.js";
import { decodeBytes } from "../text.js";
import { type CheckContext, inherit, type ServiceFacts, setGiven } from "./check-context.js";
import { readRealServers } from "./real-server.js";
import { settleFamily } from "./service-family.js";
import { readSorryServer } from "./sorry-server.js";
import type { GroupFacts } from "./virtual-server-group.js";

type Settings<T> = T extends Table<infer S> ? S : never;
export type VirtualServerBlock = ServiceBlock<Settings<typeof virtualServer>, ServiceHead>;

const SECOND = 1_000_000;
const BUILT_IN: CheckDefaults = {
  alpha: false,
  delayLoopMicros: 60 * SECOND,
  connectTimeoutMicros: 5 * SECOND,
};
const NO_FLAGS: SchedulerFlags = { onePacket: false, flag1: false, flag2: false, flag3: false };

/** What a virtual server stands for. */
export interface Reach {
  group: GroupFacts | undefined;
  hasAddresses: boolean;
  hasMarks: boolean;
  /** An address stands for all ports. */
  hasPortless: boolean;
}

/** Undefined when it has no server, or its group does not exist. */
export function readVirtualServer(
  block: VirtualServerBlock,
  context: CheckContext,
): VirtualServerConfig | undefined {
  const { judge, scripts } = context;
  const reach = reachOf(block, context);
  if (reach === undefined) return undefined;
  const config = readSettings(block, context);
  setGiven(config, "family", settleFamily(block, reach, config.forwarding, judge));
  setGiven(config, "virtualHost", block.value("virtualhost"));
  setGiven(config, "snmpName", block.value("snmp_name"));
  if (reach.hasMarks && config.haSuspend) {
    judge.repair(block.where("ha_suspend"), "'ha_suspend' is ignored with firewall marks");
    config.haSuspend = false;
  }
  const { service } = block;
  const facts: ServiceFacts = {
    title: () => titleOf(block),
    family: config.family,
    port: service.kind === "address" ? service.port : 0,
    kind: service.kind,
    portsOfGroup: reach.group?.ports ?? [],
    config,
    weight: block.value("weight"),
    inhibitOnFailure: block.value("inhibit_on_failure"),
  };
  const realServers = readRealServers(block.value("real_server"), facts, context);
  if (realServers.length === 0) {
    judge.error(block.at, `${facts.title()} has no real server and is ignored`);
    return undefined;
  }
  config.realServers = realServers;
  settleService(block, reach, config, context);
  setGiven(config, "sorryServer", readSorryServer(block, facts, realServers, context));
  settleQuorum(block, config, context);
  setGiven(config, "quorumUp", scripts.ofServer(block.value("quorum_up")));
  setGiven(config, "quorumDown", scripts.ofServer(block.value("quorum_down")));
  return config;
}

/** What stands in the block itself, with its defaults. */
function readSettings(block: VirtualServerBlock, context: CheckContext): VirtualServerConfig {
  return {
    service: serviceOf(block),
    scheduler: "wlc",
    flags: NO_FLAGS,
    forwarding: block.value(block.isLast("lb_kind", "lvs_method") ? "lb_kind" : "lvs_method") ?? {
      method: "NAT",
    },
    persistence: { timeoutSeconds: 0 },
    defaults: inherit(block, BUILT_IN, block.value("alpha")),
    omega: block.value("omega"),
    haSuspend: block.value("ha_suspend"),
    smtpAlert: block.value("smtp_alert") ?? context.alertOfService,
    quorum: block.value("quorum"),
    hysteresis: block.value("hysteresis"),
    realServers: [],
    position: positionOf(block.at),
  };
}

function titleOf(block: VirtualServerBlock): string {
  return `virtual server ${quoted(block.args.map((word) => word.text).join(" "))}`;
}

function serviceOf({ service }: VirtualServerBlock): VirtualServerConfig["service"] {
  return service.kind === "group" ? { kind: "group", name: decodeBytes(service.name.text) } : service;
}

function reachOf({ service }: VirtualServerBlock, context: CheckContext): Reach | undefined {
  if (service.kind === "mark")
    return { group: undefined, hasAddresses: false, hasMarks: true, hasPortless: false };
  if (service.kind === "address")
    return { group: undefined, hasAddresses: true, hasMarks: false, hasPortless: service.port === 0 };
  const name = decodeBytes(service.name.text);
  const group = context.groups.get(name);
  if (group === undefined) {
    const hint = didYouMean(name, context.groups.keys());
    context.judge.mention(
      service.name,
      `there is no virtual_server_group ${quoted(service.name.text)}; the virtual server is ignored${hint}`,
    );
    return undefined;
  }
  const { hasAddresses, hasMarks, hasPortless } = group;
  return { group, hasAddresses, hasMarks, hasPortless };
}

/** Protocol, one-packet scheduling, persistence, scheduler, forwarding. */
function settleService(
  block: VirtualServerBlock,
  reach: Reach,
  config: VirtualServerConfig,
  { judge }: CheckContext,
): void {
  const protocol = settleProtocol(block, reach, judge);
  setGiven(config, "protocol", protocol);
  let onePacket = block.value("ops");
  if (onePacket && reach.hasAddresses && protocol !== "UDP") {
    judge.repair(block.where("ops"), "'ops' is ignored: one packet scheduling needs 'protocol UDP'");
    onePacket = false;
  }
  config.persistence = settlePersistence(block, reach, config, judge);
  const scheduler = block.isLast("lb_algo", "lvs_sched") ? "lb_algo" : "lvs_sched";
  const chosen = block.value(scheduler);
  if (chosen === undefined) judge.repair(block.at, `${titleOf(block)} needs 'lvs_sched'; wlc is used`);
  else config.scheduler = chosen;
  config.flags = settleFlags(block, config.scheduler, block.setting(scheduler)?.head.order, onePacket, judge);
  const needsMethod = block.value("real_server").some((server) => !server.has("lvs_method"));
  if (needsMethod && !block.has("lvs_method") && !block.has("lb_kind"))
    judge.repair(block.at, `${titleOf(block)} needs 'lvs_method'; NAT is used`);
}

function settleProtocol(
  block: VirtualServerBlock,
  reach: Reach,
  judge: CheckContext["judge"],
): TransportProtocol | undefined {
  const protocol = block.value("protocol");
  if (reach.hasAddresses) {
    if (protocol !== undefined) return protocol;
    judge.repair(block.at, `${titleOf(block)} needs 'protocol'; UDP is used`);
    return "UDP";
  }
  if (protocol !== undefined)
    judge.repair(block.where("protocol"), "'protocol' is ignored: a firewall mark stands for any");
  return undefined;
}

const FULL_LENGTH = { 4: 32, 6: 128 };

function settlePersistence(
  block: VirtualServerBlock,
  reach: Reach,
  { family = 4 }: VirtualServerConfig,
  judge: CheckContext["judge"],
): Persistence {
  const persistence: Persistence = { timeoutSeconds: block.value("persistence_timeout") ?? 0 };
  const granularity = block.setting("persistence_granularity");
  if (granularity?.value !== undefined) {
    const { value, at } = granularity;
    if (family === 4 && "mask" in value) persistence.mask = value.mask;
    else if (family === 6 && "prefixLength" in value) persistence.prefixLength = value.prefixLength;
    else if ("prefixLength" in value && value.prefixLength <= FULL_LENGTH[4]) {
      const bits = (-1 << (32 - value.prefixLength)) >>> 0;
      persistence.mask = [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join(".");
      judge.mention(at, `${persistence.mask} is meant: IPv4 takes a mask here`);
    } else {
      const expected = family === 4 ? "a mask like 255.255.255.0" : `a prefix length up to ${FULL_LENGTH[6]}`;
      judge.error(at, `'persistence_granularity' for IPv${family} must be ${expected}; the line is ignored`);
    }
    if (persistence.timeoutSeconds === 0 && (persistence.mask ?? persistence.prefixLength) !== undefined)
      persistence.timeoutSeconds = USUAL_PERSISTENCE;
  }
  if (reach.hasPortless && persistence.timeoutSeconds === 0) {
    judge.repair(
      block.at,
      `${titleOf(block)} is without port, which needs 'persistence_timeout'; ${USUAL_PERSISTENCE} s is used`,
    );
    persistence.timeoutSeconds = USUAL_PERSISTENCE;
  }
  setGiven(persistence, "engine", block.value("persistence_engine"));
  return persistence;
}

const HASHING_FLAGS = [
  { name: "sh-port", of: "sh", flag: "flag2" },
  { name: "sh-fallback", of: "sh", flag: "flag1" },
  { name: "mh-port", of: "mh", flag: "flag2" },
  { name: "mh-fallback", of: "mh", flag: "flag1" },
] as const;

function settleFlags(
  block: VirtualServerBlock,
  scheduler: Scheduler,
  order: number | undefined,
  onePacket: boolean,
  judge: CheckContext["judge"],
): SchedulerFlags {
  const flags: SchedulerFlags = {
    onePacket,
    flag1: block.value("flag-1"),
    flag2: block.value("flag-2"),
    flag3: block.value("flag-3"),
  };
  const isHashing = scheduler === "sh" || scheduler === "mh";
  for (const { name, of, flag } of HASHING_FLAGS) {
    const head = block.setting(name)?.head;
    if (head === undefined) continue;
    if (!isHashing || order === undefined || head.order < order)
      judge.error(head, `'${name}' must follow 'lvs_sched ${of}'; it is ignored`);
    else if (scheduler !== of) judge.mention(head, `'${name}' is ignored: the scheduler is ${scheduler}`);
    else flags[flag] = true;
  }
  const hashed = block.setting("hashed")?.head;
  if (hashed !== undefined && !isHashing)
    judge.error(hashed, "'hashed' must follow 'lvs_sched sh' or 'lvs_sched mh'; it is ignored");
  return flags;
}

function settleQuorum(block: VirtualServerBlock, config: VirtualServerConfig, { judge }: CheckContext): void {
  let total = 0;
  for (const server of config.realServers) total += server.weight;
  const most = Math.max(1, total);
  if (config.quorum > total) {
    const message = `the quorum ${config.quorum} of ${titleOf(block)} is above ${total}, the weight of all its servers; ${most} is used`;
    judge.repair(block.where("quorum"), message);
    config.quorum = Math.min(config.quorum, most);
  }
  if (config.hysteresis >= config.quorum) {
    judge.repair(
      block.where("hysteresis"),
      `'hysteresis' ${config.hysteresis} must be below the quorum ${config.quorum}; ${config.quorum - 1} is used`,
    );
    config.hysteresis = config.quorum - 1;
  }
}
