/** The part of keepalived.data that shows one instance, under upstream's labels. Pure. */
import type { NotifyScripts, ScriptSetting, Tracked, VrrpInstanceConfig } from "../config/model.js";
import { formatAddress } from "../net/ip-address.js";
import type { State } from "./events.js";
import type { VrrpInstance } from "./instance.js";
import { formatAddressSetting, formatRouteSetting, formatRuleSetting } from "./setting-text.js";
import { SECOND } from "./timing.js";

/** An instance as the runtime knows it. */
export interface InstanceView {
  machine: VrrpInstance;
  /** Canonical text of the own source address; undefined when there is none. */
  source: string | undefined;
  /** Wall clock of the last transition in milliseconds. */
  lastTransitionMillis: number;
  /** Wall clock at which it acts next when nothing happens; undefined when it does not. */
  deadlineMillis: number | undefined;
  group: string | undefined;
  /** Whether its VMAC or ipvlan is up. */
  ownLinkUp?: boolean;
}

export const STATE_WORDS: Record<State, string> = {
  init: "INIT",
  backup: "BACKUP",
  master: "MASTER",
  fault: "FAULT",
};
const AUTHENTICATION_WORDS = { none: "none", pass: "SIMPLE_PASSWORD", ah: "IPSEC_AH" } as const;
const CHECKSUM_WORDS = { detect: "auto", always: "yes", never: "never" } as const;

function yesNo(value: boolean): string {
  return value ? "true" : "false";
}

function onOff(value: boolean): string {
  return value ? "enabled" : "disabled";
}

function seconds(micros: number): string {
  return String(micros / SECOND);
}

function moment(millis: number): string {
  return `${(millis / 1000).toFixed(6)} (${new Date(millis).toISOString()})`;
}

function interval(micros: number): string {
  return micros % SECOND === 0 ? `${micros / SECOND} sec` : `${micros / 1000} milli-sec`;
}

function scriptText({ args, file, user, group }: ScriptSetting): string {
  const [first = "", ...rest] = args;
  const words = [file ?? first, ...rest].map((word) => `'${word}'`).join(" ");
  return user === undefined ? words : `${words}, user ${user}${group === undefined ? "" : `:${group}`}`;
}

export function scriptLines(scripts: NotifyScripts): string[] {
  const rows: Array<[string, ScriptSetting | undefined]> = [
    ["Backup state transition script", scripts.backup],
    ["Master state transition script", scripts.master],
    ["Fault state transition script", scripts.fault],
    ["Stop state transition script", scripts.stop],
    ["Deleted state transition script", scripts.deleted],
    ["Generic state transition script", scripts.any],
    ["Master rx lower pri script", scripts.masterReceivesLowerPriority],
  ];
  return rows.flatMap(([label, script]) =>
    script === undefined ? [] : [`   ${label} = ${scriptText(script)}`],
  );
}

function listLines<T>(heading: string, items: readonly T[], text: (item: T) => string): string[] {
  return items.length === 0 ? [] : [`   ${heading} :`, ...items.map((item) => `     ${text(item)}`)];
}

/** What it holds while MASTER. */
function heldLines({ settings, holdsAddresses: set }: VrrpInstance): string[] {
  const { addresses, excludedAddresses, routes, rules } = settings;
  return [
    `   Virtual IP (${addresses.length}):`,
    ...addresses.map((address) => `     ${formatAddressSetting(address, set)}`),
    ...listLines("Virtual IP Excluded", excludedAddresses, (address) => formatAddressSetting(address, set)),
    ...listLines("Virtual Routes", routes, (route) => formatRouteSetting(route, set)),
    ...listLines("Virtual Rules", rules, formatRuleSetting),
  ];
}

function announceLines({ announce, extraAnnounce }: VrrpInstanceConfig): string[] {
  return [
    `   Gratuitous ARP delay = ${seconds(announce.masterDelayMicros)}`,
    `   Gratuitous ARP repeat = ${announce.masterRepeat}`,
    `   Gratuitous ARP refresh = ${seconds(announce.masterRefreshMicros)}`,
    `   Gratuitous ARP refresh repeat = ${announce.masterRefreshRepeat}`,
    `   Gratuitous ARP lower priority delay = ${seconds(announce.lowerPrioDelayMicros)}`,
    `   Gratuitous ARP lower priority repeat = ${announce.lowerPrioRepeat}`,
    ...(extraAnnounce === undefined
      ? []
      : [
          `   Gratuitous ARP on other interfaces = ${extraAnnounce.all ? "all, " : ""}${seconds(extraAnnounce.intervalMicros)}`,
        ]),
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

function flagLines(settings: VrrpInstanceConfig): string[] {
  const flags: Array<[string, boolean]> = [
    ["Using unicast", settings.unicastPeers.length > 0],
    ["Strict mode", settings.strict],
    ["Skip check advert addresses", settings.skipCheckAdvertAddresses],
    ["Owner ignores adverts", settings.ownerIgnoreAdverts],
    ["Not tracking the primary interface", !settings.trackPrimary],
    ["Tracking the source address", settings.trackSourceAddress],
    ["Checksum of version 3 as of version 2", settings.checksumAsVersion2],
  ];
  const set = flags.flatMap(([word, on]) => (on ? [`     ${word}`] : []));
  return set.length === 0 ? ["   Flags: none"] : ["   Flags:", ...set];
}

/** A BACKUP knows its master, a MASTER is it. */
function masterLines({ state, masterAddress, masterPriority }: VrrpInstance): string[] {
  if (state !== "backup") return [];
  const master = masterAddress === undefined ? "(none)" : formatAddress(masterAddress);
  return [`   Master router = ${master}`, `   Master priority = ${masterPriority}`];
}

function stateLines({ machine, group, lastTransitionMillis, deadlineMillis }: InstanceView): string[] {
  const { settings, faults } = machine;
  return [
    ` VRRP Instance = ${machine.name}`,
    `   VRRP Version = ${settings.version}`,
    ...(group === undefined ? [] : [`   Sync group = ${group}`]),
    ...(settings.family === 6 ? ["   Using Native IPv6"] : []),
    `   State = ${STATE_WORDS[machine.state]}`,
    ...masterLines(machine),
    ...flagLines(settings),
    `   Wantstate = ${machine.wantsMaster ? "MASTER" : "BACKUP"}`,
    `   Number of faults = ${faults.length}`,
    ...(faults.length === 0 ? [] : [`   Faults = ${faults.join(" ")}`]),
    ...(settings.permanentFault === undefined ? [] : [`   Permanent fault = ${settings.permanentFault}`]),
    `   Last transition = ${moment(lastTransitionMillis)}`,
    ...(deadlineMillis === undefined ? [] : [`   Read timeout = ${moment(deadlineMillis)}`]),
    `   Master down timer = ${machine.masterDownMicros} usecs`,
  ];
}

/** The interface, and the VMAC or ipvlan on it. */
function interfaceLines({ machine: { settings }, ownLinkUp = false }: InstanceView): string[] {
  const { interface: base, ownLink, vmac, ipvlan, transmitOnBase } = settings;
  const others = settings.vmacForOtherAddresses ? ["   Use VMAC for VIPs on other interfaces"] : [];
  if (ownLink === undefined) return [...others, ...(base === undefined ? [] : [`   Interface = ${base}`])];
  const kind = vmac === undefined ? `IPVLAN in mode ${ipvlan?.mode ?? "bridge"}` : "VMAC";
  const word = vmac === undefined ? "ipvlan" : "vmac";
  return [
    `   Use ${kind}, i/f name ${ownLink}, is_up = ${String(ownLinkUp)}, xmit_base = ${String(transmitOnBase)}`,
    ...others,
    `   Interface = ${ownLink}, ${word} on ${base}${transmitOnBase ? ", xmit base i/f" : ""}`,
  ];
}

function networkLines(view: InstanceView): string[] {
  const { settings } = view.machine;
  const { source } = view;
  const { vrf, unicastPeers } = settings;
  return [
    ...interfaceLines(view),
    ...(vrf === undefined ? [] : [`   VRF = ${vrf}`]),
    `   Using src_ip = ${source ?? "(none)"}${settings.sourceAddress === undefined ? "" : " (from configuration)"}`,
    ...(unicastPeers.length > 0 ? [] : [`   Multicast address ${settings.multicastGroup}`]),
  ];
}

function electionLines({ settings, totalPriority, effectivePriority }: VrrpInstance): string[] {
  const { timerExpiredBackupPriority: expired, preemptDelayMicros } = settings;
  return [
    `   Down timer adverts = ${settings.downTimerAdverts}`,
    ...(expired === undefined ? [] : [`   Timer expired backup = yes, highest other priority ${expired}`]),
    `   Send advert after receive lower priority advert = ${yesNo(!settings.lowerPrioNoAdvert)}`,
    `   Send advert after receive higher priority advert = ${yesNo(settings.higherPrioSendAdvert)}`,
    `   Virtual Router ID = ${settings.virtualRouterId}`,
    `   Priority = ${settings.priority}`,
    `   Effective priority = ${effectivePriority}`,
    `   Total priority = ${totalPriority}`,
    `   Advert interval = ${interval(settings.advertIntervalMicros)}`,
    `   Accept = ${onOff(settings.accept)}`,
    `   Preempt = ${onOff(settings.preempt)}`,
    ...(preemptDelayMicros === 0 ? [] : [`   Preempt delay = ${seconds(preemptDelayMicros)} secs`]),
    `   Promote_secondaries = ${onOff(settings.promoteSecondaries)}`,
  ];
}

function unicastLines(settings: VrrpInstanceConfig): string[] {
  const { unicastPeers, unicastTtl, checkUnicastSource, oldUnicastChecksum } = settings;
  if (unicastPeers.length === 0) return [];
  return [
    `   Unicast TTL = ${unicastTtl ?? 255}`,
    `   Check unicast src : ${checkUnicastSource ? "yes" : "no"}`,
    ...listLines(
      "Unicast Peer",
      unicastPeers,
      ({ address, minTtl, maxTtl }) => `${address} min_ttl ${minTtl ?? 0} max_ttl ${maxTtl ?? 255}`,
    ),
    `   Unicast checksum compatibility = ${CHECKSUM_WORDS[oldUnicastChecksum]}`,
  ];
}

function trackerLines(settings: VrrpInstanceConfig): string[] {
  const lists: Array<[string, readonly Tracked[]]> = [
    ["Tracked interfaces", settings.trackInterfaces],
    ["Tracked scripts", settings.trackScripts],
    ["Tracked files", settings.trackFiles],
    ["Tracked processes", settings.trackProcesses],
    ["Tracked BFDs", settings.trackBfds],
  ];
  return lists.flatMap(([heading, list]) =>
    listLines(
      heading,
      list,
      ({ name, weight, reverse }) => `${name}, weight ${weight}${reverse ? " reverse" : ""}`,
    ),
  );
}

export function instanceLines(view: InstanceView): string[] {
  const { machine } = view;
  const { settings } = machine;
  return [
    ...stateLines(view),
    ...networkLines(view),
    ...announceLines(settings),
    ...electionLines(machine),
    ...authenticationLines(settings),
    ...heldLines(machine),
    ...unicastLines(settings),
    ...(settings.receiveBufferBytes === undefined
      ? []
      : [`   Kernel rx buf size = ${settings.receiveBufferBytes}`]),
    ...trackerLines(settings),
    `   Using smtp notification = ${settings.smtpAlert ? "yes" : "no"}`,
    `   Notify deleted = ${settings.notifyDeleted ? "Deleted" : "Fault"}`,
    ...scriptLines(settings.notify),
    `   Notify priority changes = ${yesNo(settings.notifyPriorityChanges)}`,
  ];
}
