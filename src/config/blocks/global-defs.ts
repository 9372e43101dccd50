/** Keywords of `global_defs`, which are declared by subject in the files beside this one. */
import { table } from "../schema.js";
import { fileRows } from "./global-defs-files.js";
import { firewallRows } from "./global-defs-firewall.js";
import { lvsRows } from "./global-defs-lvs.js";
import { mailRows } from "./global-defs-mail.js";
import { monitoringRows } from "./global-defs-monitoring.js";
import { processRows } from "./global-defs-processes.js";
import { scriptRows } from "./global-defs-scripts.js";
import { vrrpRows } from "./global-defs-vrrp.js";

export { readGarpExtra } from "./global-defs-vrrp.js";

export const globalDefs = table("global_defs", {
  ...mailRows,
  ...vrrpRows,
  ...scriptRows,
  ...processRows,
  ...lvsRows,
  ...firewallRows,
  ...monitoringRows,
  ...fileRows,
});
