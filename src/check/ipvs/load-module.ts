/** Loads the module of IPVS with the program that the kernel itself would call. */
import { readFile } from "node:fs/promises";
import type { Addon } from "../../native/addon.js";
import type { Log } from "../../platform/child-log.js";

const MODULE = "ip_vs";
const USUAL_PROGRAM = "/sbin/modprobe";
const LIMIT_MILLIS = 10_000;
const SIGKILL = 9;

/** Resolves when modprobe has ended, whatever came of it: whether there is IPVS now has to be asked for. */
export async function loadIpvsModule(addon: Addon, log: Log): Promise<void> {
  const file = await modprobePath();
  await new Promise<void>((resolve) => {
    try {
      const options = { file, args: ["modprobe", "-q", MODULE], env: ["PATH=/sbin:/usr/sbin:/bin:/usr/bin"] };
      const child = addon.spawn({ ...options, normalScheduling: true }, (status) => {
        clearTimeout(limit);
        log.detail(`modprobe ${MODULE} ended with status ${status}`);
        resolve();
      });
      const limit = setTimeout(() => child.kill(SIGKILL, false), LIMIT_MILLIS);
    } catch (error) {
      log.detail(`Cannot run ${file}: ${error instanceof Error ? error.message : String(error)}`);
      resolve();
    }
  });
}

async function modprobePath(): Promise<string> {
  try {
    return (await readFile("/proc/sys/kernel/modprobe", "utf8")).trim() || USUAL_PROGRAM;
  } catch {
    return USUAL_PROGRAM;
  }
}
