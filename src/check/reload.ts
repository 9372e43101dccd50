/**
 * What a virtual server keeps over a reload (check-ipvs reference, 7.3): quorum, sorry server, real servers that stay
 * with their state, and their checkers as far as they are the same. Pure.
 */
import type { CheckerConfig } from "../config/check-model.js";
import type { SorryServer } from "../config/check-model.js";
import { type Checker, identityOf, sameDefinition } from "./checker-state.js";
import type { CheckEffect } from "./events.js";
import { type NamedService, serverName } from "./names.js";
import { RealServer } from "./real-server.js";
import type { Micros } from "./schedule.js";
import { VirtualServer } from "./virtual-server.js";
import { REMOVING } from "./wording.js";

interface ReloadContext {
  now: Micros;
  newChecker(config: CheckerConfig, server: RealServer): Checker | undefined;
  discard(checker: Checker): void;
}

/** The service of the new configuration, with what it takes from the old one of the same identity. */
export function inheritService(
  named: NamedService,
  old: VirtualServer,
  context: ReloadContext,
  out: CheckEffect[],
): VirtualServer {
  const { config } = named;
  const before = new Map(old.servers.map((server) => [server.key, server]));
  const servers = config.realServers.map((server) => new RealServer(server, serverName(server, config)));
  const service = new VirtualServer(named, servers);
  service.quorumUp = old.quorumUp;
  service.addressCount = old.addressCount;
  service.sorryServing = old.sorryServing && isSameSorryServer(config.sorryServer, old.config.sorryServer);
  const kept = new Set(servers.map(({ key }) => key));
  for (const server of old.servers) {
    if (kept.has(server.key)) continue;
    old.removeServer(server, REMOVING, out);
    for (const checker of server.checkers) context.discard(checker);
  }
  for (const server of servers) inheritServer(server, before.get(server.key), context, out);
  for (const server of servers) if (server.failedCheckers === 0) service.setAlive(server, true, out);
  return service;
}

function isSameSorryServer(a: SorryServer | undefined, b: SorryServer | undefined): boolean {
  return a !== undefined && b !== undefined && a.address === b.address && a.port === b.port;
}

function inheritServer(
  server: RealServer,
  old: RealServer | undefined,
  context: ReloadContext,
  out: CheckEffect[],
): void {
  server.checkers = inheritCheckers(server, old?.checkers ?? [], context, out);
  if (old === undefined) return server.countInitially();
  server.alive = old.alive;
  const heldBack = server.checkers.some((checker) => !checker.schedule.up && old.checkers.includes(checker));
  // Where nobody holds it back, new checkers with alpha begin with it as it is.
  if (!heldBack) for (const { schedule } of server.checkers) schedule.up = true;
  server.failedCheckers = server.checkers.filter(({ schedule }) => !schedule.up).length;
}

/** The checkers of a server: old ones where the identity is the same, the others new. */
function inheritCheckers(
  server: RealServer,
  old: readonly Checker[],
  context: ReloadContext,
  out: CheckEffect[],
): Checker[] {
  const configs = server.config.checkers;
  if (old.length === configs.length && old.every(({ config }, i) => sameDefinition(config, configs[i]))) {
    old.forEach((checker, i) => adoptChecker(checker, configs[i] ?? checker.config, server, context, out));
    return [...old];
  }
  return matchCheckers(server, old, context, out);
}

/** The checker with its new definition; its timer is set anew when a shorter interval moves its turn. */
function adoptChecker(
  checker: Checker,
  config: CheckerConfig,
  server: RealServer,
  { now }: ReloadContext,
  out: CheckEffect[],
): void {
  const { nextAt } = checker.schedule;
  checker.adopt(config, server, now);
  if (checker.schedule.nextAt !== nextAt) out.push({ kind: "arm", checker });
}

function matchCheckers(
  server: RealServer,
  old: readonly Checker[],
  context: ReloadContext,
  out: CheckEffect[],
): Checker[] {
  const available = new Map<string, Checker[]>();
  for (const checker of old) {
    const identity = identityOf(checker.config);
    const same = available.get(identity);
    if (same === undefined) available.set(identity, [checker]);
    else same.push(checker);
  }
  const checkers: Checker[] = [];
  for (const config of server.config.checkers) {
    const known = available.get(identityOf(config))?.shift();
    const checker = known ?? context.newChecker(config, server);
    if (checker === undefined) continue;
    checkers.push(checker);
    const changed = known === undefined || !sameDefinition(known.config, config);
    if (known !== undefined) adoptChecker(known, config, server, context, out);
    if (changed) out.push({ kind: "prepare", checker });
  }
  for (const rest of available.values()) for (const checker of rest) context.discard(checker);
  return checkers;
}
