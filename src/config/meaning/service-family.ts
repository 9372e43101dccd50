/** Which family a virtual server is of: its address, its group, what it says, or its servers (check reference, 2.6). */
import type { Forwarding } from "../check-model.js";
import type { Family } from "../model.js";
import type { Word } from "../text.js";
import type { Judge } from "./judge.js";
import type { Reach, VirtualServerBlock } from "./virtual-server.js";

/** Undefined for a group of both families. */
export function settleFamily(
  block: VirtualServerBlock,
  reach: Reach,
  forwarding: Forwarding,
  judge: Judge,
): Family | undefined {
  const { service } = block;
  const families = reach.group?.families;
  if (families !== undefined && families.size > 1) {
    noteMixed(block, reach, forwarding, judge);
    return undefined;
  }
  const known = service.kind === "address" ? service.family : families?.values().next().value;
  const family = known ?? familySaid(block) ?? familyOfServers(block, forwarding);
  const own = block.setting("ip_family");
  if (own?.value !== undefined && familyOf(own.value) !== family)
    judge.error(own.at, `the virtual server is IPv${family}; 'ip_family' is ignored`);
  return family;
}

function familyOf(word: "inet" | "inet6"): Family {
  return word === "inet" ? 4 : 6;
}

/** By `ip_family` or by the shape of persistence_granularity, whichever comes first. */
function familySaid(block: VirtualServerBlock): Family | undefined {
  const own = block.value("ip_family");
  const granularity = block.value("persistence_granularity");
  const shape = granularity && ("mask" in granularity ? 4 : 6);
  if (own === undefined || shape === undefined) return own === undefined ? shape : familyOf(own);
  return block.isLast("ip_family", "persistence_granularity") ? shape : familyOf(own);
}

/** Of the first server that is not tunnelled; else the one family of all; else IPv4. */
function familyOfServers(block: VirtualServerBlock, forwarding: Forwarding): Family {
  const servers = block.value("real_server");
  const isTunnelled = (own: Forwarding | undefined) => (own ?? forwarding).method === "TUN";
  const direct = servers.find((server) => !isTunnelled(server.value("lvs_method")));
  if (direct !== undefined) return direct.service.family;
  const sorry = block.value("sorry_server");
  if (sorry !== undefined && !isTunnelled(block.value("sorry_server_lvs_method"))) return sorry.family;
  return servers.length > 0 && servers.every((server) => server.service.family === 6) ? 6 : 4;
}

/** Both families in one group work only through tunnels, and when every mark says its family. */
function noteMixed(block: VirtualServerBlock, reach: Reach, forwarding: Forwarding, judge: Judge): void {
  const at: Word | undefined = block.args[1];
  const direct = block
    .value("real_server")
    .some((server) => (server.value("lvs_method") ?? forwarding).method !== "TUN");
  if (direct)
    judge.mention(
      at,
      "the group has IPv4 and IPv6 entries: servers without tunnel serve only their own family",
    );
  if (reach.group?.hasOpenMarks === true)
    judge.mention(at, "the group has IPv4 and IPv6 entries: a firewall mark should say inet or inet6");
}
