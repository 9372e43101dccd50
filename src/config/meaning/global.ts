/** `global_defs` as the rest of the program sees it. */
import type { globalDefs } from "../blocks/global-defs.js";
import type { GlobalConfig } from "../model.js";
import type { Block, Table } from "../schema.js";
import { decodeBytes } from "../text.js";
import type { Judge } from "./judge.js";

type Settings<T> = T extends Table<infer S> ? S : never;
export type GlobalBlock = Block<Settings<typeof globalDefs>>;

export function readGlobal(block: GlobalBlock, judge: Judge): GlobalConfig {
  const dynamicInterfaces = block.has("dynamic_interfaces");
  judge.dynamicInterfaces = dynamicInterfaces;
  const from = block.value("notification_email_from");
  const smtpServer = block.value("smtp_server");
  const scriptUser = readScriptUser(block, judge);
  return {
    routerId: block.value("router_id") ?? judge.host.hostName,
    notificationEmail: block.value("notification_email").map((word) => decodeBytes(word.text)),
    ...(from !== undefined && { notificationEmailFrom: from }),
    ...(smtpServer && { smtpServer }),
    smtpConnectTimeoutMicros: block.value("smtp_connect_timeout") * 1_000_000,
    multicastGroup4: block.value("vrrp_mcast_group4"),
    multicastGroup6: block.value("vrrp_mcast_group6"),
    garpIntervalMicros: block.value("vrrp_garp_interval"),
    gnaIntervalMicros: block.value("vrrp_gna_interval"),
    ...(scriptUser && { scriptUser }),
    enableScriptSecurity: block.value("enable_script_security"),
    dynamicInterfaces,
    defaultInterface: block.value("default_interface"),
  };
}

function readScriptUser(block: GlobalBlock, judge: Judge): GlobalConfig["scriptUser"] {
  const account = block.value("script_user");
  if (account === undefined) return undefined;
  const user = decodeBytes(account.user.text);
  const group = account.group === undefined ? undefined : decodeBytes(account.group.text);
  if (judge.host.userExists?.(user, group) === false) {
    const what = group === undefined ? `user '${user}'` : `user '${user}' or group '${group}'`;
    judge.error(account.user, `there is no ${what} to run scripts; scripts that rely on it will not run`);
  }
  return { user, ...(group !== undefined && { group }) };
}
