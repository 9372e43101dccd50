/** A daemon with virtual servers beside the hosts that it checks: what the labs of the check process begin with. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import type { Lab } from "../harness/lab.js";
import type { Host } from "../harness/network.js";
import type { Program } from "../harness/program.js";
import { Recorder } from "../notify/recorder.js";

export interface Scene {
  lab: Lab;
  balancer: Host;
  farm: Host;
  recorder: Recorder;
}

export async function scene(lab: Lab): Promise<Scene> {
  const balancer = await lab.addHost("balancer", { addresses: ["10.91.0.1/24", "10.91.0.2/24"] });
  const farm = await lab.addHost("farm", { addresses: ["10.91.0.11/24", "10.91.0.12/24", "10.91.0.13/24"] });
  return { lab, balancer, farm, recorder: new Recorder(lab, balancer) };
}

export const CHECK = "connect_timeout 1\n retry 0\n delay_loop 0.5\n warmup 0";

export function realServer(last: number, more = "", check = CHECK): string {
  return `real_server 10.91.0.${last} 80 {\n ${more}\n TCP_CHECK {\n ${check}\n }\n}\n`;
}

export function configuration({ recorder }: Scene, servers: string, more = "", global = ""): string {
  const scripts = `quorum_up "${recorder.script} quorum up"\n quorum_down "${recorder.script} quorum down"`;
  return `global_defs {\n router_id R\n script_user root\n ${global}\n}\nvirtual_server 10.91.9.1 80 {\n lvs_sched rr\n lvs_method DR\n protocol TCP\n ${scripts}\n ${more}\n${servers}}\n`;
}

export function start({ lab, balancer }: Scene, text: string): Program {
  return lab.startRouter(balancer, "ours", text);
}

export async function reload({ lab, balancer }: Scene, daemon: Program, text: string): Promise<void> {
  const from = daemon.output.all.length;
  writeFileSync(lab.configurationOf(balancer), text);
  daemon.kill("SIGHUP");
  await lab.waitFor(() => daemon.output.find(/Reload complete/, from), 5_000, "the reload");
}

export function checkProcess(daemon: Program): number {
  const found = daemon.processes().find(({ command }) => command.includes("keepalived_check.js"));
  assert.ok(found !== undefined, "there is no check process");
  return found.pid;
}
