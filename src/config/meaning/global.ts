/** `global_defs` and the keywords outside all blocks, as the rest of the program sees them. */
import type { globalDefs } from "../blocks/global-defs.js";
import type {
  DaemonSettings,
  FileSettings,
  GlobalConfig,
  GlobalScripts,
  MailSettings,
  ReloadSettings,
  VrrpProcessSettings,
} from "../global-model.js";
import type { Block, Table } from "../schema.js";
import { decodeBytes } from "../text.js";
import { readFirewall, readLvs, readMonitoring } from "./global-network.js";
import { readBuffers, readProcesses } from "./global-processes.js";
import { readFifos, readGlobalScripts } from "./global-scripts.js";
import { given } from "./given.js";
import type { Judge } from "./judge.js";
import type { RootBlock } from "./meaning.js";
import { Scripts } from "./scripts.js";

type Settings<T> = T extends Table<infer S> ? S : never;
export type GlobalBlock = Block<Settings<typeof globalDefs>>;

/** What scripts of any kind depend on. */
type ScriptUsers = Pick<GlobalConfig, "scriptUser" | "enableScriptSecurity">;
export type ScriptRules = ScriptUsers & Pick<GlobalScripts, "useSymlinkPaths" | "setSupplementaryGroups">;

export function readGlobal(
  root: RootBlock,
  block: GlobalBlock,
  judge: Judge,
): { global: GlobalConfig; scripts: Scripts } {
  const dynamic = block.value("dynamic_interfaces");
  judge.dynamicInterfaces = dynamic !== undefined;
  judge.routingDirectories = iprouteDirectories(block);
  const users: ScriptUsers = {
    ...given({ scriptUser: readScriptUser(block, judge) }),
    enableScriptSecurity: block.value("enable_script_security"),
  };
  const scripts = new Scripts(
    {
      ...users,
      useSymlinkPaths: block.value("use_symlink_paths"),
      setSupplementaryGroups: block.value("set_supplementary_groups"),
    },
    judge,
  );
  const global: GlobalConfig = {
    routerId: block.value("router_id") ?? judge.host.hostName,
    notificationEmail: block.value("notification_email").map((word) => decodeBytes(word.text)),
    ...given({ notificationEmailFrom: block.value("notification_email_from") }),
    smtpConnectTimeoutMicros: block.value("smtp_connect_timeout") * 1_000_000,
    multicastGroup4: block.value("vrrp_mcast_group4"),
    multicastGroup6: block.value("vrrp_mcast_group6"),
    garpIntervalMicros: block.value("vrrp_garp_interval"),
    gnaIntervalMicros: block.value("vrrp_gna_interval"),
    ...users,
    dynamicInterfaces: dynamic !== undefined,
    dynamicInterfacesMayChange: dynamic === "allow_if_changes",
    defaultInterface: block.value("default_interface"),
    daemon: readDaemon(root, block),
    mail: readMail(block, judge),
    processes: readProcesses(block),
    buffers: readBuffers(block),
    scripts: readGlobalScripts(block, scripts),
    fifos: readFifos(block, scripts, judge),
    vrrp: readVrrpProcess(block),
    lvs: readLvs(block, root.value("vrrp_instance"), judge),
    firewall: readFirewall(block),
    monitoring: readMonitoring(block),
    reload: readReload(block),
    files: readFileSettings(block),
  };
  return { global, scripts };
}

function readScriptUser(block: GlobalBlock, judge: Judge): GlobalConfig["scriptUser"] {
  const account = block.value("script_user");
  if (account === undefined) return undefined;
  const user = decodeBytes(account.user.text);
  const written = account.group === undefined ? "" : decodeBytes(account.group.text);
  const group = written.replace(/^:/, "") || undefined;
  if (judge.host.userExists?.(user, group) === false) {
    const what = group === undefined ? `user '${user}'` : `user '${user}' or group '${group}'`;
    judge.error(account.user, `there is no ${what} to run scripts; scripts that rely on it will not run`);
  }
  return { user, ...given({ group }), ...(written.startsWith(":") && { supplementaryGroups: true }) };
}

function readDaemon(root: RootBlock, block: GlobalBlock): DaemonSettings {
  const netNamespace = root.value("net_namespace");
  const instance = root.value("instance");
  const ipvs = root.value("net_namespace_ipvs");
  return {
    ...given({
      netNamespace,
      ipvsNetNamespace: ipvs === "" ? null : ipvs,
      instance,
      randomSeed: block.value("random_seed"),
    }),
    namespaceWithIpsets: root.value("namespace_with_ipsets"),
    usePidDirectory: root.value("use_pid_dir") || instance !== undefined || netNamespace !== undefined,
    childWaitMicros: root.value("child_wait_time"),
  };
}

function readMail(block: GlobalBlock, judge: Judge): MailSettings {
  const alert = block.value("smtp_alert");
  const user = block.value("smtp_user");
  return {
    servers: block.value("smtp_server"),
    tls: block.value("smtp_tls") ?? (user === undefined ? "off" : "starttls"),
    verifyCertificate: block.value("smtp_tls_verify"),
    ...given({ caFile: block.value("smtp_ca_file"), user, password: block.value("smtp_password") }),
    heloName: block.value("smtp_helo_name") || judge.host.hostName,
    ...given({
      alertVrrp: block.value("smtp_alert_vrrp") ?? alert,
      alertChecker: block.value("smtp_alert_checker") ?? alert,
    }),
    noFaultMails: block.value("no_email_faults"),
    serverChangesOnly: block.value("no_checker_emails"),
  };
}

function readVrrpProcess(block: GlobalBlock): VrrpProcessSettings {
  const vmacPrefix = block.value("vmac_prefix");
  return {
    startupDelayMicros: block.value("vrrp_startup_delay"),
    delayAfterBootMicros: block.value("vrrp_delay_after_boot"),
    logUnknownRouterIds: block.value("log_unknown_vrids"),
    disableLocalIgmp: block.value("disable_local_igmp"),
    vmacPrefix,
    vmacAddressPrefix: block.value("vmac_addr_prefix") ?? vmacPrefix,
  };
}

function readReload(block: GlobalBlock): ReloadSettings {
  return {
    ...given({
      checkLog: block.value("reload_check_config"),
      timeFile: block.value("reload_time_file"),
      markerFile: block.value("reload_file"),
    }),
    repeat: block.value("reload_repeat"),
  };
}

function readFileSettings(block: GlobalBlock): FileSettings {
  const dump = (name: "state" | "stats" | "json") =>
    block.isLast(`${name}_file_location`, `${name}_dump_file`)
      ? block.value(`${name}_file_location`)
      : block.value(`${name}_dump_file`);
  return {
    umask: block.value("umask"),
    ...given({
      saveDirectory: block.value("config_save_dir"),
      temporaryDirectory: block.value("tmp_config_directory"),
      stateDump: dump("state"),
      statisticsDump: dump("stats"),
      jsonDump: dump("json"),
    }),
    dumpsWithInstance: block.value("data_use_instance"),
    jsonVersion: block.value("json_version") === 2 ? 2 : 1,
    iprouteDirectories: iprouteDirectories(block),
  };
}

function iprouteDirectories(block: GlobalBlock): string[] {
  return [
    block.value("iproute_etc_dir") ?? "/etc/iproute2",
    block.value("iproute_usr_dir") ?? "/usr/share/iproute2",
  ];
}
