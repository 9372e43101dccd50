/** Where a long block is divided in the reference: its keywords are declared by subject, in groups with a title. */
import { fileRows } from "../blocks/global-defs-files.js";
import { firewallRows } from "../blocks/global-defs-firewall.js";
import { lvsRows } from "../blocks/global-defs-lvs.js";
import { mailRows } from "../blocks/global-defs-mail.js";
import { monitoringRows } from "../blocks/global-defs-monitoring.js";
import { processRows } from "../blocks/global-defs-processes.js";
import { scriptRows } from "../blocks/global-defs-scripts.js";
import { vrrpRows } from "../blocks/global-defs-vrrp.js";
import { electionRows } from "../blocks/vrrp-instance-election.js";
import { networkRows } from "../blocks/vrrp-instance-network.js";
import { notifyRows } from "../blocks/vrrp-instance-notify.js";

type Groups = readonly (readonly [title: string, rows: object])[];

const GROUPS: Readonly<Record<string, Groups>> = {
  global_defs: [
    ["Alert mails", mailRows],
    ["VRRP: defaults of all instances", vrrpRows],
    ["Scripts and pipes for notifications", scriptRows],
    ["Processes and their resources", processRows],
    ["IPVS", lvsRows],
    ["Firewall", firewallRows],
    ["SNMP, D-Bus and statistics", monitoringRows],
    ["Files, includes and reload", fileRows],
  ],
  vrrp_instance: [
    ["Election", electionRows],
    ["Network", networkRows],
    ["Tracking and notifications", notifyRows],
  ],
};

/** The title of the group that begins with a keyword. */
export function headingAt(path: string, keyword: string): string | undefined {
  const groups = Object.hasOwn(GROUPS, path) ? GROUPS[path] : undefined;
  return groups?.find(([, rows]) => Object.keys(rows)[0] === keyword)?.[0];
}
