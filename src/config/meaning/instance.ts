/** One `vrrp_instance`: defaults, repairs and the conditions that refuse a start (config-language reference, 6). */
import type { PeerEntry } from "../blocks/tracking.js";
import type { vrrpInstance } from "../blocks/vrrp-instance.js";
import type { AuthSetting, GlobalConfig, UnicastPeer, VrrpInstanceConfig, VrrpVersion } from "../model.js";
import { positionOf } from "../read-tree.js";
import type { Block, Table } from "../schema.js";
import { decodeBytes, type Word } from "../text.js";
import { isLinkLocal, isMulticast } from "../values/address.js";
import { finishAddresses, finishRoute } from "./addresses.js";
import { readAnnounce } from "./announce.js";
import { type FamilyAddresses, settleFamily } from "./family.js";
import type { GlobalBlock } from "./global.js";
import type { Judge } from "./judge.js";
import { readPreemption, readStateAndPriority } from "./priority.js";
import type { Scripts } from "./scripts.js";
import { limitAddresses, readTrackedInterfaces } from "./limits.js";

type Settings<T> = T extends Table<infer S> ? S : never;
export type InstanceBlock = Block<Settings<typeof vrrpInstance>>;

/** What the instances share. */
export interface InstanceContext {
  global: GlobalConfig;
  globalBlock: GlobalBlock;
  scripts: Scripts;
  judge: Judge;
}

const DEFAULT_DOWN_TIMER = 3;

/** Undefined when the instance cannot exist at all. */
export function readInstance(
  block: InstanceBlock,
  name: Word,
  context: InstanceContext,
): VrrpInstanceConfig | undefined {
  const { judge, globalBlock, global } = context;
  const strict = block.value("strict_mode") ?? globalBlock.value("vrrp_strict");
  const addressing = settleFamily(block, judge);
  const { family } = addressing;
  const version = readVersion(block, globalBlock, addressing, strict, judge);
  const virtualRouterId = block.value("virtual_router_id");
  if (virtualRouterId === undefined)
    judge.refuse(name, `the instance '${decodeBytes(name.text)}' needs 'virtual_router_id <1-255>'`);
  const network = readNetwork(block, addressing, strict, global, judge);
  if (addressing.addresses.length === 0) complainAboutNoAddress(block, name, version, strict, judge);
  if (virtualRouterId === undefined) return undefined;

  const { priority, initialState } = readStateAndPriority(block, strict, judge);
  const device = network.interface ?? global.defaultInterface;
  const seen = new Map<string, Word>();
  const addresses = finishAddresses(addressing.addresses, device, seen, judge);
  const excludedAddresses = finishAddresses(block.value("virtual_ipaddress_excluded"), device, seen, judge);
  limitAddresses(
    addresses,
    excludedAddresses,
    { family, version, interface: network.interface, at: block.where("virtual_ipaddress") },
    judge,
  );
  const { preempt, preemptDelayMicros } = readPreemption(block, { priority, initialState, strict }, judge);
  const instance: VrrpInstanceConfig = {
    name: decodeBytes(name.text),
    initialState,
    family,
    virtualRouterId,
    priority,
    advertIntervalMicros: readAdvertInterval(block, version, judge),
    version,
    multicastGroup: network.multicastGroup,
    unicastPeers: network.unicastPeers,
    auth: readAuthentication(block, version, strict, judge),
    addresses,
    excludedAddresses,
    routes: block.value("virtual_routes").map((entry) => finishRoute(entry, judge)),
    preempt,
    preemptDelayMicros,
    strict,
    skipCheckAdvertAddresses:
      block.value("skip_check_adv_addr") ?? globalBlock.value("vrrp_skip_check_adv_addr"),
    trackPrimary: !block.value("dont_track_primary"),
    trackInterfaces: readTrackedInterfaces(
      block.value("track_interface"),
      { own: network.interface, owner: priority === 255 },
      judge,
    ),
    downTimerAdverts: readDownTimer(block, globalBlock, strict, judge),
    announce: readAnnounce(block, globalBlock, strict, judge),
    lowerPrioNoAdvert:
      strict || (block.value("lower_prio_no_advert") ?? globalBlock.value("vrrp_lower_prio_no_advert")),
    higherPrioSendAdvert:
      !strict &&
      (block.value("higher_prio_send_advert") ?? globalBlock.value("vrrp_higher_prio_send_advert")),
    debug: block.value("debug"),
    notify: context.scripts.notify((key) => block.value(key)),
    position: positionOf(name),
  };
  if (network.interface !== undefined) instance.interface = network.interface;
  if (network.sourceAddress !== undefined) instance.sourceAddress = network.sourceAddress;
  if (network.unicastTtl !== undefined) instance.unicastTtl = network.unicastTtl;
  return instance;
}

/** Version 2 with IPv6 is left alone when it comes first, as in upstream. */
function readVersion(
  block: InstanceBlock,
  global: GlobalBlock,
  addressing: FamilyAddresses,
  strict: boolean,
  judge: Judge,
): VrrpVersion {
  const { family, decidedBy } = addressing;
  const given = block.value("version");
  if (given !== 2 && given !== 3) return family === 6 || global.value("vrrp_version") === 3 ? 3 : 2;
  if (given === 3 || family === 4) return given;
  const at = block.where("version");
  const late = at !== undefined && decidedBy !== undefined && decidedBy.order < at.order;
  if (!strict && !late) return 2;
  judge.repair(
    at,
    `${strict ? "strict mode does not allow version 2 with IPv6" : "an IPv6 instance uses version 3"}; version 3 is used`,
  );
  return 3;
}

/** How the instance reaches its peers. */
interface Network {
  interface: string | undefined;
  multicastGroup: string;
  sourceAddress: string | undefined;
  unicastPeers: UnicastPeer[];
  unicastTtl: number | undefined;
}

function readNetwork(
  block: InstanceBlock,
  addressing: FamilyAddresses,
  strict: boolean,
  global: GlobalConfig,
  judge: Judge,
): Network {
  const { family, peers, source, destination } = addressing;
  const unicast = peers.length > 0;
  const interfaceName = block.value("interface");
  const unicastWords = block.has("unicast_peer") || block.has("unicast_src_ip");
  const at = block.args[0];
  if (block.has("interface")) {
    const word = block.where("interface");
    if (interfaceName === "lo") judge.refuse(word, "an instance cannot live on the loopback interface");
    else if (word) judge.needInterface(word);
  } else if (!unicastWords) {
    judge.refuse(at, "the instance needs 'interface INTERFACE'");
  } else if (source === undefined || isLinkLocal(source.value)) {
    judge.refuse(
      at,
      "an instance without interface needs 'unicast_src_ip' with an address that is not link-local",
    );
  }
  if (unicastWords && !unicast) {
    const message = "there are no unicast peers; multicast is used";
    judge.diagnostics.report(
      "deprecated",
      block.where(block.has("unicast_peer") ? "unicast_peer" : "unicast_src_ip"),
      message,
    );
  }
  if (unicast && strict && interfaceName !== undefined) {
    judge.refuse(
      block.where("unicast_peer"),
      "strict mode does not allow unicast peers on an interface that can do multicast",
    );
  }
  const ttl = block.value("unicast_ttl");
  if (ttl !== undefined && !unicast)
    judge.repair(block.where("unicast_ttl"), "'unicast_ttl' without unicast peers has no effect");
  let multicastGroup = family === 4 ? global.multicastGroup4 : global.multicastGroup6;
  if (destination !== undefined) {
    if (isMulticast(destination.value)) multicastGroup = destination.value.text;
    else judge.error(destination.at, `'mcast_dst_ip' must be a multicast address; ${multicastGroup} is used`);
  }
  return {
    interface: interfaceName,
    multicastGroup,
    sourceAddress: source?.value.text,
    unicastPeers: finishPeers(peers, judge),
    unicastTtl: unicast ? ttl : undefined,
  };
}

function finishPeers(entries: readonly PeerEntry[], judge: Judge): UnicastPeer[] {
  const peers: UnicastPeer[] = [];
  for (const { text, minTtl, maxTtl, at } of entries) {
    if (peers.some((known) => known.address === text)) {
      judge.error(at, `the peer ${text} is given twice; this one is ignored`);
      continue;
    }
    const peer: UnicastPeer = { address: text };
    if (minTtl !== undefined) peer.minTtl = minTtl;
    if (maxTtl !== undefined) peer.maxTtl = maxTtl;
    peers.push(peer);
  }
  return peers;
}

function complainAboutNoAddress(
  block: InstanceBlock,
  name: Word,
  version: VrrpVersion,
  strict: boolean,
  judge: Judge,
): void {
  const meant = block.value("no_virtual_ipaddress");
  if (strict) judge.refuse(name, "strict mode needs at least one address in 'virtual_ipaddress'");
  else if (meant) return;
  else if (version === 3)
    judge.refuse(
      name,
      "version 3 needs at least one address in 'virtual_ipaddress' (or 'no_virtual_ipaddress')",
    );
  else judge.repair(name, "the instance has no address in 'virtual_ipaddress'");
}

/** Version 2 counts whole seconds, version 3 centiseconds up to 40.95 s (VRRP reference, 1). */
function readAdvertInterval(block: InstanceBlock, version: VrrpVersion, judge: Judge): number {
  const given = block.value("advert_int");
  const unit = version === 2 ? 1_000_000 : 10_000;
  const most = version === 2 ? 255 : 4095;
  const used = Math.min(most, Math.max(1, Math.floor(given / unit + 0.5))) * unit;
  if (used !== given) {
    const rule =
      version === 2 ? "version 2 needs whole seconds" : "version 3 needs hundredths of a second up to 40.95";
    judge.repair(block.where("advert_int"), `${rule}; ${used / 1e6} is used`);
  }
  return used;
}

/** Only version 2 has authentication, and strict mode not even there. */
function readAuthentication(
  block: InstanceBlock,
  version: VrrpVersion,
  strict: boolean,
  judge: Judge,
): AuthSetting {
  const none: AuthSetting = { type: "none" };
  const auth = block.value("authentication")[0];
  const type = auth?.value("auth_type");
  if (auth === undefined) return none;
  if (strict || version === 3) {
    const reason = strict ? "strict mode does not allow authentication" : "version 3 has no authentication";
    judge.repair(auth.head, `${reason}; the block is ignored`);
    return none;
  }
  const password = auth.value("auth_pass");
  if (type === undefined) {
    if (password !== undefined)
      judge.mention(
        auth.where("auth_pass"),
        "'auth_pass' without 'auth_type' has no effect; write 'auth_type PASS'",
      );
    return none;
  }
  if (password === undefined || password === "") {
    judge.error(
      auth.where("auth_type"),
      `'auth_type ${type}' without 'auth_pass': there is no authentication`,
    );
    return none;
  }
  const bytes = Buffer.from(auth.setting("auth_pass")?.at.text ?? "", "latin1");
  if (bytes.length > 8) {
    judge.repair(auth.where("auth_pass"), `'auth_pass' has ${bytes.length} bytes; only the first 8 are used`);
  }
  if (type === "AH") return none;
  return { type: "pass", password: bytes.subarray(0, 8).toString("latin1") };
}

function readDownTimer(block: InstanceBlock, global: GlobalBlock, strict: boolean, judge: Judge): number {
  const adverts = block.value("down_timer_adverts") ?? global.value("vrrp_down_timer_adverts");
  if (!strict || adverts === DEFAULT_DOWN_TIMER) return adverts;
  judge.repair(
    block.where("down_timer_adverts"),
    `strict mode needs 'down_timer_adverts ${DEFAULT_DOWN_TIMER}', which is used`,
  );
  return DEFAULT_DOWN_TIMER;
}
