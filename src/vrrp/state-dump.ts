/**
 * The texts of the state and statistics files (signals USR1 and USR2): upstream's headings and labels, so that what
 * people grep for is where it was. Pure: everything comes in as a view.
 */
import type {
  AddressSetting,
  GlobalConfig,
  NotifyScripts,
  RouteSetting,
  VrrpConfig,
  VrrpInstanceConfig,
} from "../config/model.js";
import type { Counters } from "./counters.js";
import type { State } from "./events.js";
import type { VrrpInstance } from "./instance.js";

/** An instance as the runtime knows it. */
export interface InstanceView {
  machine: VrrpInstance;
  /** Canonical text of the own source address; undefined when there is none. */
  source: string | undefined;
  /** Wall clock of the last transition in milliseconds. */
  lastTransitionMillis: number;
  group: string | undefined;
}

/** A link as the dump shows it. */
export interface InterfaceView {
  name: string;
  index: number;
  mac: string;
  mtu: number;
  up: boolean;
  addresses: string[];
}

const STATE_WORDS: Record<State, string> = {
  init: "INIT",
  backup: "BACKUP",
  master: "MASTER",
  fault: "FAULT",
};
const AUTHENTICATION_WORDS = { none: "none", pass: "SIMPLE_PASSWORD", ah: "IPSEC_AH" } as const;
const SCOPES: Record<number, string> = { 0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere" };

function yesNo(value: boolean): string {
  return value ? "true" : "false";
}

function seconds(micros: number): string {
  return String(micros / 1e6);
}

/** `192.0.2.100/24 dev eth0 scope global label eth0:1 set` */
export function formatAddressSetting(address: AddressSetting, set: boolean): string {
  const words = [`${address.address}/${address.prefixLength}`];
  if (address.peer !== undefined) words.push("peer", address.peer);
  if (address.broadcast !== undefined) words.push("brd", address.broadcast);
  words.push("dev", address.device, "scope", SCOPES[address.scope] ?? String(address.scope));
  if (address.label !== undefined) words.push("label", address.label);
  if (address.noTrack) words.push("no_track");
  if (set) words.push("set");
  return words.join(" ");
}

/** `198.51.100.0/24 via inet 192.0.2.9 dev eth0 proto 18 set` */
export function formatRouteSetting(route: RouteSetting, set: boolean): string {
  const words = [`${route.destination}/${route.prefixLength}`];
  if (route.gateway !== undefined) words.push("via", route.family === 6 ? "inet6" : "inet", route.gateway);
  if (route.device !== undefined) words.push("dev", route.device);
  if (route.source !== undefined) words.push("src", route.source);
  if (route.metric !== undefined) words.push("metric", String(route.metric));
  words.push("proto", String(route.protocol));
  if (route.noTrack) words.push("no_track");
  if (set) words.push("set");
  return words.join(" ");
}

function globalLines(global: GlobalConfig): string[] {
  return [
    "------< Global definitions >------",
    ` Router ID = ${global.routerId}`,
    ` VRRP IPv4 mcast group = ${global.multicastGroup4}`,
    ` VRRP IPv6 mcast group = ${global.multicastGroup6}`,
    ` Gratuitous ARP interval = ${(global.garpIntervalMicros / 1e6).toFixed(6)}`,
    ` Gratuitous NA interval = ${(global.gnaIntervalMicros / 1e6).toFixed(6)}`,
  ];
}

function scriptLines(scripts: NotifyScripts): string[] {
  const rows: Array<[string, { args: string[] } | undefined]> = [
    ["Backup state transition script", scripts.backup],
    ["Master state transition script", scripts.master],
    ["Fault state transition script", scripts.fault],
    ["Stop state transition script", scripts.stop],
    ["Generic state transition script", scripts.any],
  ];
  return rows.flatMap(([label, script]) =>
    script === undefined ? [] : [`   ${label} = ${script.args.map((word) => `'${word}'`).join(" ")}`],
  );
}

function heldLines(machine: VrrpInstance): string[] {
  const { addresses, excludedAddresses, routes } = machine.settings;
  const set = machine.holdsAddresses;
  const lines = [`   Virtual IP (${addresses.length}):`];
  for (const address of addresses) lines.push(`     ${formatAddressSetting(address, set)}`);
  if (excludedAddresses.length > 0) {
    lines.push(`   Virtual IP Excluded (${excludedAddresses.length}):`);
    for (const address of excludedAddresses) lines.push(`     ${formatAddressSetting(address, set)}`);
  }
  if (routes.length > 0) {
    lines.push("   Virtual Routes :");
    for (const route of routes) lines.push(`     ${formatRouteSetting(route, set)}`);
  }
  return lines;
}

function announceLines(machine: VrrpInstance): string[] {
  const { announce } = machine.settings;
  return [
    `   Gratuitous ARP delay = ${seconds(announce.masterDelayMicros)}`,
    `   Gratuitous ARP repeat = ${announce.masterRepeat}`,
    `   Gratuitous ARP refresh = ${seconds(announce.masterRefreshMicros)}`,
    `   Gratuitous ARP refresh repeat = ${announce.masterRefreshRepeat}`,
    `   Gratuitous ARP lower priority delay = ${seconds(announce.lowerPrioDelayMicros)}`,
    `   Gratuitous ARP lower priority repeat = ${announce.lowerPrioRepeat}`,
  ];
}

/** Passwords and keys are the peers' business, not the reader's of a dump. */
function authenticationLines({ auth, hmac }: VrrpInstanceConfig): string[] {
  const lines = [`   Authentication type = ${AUTHENTICATION_WORDS[auth.type]}`];
  if (auth.type !== "none") lines.push("   Password = ********");
  if (hmac === undefined) return lines;
  const keys = hmac.keys.map(({ id }) => (id === hmac.activeKey ? `${id} (active)` : String(id)));
  const window = hmac.antiReplay === "time" ? `, window ${hmac.timeWindowSeconds} secs` : "";
  lines.push(
    "   Authentication extension = HMAC-SHA256-128",
    `     Mode = ${hmac.mode}`,
    `     Anti-replay = ${hmac.antiReplay}${window}`,
    `     Keys = ${keys.join(", ")}`,
  );
  return lines;
}

function instanceLines(view: InstanceView): string[] {
  const { machine, group, source, lastTransitionMillis } = view;
  const settings = machine.settings;
  const unicast = settings.unicastPeers.length > 0;
  return [
    ` VRRP Instance = ${machine.name}`,
    `   VRRP Version = ${settings.version}`,
    ...(group === undefined ? [] : [`   Sync group = ${group}`]),
    `   State = ${STATE_WORDS[machine.state]}`,
    ...(machine.faults.length === 0 ? [] : [`   Faults = ${machine.faults.join(" ")}`]),
    `   Wantstate = ${machine.wantsMaster ? "MASTER" : "BACKUP"}`,
    `   Last transition = ${(lastTransitionMillis / 1000).toFixed(6)} (${new Date(lastTransitionMillis).toISOString()})`,
    `   Master down timer = ${machine.masterDownMicros} usecs`,
    ...(settings.interface === undefined ? [] : [`   Interface = ${settings.interface}`]),
    `   Using src_ip = ${source ?? "(none)"}`,
    ...(unicast ? [] : [`   Multicast address ${settings.multicastGroup}`]),
    ...announceLines(machine),
    `   Down timer adverts = ${settings.downTimerAdverts}`,
    `   Send advert after receive lower priority advert = ${yesNo(!settings.lowerPrioNoAdvert)}`,
    `   Send advert after receive higher priority advert = ${yesNo(settings.higherPrioSendAdvert)}`,
    `   Virtual Router ID = ${settings.virtualRouterId}`,
    `   Priority = ${settings.priority}`,
    `   Effective priority = ${machine.effectivePriority}`,
    `   Advert interval = ${seconds(settings.advertIntervalMicros)} sec`,
    `   Preempt = ${settings.preempt ? "enabled" : "disabled"}`,
    ...(settings.preemptDelayMicros === 0
      ? []
      : [`   Preempt delay = ${seconds(settings.preemptDelayMicros)} secs`]),
    ...authenticationLines(settings),
    ...heldLines(machine),
    ...(unicast
      ? ["   Unicast peers :", ...settings.unicastPeers.map((peer) => `     ${peer.address}`)]
      : []),
    ...settings.trackInterfaces.map(
      (tracked) => `   Tracked interface = ${tracked.name}, weight ${tracked.weight}`,
    ),
    ...scriptLines(settings.notify),
  ];
}

function groupLines(config: VrrpConfig, views: readonly InstanceView[]): string[] {
  const byName = new Map(views.map((view) => [view.machine.name, view.machine]));
  return config.syncGroups.flatMap((group) => {
    const states = group.members.map((name) => byName.get(name)?.state ?? "init");
    const state: State = states.includes("fault")
      ? "fault"
      : states.every((member) => member === "master")
        ? "master"
        : states.includes("init")
          ? "init"
          : "backup";
    return [
      ` VRRP Sync Group = ${group.name}, ${STATE_WORDS[state]}`,
      "   VRRP member instances :",
      ...group.members.map((name) => `     ${name}`),
      ...scriptLines(group.notify),
    ];
  });
}

function interfaceLines(link: InterfaceView): string[] {
  return [
    ` Name = ${link.name}`,
    `   index = ${link.index}`,
    ...link.addresses.map((address) => `   ${address.includes(":") ? "IPv6" : "IPv4"} address = ${address}`),
    `   MAC = ${link.mac}`,
    `   State = ${link.up ? "UP, RUNNING" : "not UP, RUNNING"}`,
    `   MTU = ${link.mtu}`,
  ];
}

/** Content of keepalived.data. */
export function formatState(
  config: VrrpConfig,
  views: readonly InstanceView[],
  links: readonly InterfaceView[],
): string {
  return [
    ...globalLines(config.global),
    ...(config.staticAddresses.length === 0 ? [] : ["------< Static Addresses >------"]),
    ...config.staticAddresses.map((address) => `   ${formatAddressSetting(address, true)}`),
    ...(config.staticRoutes.length === 0 ? [] : ["------< Static Routes >------"]),
    ...config.staticRoutes.map((route) => `   ${formatRouteSetting(route, true)}`),
    "------< VRRP Topology >------",
    ...views.flatMap(instanceLines),
    ...(config.syncGroups.length === 0 ? [] : ["------< VRRP Sync groups >------"]),
    ...groupLines(config, views),
    "------< Interfaces >------",
    ...links.flatMap(interfaceLines),
    "",
  ].join("\n");
}

function statisticsLines(name: string, counters: Counters): string[] {
  return [
    `VRRP Instance: ${name}`,
    "  Advertisements:",
    `    Received: ${counters.advertsReceived}`,
    `    Sent: ${counters.advertsSent}`,
    `  Became master: ${counters.becameMaster}`,
    `  Released master: ${counters.releasedMaster}`,
    "  Packet Errors:",
    `    Length: ${counters.packetLengthErrors}`,
    `    TTL: ${counters.ttlErrors}`,
    `    Invalid Type: ${counters.invalidTypeReceived}`,
    `    Advertisement Interval: ${counters.advertIntervalErrors}`,
    `    Address List: ${counters.addressListErrors}`,
    "  Authentication Errors:",
    `    Invalid Type: ${counters.invalidAuthType}`,
    `    Type Mismatch: ${counters.authTypeMismatch}`,
    `    Failure: ${counters.authFailure}`,
    "  Authentication Extension Errors:",
    `    Missing: ${counters.extensionMissing}`,
    `    Malformed: ${counters.extensionMalformed}`,
    `    Unknown Key: ${counters.extensionUnknownKey}`,
    `    Invalid HMAC: ${counters.extensionInvalidHmac}`,
    `    Stale: ${counters.extensionStale}`,
    `    Replay: ${counters.extensionReplay}`,
    "  Priority Zero:",
    `    Received: ${counters.priorityZeroReceived}`,
    `    Sent: ${counters.priorityZeroSent}`,
  ];
}

/** Content of keepalived.stats. */
export function formatStatistics(views: readonly InstanceView[]): string {
  return [...views.flatMap(({ machine }) => statisticsLines(machine.name, machine.counters)), ""].join("\n");
}
