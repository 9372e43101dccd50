/** Short ways to a virtual server with its real servers, and to what the configuration then says of them. */
import assert from "node:assert/strict";
import type {
  CheckerConfig,
  RealServerConfig,
  VirtualServerConfig,
} from "../../../src/config/check-model.js";
import { good, read } from "./fake-files.js";

/** What scripts need so that nothing is said about them. */
export const SECURITY = "global_defs {\n enable_script_security\n script_user root\n}\n";

/** A virtual server with everything that must be there; `real` stands in its only real server. */
export function virtualServer(lines = "", real = "", head = "10.0.0.1 80"): string {
  return `virtual_server ${head} {
 lvs_sched rr
 lvs_method NAT
${head.startsWith("fwmark") ? "" : " protocol TCP\n"}${lines}
 real_server 192.168.0.1 8080 {
${real}
 }
}
`;
}

export function only(text: string): VirtualServerConfig {
  const { virtualServers } = good(text).check;
  assert.equal(virtualServers.length, 1);
  return virtualServers[0] as VirtualServerConfig;
}

/** The only virtual server although something was said. */
export function repaired(text: string): VirtualServerConfig {
  const { virtualServers } = read(text).config.check;
  return virtualServers[0] as VirtualServerConfig;
}

export function firstServer(server: VirtualServerConfig): RealServerConfig {
  return server.realServers[0] as RealServerConfig;
}

type OfKind<C, K> = C extends { kind: infer L } ? (K extends L ? C : never) : never;

/** The only checker of the only real server of a text. */
export function checker<K extends CheckerConfig["kind"]>(kind: K, text: string): OfKind<CheckerConfig, K> {
  const [found] = firstServer(only(text)).checkers;
  assert.equal(found?.kind, kind);
  return found as OfKind<CheckerConfig, K>;
}
