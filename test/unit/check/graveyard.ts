/** One virtual server whose real servers are TCP_CHECKed, and the list of those that are dead. */
import type { CheckConfig } from "../../../src/config/check-model.js";
import type { CheckResult } from "../../../src/check/checkers/checker.js";
import { read } from "../config/fake-files.js";
import { FAIL, Farm, PASS } from "./farm.js";

export interface ServerText {
  weight?: number;
  checks?: number;
  more?: string;
}

/** A service at 10.0.0.1:80 with servers 10.1.0.1, 10.1.0.2 ... each with TCP_CHECKs at its own ports. */
export function text(servers: readonly ServerText[], more = "", global = ""): string {
  const blocks = servers.map(({ weight = 1, checks = 1, more: lines = "" }, i) => {
    const checkers = Array.from(
      { length: checks },
      (_, n) => ` TCP_CHECK {\n connect_port ${8000 + n}\n }\n`,
    );
    return `real_server 10.1.0.${i + 1} 80 {\n weight ${weight}\n ${lines}\n${checkers.join("")}}\n`;
  });
  const head =
    "delay_loop 1\n retry 1\n delay_before_retry 1\n warmup 0\n lvs_sched rr\n lvs_method NAT\n protocol TCP\n";
  return `global_defs {\n router_id R\n ${global}\n}\nvirtual_server 10.0.0.1 80 {\n${head} ${more}\n${blocks.join("")}}\n`;
}

export function config(source: string): CheckConfig {
  return JSON.parse(JSON.stringify(read(source).config.check)) as CheckConfig;
}

/** Servers that are dead by their last number, or by number and port. */
export class Graveyard {
  readonly dead = new Set<string>();

  find(address: string, port: number): CheckResult {
    return this.dead.has(address) || this.dead.has(`${address}:${port}`) ? FAIL : PASS;
  }
}

export function farm(source: string, graveyard = new Graveyard()): { farm: Farm; graveyard: Graveyard } {
  const made = new Farm(config(source), ({ config: checker, server }) =>
    "target" in checker ? graveyard.find(server.config.address, checker.target.port ?? 0) : PASS,
  );
  return { farm: made, graveyard };
}

export function weights(made: Farm): Record<string, number> {
  const [service] = made.services();
  return Object.fromEntries((service?.destinations ?? []).map(({ address, weight }) => [address, weight]));
}
