/**
 * Entry of the vrrp process: its name and its scheduling class. What VRRP is lives in runtime.ts and below; what all
 * children have in common is in platform/child-entry.ts.
 */
import type { VrrpConfig } from "../config/model.js";
import { runChild } from "../platform/child-entry.js";
import { VrrpRuntime } from "./runtime.js";

runChild<VrrpConfig>({
  role: "vrrp",
  process: "vrrp",
  name: "keepalived_vrrp",
  // The lowest: enough to run before everything that is not real-time, which keeps adverts punctual on a busy host.
  realtimePriority: 1,
  create: (slice, parts) => new VrrpRuntime(slice, parts),
});
