/**
 * The text of keepalived_check.data (signal USR1): upstream's headings and labels, so that what people grep for is where
 * it was (check-ipvs reference, 12.2). Pure.
 */
import type {
  CheckConfig,
  CheckerConfig,
  CheckTarget,
  Forwarding,
  GroupEntry,
  SorryServer,
} from "../config/check-model.js";
import type { ScriptSetting } from "../config/vrrp-model.js";
import type { Checker } from "./checker-state.js";
import type { Director } from "./director.js";
import type { Availability } from "./ipvs/model.js";
import type { RealServer } from "./real-server.js";
import type { VirtualServer } from "./virtual-server.js";

const yesNo = (value: boolean): string => (value ? "yes" : "no");
const onOff = (value: boolean): string => (value ? "ON" : "OFF");
const seconds = (micros: number): string => String(micros / 1e6);

function scriptLine(label: string, script: ScriptSetting | undefined): string[] {
  return script === undefined ? [] : [`${label} = ${script.args.map((word) => `'${word}'`).join(" ")}`];
}

function forwardingText(forwarding: Forwarding): string {
  if (forwarding.method !== "TUN") return forwarding.method;
  const port = forwarding.port === undefined ? "" : `, port ${forwarding.port}`;
  return `TUN, type ${forwarding.tunnel}${port}, ${forwarding.checksum}`;
}

function groupEntryText(entry: GroupEntry): string {
  if (entry.kind === "mark") return `FWMARK = ${entry.mark}`;
  const range = entry.first === entry.last ? entry.first : `${entry.first}-${entry.last}`;
  return `VIP = ${range}, VPORT = ${entry.port}`;
}

function groupLines({ groups }: CheckConfig): string[] {
  return groups.flatMap(({ name, entries }) => [
    ` Virtual Server Group = ${name}`,
    ...entries.map((entry) => `   ${groupEntryText(entry)}`),
  ]);
}

function serviceText({ config }: VirtualServer): string {
  const { service } = config;
  switch (service.kind) {
    case "address":
      return ` VIP = ${service.address}, VPORT = ${service.port}`;
    case "mark":
      return ` FWMARK = ${service.mark}`;
    case "group":
      return ` VS GROUP = ${service.name}`;
  }
}

function flagsText({ flags }: VirtualServer["config"]): string {
  const set = [
    flags.onePacket ? "ops" : "",
    flags.flag1 ? "flag-1" : "",
    flags.flag2 ? "flag-2" : "",
    flags.flag3 ? "flag-3" : "",
  ].filter((word) => word !== "");
  return set.length === 0 ? "none" : set.join(" ");
}

function persistenceLines({ persistence }: VirtualServer["config"]): string[] {
  if (persistence.timeoutSeconds === 0) return [];
  const granularity = persistence.mask ?? persistence.prefixLength;
  return [
    `   persistence timeout = ${persistence.timeoutSeconds}`,
    ...(granularity === undefined ? [] : [`   persistence granularity = ${granularity}`]),
    ...(persistence.engine === undefined ? [] : [`   persistence engine = ${persistence.engine}`]),
  ];
}

function sorryLines(sorry: SorryServer, serving: boolean): string[] {
  return [
    `   sorry server = [${sorry.address}]:${sorry.port}`,
    `     forwarding method = ${forwardingText(sorry.forwarding)}`,
    `     inhibit on failure = ${yesNo(sorry.inhibitOnFailure)}`,
    `     alive = ${yesNo(serving)}, set = ${yesNo(serving || sorry.inhibitOnFailure)}`,
  ];
}

function serviceLines(service: VirtualServer): string[] {
  const { config } = service;
  const alive = service.servers.filter((server) => server.alive).length;
  return [
    " ------< Virtual server >------",
    serviceText(service),
    `   name = ${service.name}`,
    `   family = ${config.family === undefined ? "unspec" : config.family === 6 ? "inet6" : "inet"}`,
    `   protocol = ${config.protocol ?? "none"}`,
    `   delay_loop = ${seconds(config.defaults.delayLoopMicros)}`,
    `   connect_timeout = ${seconds(config.defaults.connectTimeoutMicros)}`,
    `   lvs_sched = ${config.scheduler}, flags = ${flagsText(config)}`,
    `   lvs_method = ${forwardingText(config.forwarding)}`,
    ...persistenceLines(config),
    `   alpha = ${onOff(config.defaults.alpha)}, omega = ${onOff(config.omega)}`,
    `   quorum = ${config.quorum}, hysteresis = ${config.hysteresis}`,
    ...scriptLine("   -> Notify script UP", config.quorumUp),
    ...scriptLine("   -> Notify script DOWN", config.quorumDown),
    ...(config.haSuspend ? [`   ha_suspend = ${service.suspended ? "suspended" : "active"}`] : []),
    `   smtp_alert = ${yesNo(config.smtpAlert)}`,
    ...(config.sorryServer === undefined ? [] : sorryLines(config.sorryServer, service.sorryServing)),
    `   alive = ${alive} of ${service.servers.length}, live weight = ${service.liveWeight}`,
    `   quorum met = ${yesNo(service.quorumUp)}`,
    ...service.servers.flatMap((server) => serverLines(service, server)),
  ];
}

function serverLines(service: VirtualServer, server: RealServer): string[] {
  const { config } = server;
  const set = config.inhibitOnFailure || (server.alive && !service.sorryServing);
  return [
    "   ------< Real server >------",
    `   RIP = ${config.address}, RPORT = ${config.port}, WEIGHT = ${config.weight}`,
    `     Effective weight = ${server.effectiveWeight}`,
    `     forwarding method = ${forwardingText(config.forwarding)}`,
    `     upper threshold = ${config.upperThreshold}, lower threshold = ${config.lowerThreshold}`,
    `     inhibit on failure = ${yesNo(config.inhibitOnFailure)}`,
    ...scriptLine("     -> Notify script UP", config.notifyUp),
    ...scriptLine("     -> Notify script DOWN", config.notifyDown),
    `     smtp_alert = ${yesNo(config.smtpAlert)}`,
    `     alive = ${yesNo(server.alive)}, set = ${yesNo(set)}`,
    `     failed checkers = ${server.failedCheckers} of ${server.checkers.length}`,
  ];
}

function targetLines(target: CheckTarget, server: RealServer): string[] {
  const address = target.address?.text ?? server.config.address;
  const port = target.port ?? server.config.checkPort;
  return [
    `   Connection dest = [${address}]:${port}`,
    ...(target.bindAddress === undefined
      ? []
      : [`   Bind to = [${target.bindAddress}]:${target.bindPort ?? 0}`]),
    ...(target.bindInterface === undefined ? [] : [`   Bind i/f = ${target.bindInterface}`]),
    ...(target.mark === 0 ? [] : [`   Connection mark = ${target.mark}`]),
    `   Connection timeout = ${seconds(target.timeoutMicros)}`,
  ];
}

function kindLines(config: CheckerConfig): string[] {
  switch (config.kind) {
    case "http":
    case "ssl":
      return [
        `   HTTP version = ${config.protocol}`,
        ...config.urls.map(({ path, digest }) =>
          digest === undefined ? `   Checked url = ${path}` : `   Checked url = ${path}, digest = ${digest}`,
        ),
      ];
    case "smtp":
      return [`   Helo name = ${config.heloName}`];
    case "dns":
      return [`   Type = ${config.type}, name = ${config.name}`];
    case "misc":
      return [
        ...scriptLine("   script", config.script),
        `   timeout = ${seconds(config.timeoutMicros)}, dynamic = ${yesNo(config.dynamic)}`,
      ];
    case "file":
      return [
        `   Track file = ${config.trackFile}, weight ${config.weight}${config.reverse ? " reverse" : ""}`,
      ];
    case "bfd":
      return [`   BFD instance = ${config.session}`];
    case "tcp":
    case "udp":
    case "ping":
      return [];
  }
}

function checkerLines(service: VirtualServer, checker: Checker): string[] {
  const { config, schedule, server, counts, facts, detail } = checker;
  const { settings } = schedule;
  const timing = schedule.followsEvents
    ? []
    : [
        `   Delay loop = ${seconds(settings.delayLoopMicros)}`,
        `   Warmup = ${settings.warmupMicros} usecs`,
        `   Retry count = ${settings.retry}, delay before retry = ${seconds(settings.delayBeforeRetryMicros)}`,
        `   Failures in a row = ${schedule.failures}`,
      ];
  const change = checker.weight;
  return [
    ` ${service.name} -> ${server.name}`,
    `   Checker = ${facts.keyword}`,
    `   Enabled = ${yesNo(!service.suspended)}, up = ${yesNo(schedule.up)}, has run = ${yesNo(schedule.hasRun)}`,
    `   Alpha = ${onOff(settings.alpha)}`,
    ...timing,
    ...(change === undefined ? [] : [`   Weight = ${change.kind === "added" ? "+ " : ""}${change.weight}`]),
    ...("target" in config ? targetLines(config.target, server) : []),
    ...kindLines(config),
    `   Checks passed = ${counts.passed}, failed = ${counts.failed}, not carried out = ${counts.notRun}`,
    ...(detail === "" ? [] : [`   Last failure = ${detail}`]),
  ];
}

function globalLines({ global }: CheckConfig, availability: Availability | undefined): string[] {
  const { timeouts } = global.lvs;
  const kernel = availability === undefined ? "not asked yet" : describeAvailability(availability);
  return [
    "------< Global definitions >------",
    ` Router ID = ${global.routerId}`,
    ` IPVS = ${kernel}`,
    ` LVS TCP timeout = ${timeouts.tcpSeconds ?? "unchanged"}`,
    ` LVS TCP FIN timeout = ${timeouts.tcpFinSeconds ?? "unchanged"}`,
    ` LVS UDP timeout = ${timeouts.udpSeconds ?? "unchanged"}`,
    ` LVS flush = ${yesNo(global.lvs.flushAtStart)}, on stop = ${global.lvs.flushOnStop}`,
  ];
}

function describeAvailability(now: Availability): string {
  return now.available ? `version ${now.version}` : `not available: ${now.missing}`;
}

/** Content of keepalived_check.data. */
export function formatCheckState(
  config: CheckConfig,
  director: Director,
  availability: Availability | undefined,
): string {
  return [
    ...globalLines(config, availability),
    "------< LVS Topology >------",
    ...groupLines(config),
    ...director.services.flatMap(serviceLines),
    "------< Health checkers >------",
    ...[...director.checkers()].flatMap((checker) => checkerLines(director.serviceOf(checker), checker)),
    ...(config.trackFiles.length === 0 ? [] : ["------< Track files >------"]),
    ...config.trackFiles.map(({ name, path }) => ` Track file = ${name}, file = ${path}`),
    "",
  ].join("\n");
}
