/**
 * Entry of the check process: its name and its parts. What it does lives in runtime.ts and below; what all children have
 * in common is in platform/child-entry.ts.
 */
import type { CheckConfig } from "../config/check-model.js";
import { runChild } from "../platform/child-entry.js";
import { NoIpvs } from "./effects/no-ipvs.js";
import { CheckRuntime } from "./runtime.js";

runChild<CheckConfig>({
  processName: "keepalived_lvs",
  create: (slice, parts) =>
    new CheckRuntime(slice, { ...parts, ipvs: () => new NoIpvs(), offset: Math.random() }),
});
