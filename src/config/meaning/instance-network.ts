/** How an instance reaches its peers: interface, multicast or unicast, and what refuses a start. */
import type { PeerEntry } from "../blocks/tracking.js";
import type { GlobalConfig, UnicastPeer, VrrpInstanceConfig } from "../model.js";
import { isLinkLocal, isMulticast, parseIpv6 } from "../values/address.js";
import type { FamilyAddresses } from "./family.js";
import type { GlobalBlock } from "./global.js";
import { given } from "./given.js";
import type { InstanceBlock } from "./instance.js";
import type { Judge } from "./judge.js";

type Network = Pick<
  VrrpInstanceConfig,
  | "interface"
  | "multicastGroup"
  | "sourceAddress"
  | "trackSourceAddress"
  | "unicastPeers"
  | "unicastTtl"
  | "checkUnicastSource"
  | "oldUnicastChecksum"
  | "permanentFault"
>;

/** Keywords that only make sense with unicast. */
const UNICAST_WORDS = [
  "unicast_peer",
  "unicast_src_ip",
  "check_unicast_src",
  "old_unicast_checksum",
] as const;

export function readNetwork(
  block: InstanceBlock,
  addressing: FamilyAddresses,
  strict: boolean,
  { global, globalBlock }: { global: GlobalConfig; globalBlock: GlobalBlock },
  judge: Judge,
): Network {
  const { peers, source } = addressing;
  const unicast = peers.length > 0;
  const interfaceName = block.value("interface");
  const word = UNICAST_WORDS.find((keyword) => block.has(keyword));
  checkInterface(block, addressing, word !== undefined, judge);
  const faulty = word !== undefined && !unicast && noteMissingPeers(block, word, judge);
  if (unicast && strict && interfaceName !== undefined) {
    judge.refuse(
      block.where("unicast_peer"),
      "strict mode does not allow unicast peers on an interface that can do multicast",
    );
  }
  const ttl = block.value("unicast_ttl");
  if (ttl !== undefined && !unicast)
    judge.repair(block.where("unicast_ttl"), "'unicast_ttl' without unicast peers has no effect");
  const limited = peers.some((peer) => (peer.minTtl ?? peer.maxTtl) !== undefined);
  return {
    multicastGroup: readMulticastGroup(addressing, global, judge),
    trackSourceAddress: readTrackedSource(block, addressing, judge),
    unicastPeers: finishPeers(peers, judge),
    checkUnicastSource:
      limited || block.value("check_unicast_src") || globalBlock.value("vrrp_check_unicast_src"),
    oldUnicastChecksum: block.value("old_unicast_checksum") ?? "detect",
    ...given({
      interface: interfaceName,
      sourceAddress: source?.value.text,
      unicastTtl: unicast ? ttl : undefined,
      permanentFault: faulty ? "unicast without peers, and unicast_fault_no_peer" : undefined,
    }),
  };
}

function checkInterface(
  block: InstanceBlock,
  { source }: FamilyAddresses,
  unicastWords: boolean,
  judge: Judge,
): void {
  const at = block.args[0];
  if (block.has("interface")) {
    const word = block.where("interface");
    if (block.value("interface") === "lo")
      judge.refuse(word, "an instance cannot live on the loopback interface");
    else if (word) judge.needInterface(word);
  } else if (!unicastWords) {
    judge.lacks(block.wasTried("interface"), at, "the instance needs 'interface INTERFACE'");
  } else if (source === undefined || isLinkLocal(source.value)) {
    judge.refuse(
      at,
      "an instance without interface needs 'unicast_src_ip' with an address that is not link-local",
    );
  }
}

/** Whether that is a fault for good. */
function noteMissingPeers(block: InstanceBlock, word: (typeof UNICAST_WORDS)[number], judge: Judge): boolean {
  const at = block.where(word);
  if (block.value("unicast_fault_no_peer")) {
    judge.mention(at, "there are no unicast peers: with 'unicast_fault_no_peer' the instance stays in fault");
    return true;
  }
  judge.diagnostics.report("deprecated", at, "there are no unicast peers; multicast is used");
  return false;
}

export function readMulticastGroup(
  { family, destination }: FamilyAddresses,
  global: GlobalConfig,
  judge: Judge,
): string {
  const usual = family === 4 ? global.multicastGroup4 : global.multicastGroup6;
  if (destination === undefined) return usual;
  if (!isMulticast(destination.value)) {
    judge.error(destination.at, `'mcast_dst_ip' must be a multicast address; ${usual} is used`);
    return usual;
  }
  if (family === 6 && !isLinkScoped(destination.value.text)) {
    judge.error(destination.at, `'mcast_dst_ip' must be of link-local scope (ff02::...); ${usual} is used`);
    return usual;
  }
  return destination.value.text;
}

/** ff02::/16, with any flags. */
function isLinkScoped(text: string): boolean {
  return ((parseIpv6(text)?.[0] ?? 0) & 0xff0f) === 0xff02;
}

function readTrackedSource(block: InstanceBlock, { source }: FamilyAddresses, judge: Judge): boolean {
  if (!block.value("track_src_ip")) return false;
  if (source !== undefined) return true;
  judge.mention(block.where("track_src_ip"), "'track_src_ip' has no effect without 'mcast_src_ip'");
  return false;
}

function finishPeers(entries: readonly PeerEntry[], judge: Judge): UnicastPeer[] {
  const peers: UnicastPeer[] = [];
  for (const { text, minTtl, maxTtl, at } of entries) {
    if (peers.some((known) => known.address === text)) {
      judge.mention(at, `the peer ${text} is given twice; this one is ignored`);
      continue;
    }
    if ((minTtl ?? 0) > (maxTtl ?? 255))
      judge.repair(at, `min_ttl ${minTtl} is above max_ttl ${maxTtl}: nothing from the peer is accepted`);
    const peer: UnicastPeer = { address: text };
    if (minTtl !== undefined) peer.minTtl = minTtl;
    if (maxTtl !== undefined) peer.maxTtl = maxTtl;
    peers.push(peer);
  }
  return peers;
}
