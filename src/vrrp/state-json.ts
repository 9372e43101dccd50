/**
 * The text of keepalived.json (signal JSON, management reference section 3): upstream's keys in upstream's order, on
 * one line. Version 1 is an array of instances; version 2 an object that can grow. Pure.
 */
import type { ScriptSetting, TrackProcessConfig, VrrpConfig, VrrpInstanceConfig } from "../config/model.js";
import type { Counters } from "./counters.js";
import type { State } from "./events.js";
import type { InstanceView } from "./instance-dump.js";
import { formatAddressSetting, formatRouteSetting, formatRuleSetting } from "./setting-text.js";

/** A vrrp_track_process and what was found of it. */
export interface ProcessView {
  config: TrackProcessConfig;
  current: number;
  haveQuorum: boolean;
  forkDelayRunning: boolean;
  terminateDelayRunning: boolean;
}

/** A number as it is to be written. */
class Written {
  constructor(readonly text: string) {}
}

type Value = string | number | boolean | Written | readonly string[] | undefined;

const STATE_NUMBERS: Record<State, number> = { init: 0, backup: 1, master: 2, fault: 3 };
const AUTH_NUMBERS = { none: 0, pass: 1, ah: 2 } as const;

/** Members that are undefined are left out. */
function object(members: Readonly<Record<string, Value>>): string {
  const text = Object.entries(members)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `"${key}":${value instanceof Written ? value.text : JSON.stringify(value)}`);
  return `{${text.join(",")}}`;
}

/** `'/path' 'argument'`, what is run before what it is told. */
function command(script: ScriptSetting | undefined): string | undefined {
  if (script === undefined) return undefined;
  const [first = "", ...rest] = script.args;
  return [script.file ?? first, ...rest].map((word) => `'${word}'`).join(" ");
}

function list<T>(items: readonly T[], text: (item: T) => string): string[] | undefined {
  return items.length === 0 ? undefined : items.map(text);
}

function scripts({ notify }: VrrpInstanceConfig): Record<string, Value> {
  return {
    script_backup: command(notify.backup),
    script_master: command(notify.master),
    script_fault: command(notify.fault),
    script_stop: command(notify.stop),
    script_deleted: command(notify.deleted),
    script: command(notify.any),
    script_master_rx_lower_pri: command(notify.masterReceivesLowerPriority),
  };
}

function holdings({ machine }: InstanceView): Record<string, Value> {
  const { addresses, excludedAddresses, routes, rules } = machine.settings;
  const set = machine.holdsAddresses;
  return {
    vips: list(addresses, (address) => formatAddressSetting(address, set)),
    evips: list(excludedAddresses, (address) => formatAddressSetting(address, set)),
    vroutes: list(routes, (route) => formatRouteSetting(route, false)),
    vrules: list(rules, formatRuleSetting),
  };
}

function announcements({ announce, lowerPrioNoAdvert, higherPrioSendAdvert }: VrrpInstanceConfig) {
  return {
    garp_delay: announce.masterDelayMicros / 1e6,
    garp_refresh: announce.masterRefreshMicros / 1e6,
    garp_rep: announce.masterRepeat,
    garp_refresh_rep: announce.masterRefreshRepeat,
    garp_lower_prio_delay: announce.lowerPrioDelayMicros / 1e6,
    garp_lower_prio_rep: announce.lowerPrioRepeat,
    lower_prio_no_advert: Number(lowerPrioNoAdvert),
    higher_prio_send_advert: Number(higherPrioSendAdvert),
  };
}

/** The state that it would have without its sync group. */
function wanted({ machine }: InstanceView): State {
  if (machine.state === "fault" || machine.state === "init") return machine.state;
  return machine.wantsMaster ? "master" : "backup";
}

function dataOf(view: InstanceView, commands: ReadonlyMap<string, string>): string {
  const { machine, lastTransitionMillis } = view;
  const settings = machine.settings;
  const { auth } = settings;
  return object({
    iname: settings.name,
    dont_track_primary: Number(!settings.trackPrimary),
    skip_check_adv_addr: Number(settings.skipCheckAdvertAddresses),
    strict_mode: Number(settings.strict),
    vmac_ifname: settings.ownLink ?? "",
    ifp_ifname: settings.ownLink ?? settings.interface,
    master_priority: machine.masterPriority,
    last_transition: new Written((lastTransitionMillis / 1000).toFixed(6)),
    ...announcements(settings),
    vrid: settings.virtualRouterId,
    base_priority: settings.priority,
    effective_priority: machine.effectivePriority,
    vipset: machine.holdsAddresses,
    promote_secondaries: settings.promoteSecondaries,
    adver_int: settings.advertIntervalMicros / 1e6,
    master_adver_int: machine.masterIntervalMicros / 1e6,
    accept: Number(settings.accept),
    nopreempt: !settings.preempt,
    preempt_delay: Math.floor(settings.preemptDelayMicros / 1e6),
    state: STATE_NUMBERS[machine.state],
    wantstate: STATE_NUMBERS[wanted(view)],
    version: settings.version,
    smtp_alert: settings.smtpAlert,
    notify_deleted: settings.notifyDeleted,
    ...scripts(settings),
    ...holdings(view),
    track_ifp: list(settings.trackInterfaces, ({ name }) => name),
    track_script: list(settings.trackScripts, ({ name }) => commands.get(name) ?? name),
    track_process: list(settings.trackProcesses, ({ name }) => name),
    auth_type: AUTH_NUMBERS[auth.type],
    auth_data: auth.type === "none" ? undefined : "********",
  });
}

function statisticsOf(counters: Counters): string {
  return object({
    advert_rcvd: counters.advertsReceived,
    advert_sent: counters.advertsSent,
    become_master: counters.becameMaster,
    release_master: counters.releasedMaster,
    packet_len_err: counters.packetLengthErrors,
    advert_interval_err: counters.advertIntervalErrors,
    ip_ttl_err: counters.ttlErrors,
    invalid_type_rcvd: counters.invalidTypeReceived,
    addr_list_err: counters.addressListErrors,
    invalid_authtype: counters.invalidAuthType,
    authtype_mismatch: counters.authTypeMismatch,
    auth_failure: counters.authFailure,
    auth_ext_missing: counters.extensionMissing,
    auth_ext_malformed: counters.extensionMalformed,
    auth_ext_unknown_key: counters.extensionUnknownKey,
    auth_ext_invalid_hmac: counters.extensionInvalidHmac,
    auth_ext_stale: counters.extensionStale,
    auth_ext_replay: counters.extensionReplay,
    pri_zero_rcvd: counters.priorityZeroReceived,
    pri_zero_sent: counters.priorityZeroSent,
  });
}

const MATCH_WORDS = { any: "none", exact: "exact", partial: "partial", initial: "initial" } as const;

function processOf({ config, ...found }: ProcessView): string {
  return object({
    process: config.process,
    parameters: config.parameters.length === 0 ? undefined : config.parameters.join(" "),
    param_match: MATCH_WORDS[config.parameterMatch],
    min_processes: config.quorum,
    max_processes: config.quorumMax,
    current_processes: found.current,
    have_quorum: found.haveQuorum,
    weight: config.reverse ? -config.weight : config.weight,
    terminate_delay: config.terminateDelayMicros / 1e6,
    fork_delay: config.forkDelayMicros / 1e6,
    fork_delay_timer_running: found.forkDelayRunning,
    terminate_delay_timer_running: found.terminateDelayRunning,
    full_command: config.fullCommand,
  });
}

/** Content of keepalived.json in the version that the configuration asks for. */
export function formatJson(
  config: VrrpConfig,
  views: readonly InstanceView[],
  processes: readonly ProcessView[],
): string {
  const commands = new Map(config.scripts.map((script) => [script.name, command(script.command) ?? ""]));
  const instances = views.map(
    (view) => `{"data":${dataOf(view, commands)},"stats":${statisticsOf(view.machine.counters)}}`,
  );
  const vrrp = `[${instances.join(",")}]`;
  if (config.global.files.jsonVersion === 1) return `${vrrp}\n`;
  const tracked = processes.length === 0 ? "" : `,"track_process":[${processes.map(processOf).join(",")}]`;
  return `{"vrrp":${vrrp}${tracked}}\n`;
}
