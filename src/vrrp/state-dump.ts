/**
 * The texts of the state and statistics files (signals USR1 and USR2): upstream's headings and labels, so that what
 * people grep for is where it was. Pure: everything comes in as a view.
 */
import type { VrrpConfig } from "../config/model.js";
import type { Counters } from "./counters.js";
import type { State } from "./events.js";
import { garpGroupLines, globalLines } from "./global-dump.js";
import { type InstanceView, instanceLines, scriptLines, STATE_WORDS } from "./instance-dump.js";
import { formatAddressSetting, formatRouteSetting, formatRuleSetting } from "./setting-text.js";
import { type TrackerViews, trackerSections } from "./tracker-dump.js";

/** A link as the dump shows it. */
export interface InterfaceView {
  name: string;
  index: number;
  mac: string;
  mtu: number;
  up: boolean;
  addresses: string[];
}

/** A socket for adverts, and the instances that share it. */
export interface SocketView {
  interface: string | undefined;
  family: 4 | 6;
  protocol: "VRRP" | "AH";
  /** Address that a unicast socket is bound to. */
  source: string | undefined;
  receiveBufferBytes: number;
  instances: readonly { name: string; vrid: number }[];
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
      `   Using smtp notification = ${group.smtpAlert ? "yes" : "no"}`,
      ...(group.trackingWeight ? ["   Members track with weights"] : []),
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

function socketLines(socket: SocketView): string[] {
  const { source, instances } = socket;
  return [
    ` Interface = ${socket.interface ?? "(none)"}`,
    `   Family = IPv${socket.family}`,
    `   Protocol = ${socket.protocol}`,
    `   Type = ${source === undefined ? "Multicast" : "Unicast"}`,
    ...(source === undefined ? [] : [`   Address = ${source}`]),
    `   Rx buf size = ${socket.receiveBufferBytes}`,
    "   VRRP instances",
    ...instances.map(({ name, vrid }) => `     ${name} vrid ${vrid}`),
  ];
}

/** A part of the file, with nothing at all when there is nothing to show. */
function part(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`------< ${title} >------`, ...lines];
}

/** Content of keepalived.data. */
export function formatState(
  config: VrrpConfig,
  views: readonly InstanceView[],
  links: readonly InterfaceView[],
  sockets: readonly SocketView[],
  trackers: TrackerViews,
): string {
  const { staticAddresses, staticRoutes, staticRules, trackGroups } = config;
  return [
    ...globalLines(config),
    ...garpGroupLines(config),
    ...part(
      "Static Addresses",
      staticAddresses.map((address) => `   ${formatAddressSetting(address, true)}`),
    ),
    ...part(
      "Static Routes",
      staticRoutes.map((route) => `   ${formatRouteSetting(route, true)}`),
    ),
    ...part(
      "Static Rules",
      staticRules.map((rule) => `   ${formatRuleSetting(rule)}`),
    ),
    ...part(
      "Track groups",
      trackGroups.flatMap(({ name, members }) => [
        ` Track group = ${name}`,
        ...members.map((member) => `   ${member}`),
      ]),
    ),
    "------< VRRP Topology >------",
    ...views.flatMap(instanceLines),
    ...part("VRRP Sockpool", sockets.flatMap(socketLines)),
    ...part("VRRP Sync groups", groupLines(config, views)),
    ...trackerSections(config, trackers),
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
