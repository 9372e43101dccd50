/** Keywords of `vrrp_instance`, which are declared by subject in the files beside this one. */
import { table } from "../schema.js";
import { electionRows } from "./vrrp-instance-election.js";
import { networkRows } from "./vrrp-instance-network.js";
import { notifyRows } from "./vrrp-instance-notify.js";

export const vrrpInstance = table("vrrp_instance", { ...electionRows, ...networkRows, ...notifyRows });
