/**
 * Entry of the check process: its name and its parts. What it does lives in runtime.ts and below; what all children have
 * in common is in platform/child-entry.ts.
 */
import type { CheckConfig } from "../config/check-model.js";
import { ipvsNamespacePath } from "../net/ipvs-connection.js";
import { createEventLoop } from "../platform/event-loop.js";
import { runChild } from "../platform/child-entry.js";
import { KernelIpvs } from "./ipvs/kernel-ipvs.js";
import { CheckRuntime } from "./runtime.js";

runChild<CheckConfig>({
  role: "check",
  process: "checker",
  name: "keepalived_lvs",
  realtimePriority: 0,
  create: (slice, parts) => {
    const { addon, log, options } = parts;
    const { ipvsNetNamespace } = slice.global.daemon;
    return new CheckRuntime(slice, {
      ...parts,
      ipvs: (listener) =>
        new KernelIpvs(addon, createEventLoop(addon), log, listener, {
          journal: options.journalFile,
          namespace: ipvsNamespacePath(ipvsNetNamespace),
        }),
      offset: Math.random(),
    });
  },
});
