/** One `vrrp_instance`: defaults, repairs and the conditions that refuse a start (config-language reference, 6). */
import type { vrrpInstance } from "../blocks/vrrp-instance.js";
import type { GlobalConfig, VrrpInstanceConfig, VrrpVersion } from "../model.js";
import { positionOf } from "../read-tree.js";
import type { Block, Table } from "../schema.js";
import { decodeBytes, type Word } from "../text.js";
import { isLinkLocal } from "../values/address.js";
import { finishAddresses, OwnAddresses } from "./addresses.js";
import { readAnnounce } from "./announce.js";
import { readAuthentication, readHmac } from "./auth.js";
import { type FamilyAddresses, settleFamily } from "./family.js";
import { given } from "./given.js";
import type { GlobalBlock } from "./global.js";
import { readLinks } from "./instance-links.js";
import { readMulticastGroup, readNetwork } from "./instance-network.js";
import {
  readAdvertInterval,
  readDownTimer,
  readExpired,
  readExtraAnnounce,
  readVersion,
} from "./instance-timing.js";
import type { Manners } from "./instance-manners.js";
import type { Judge } from "./judge.js";
import { limitAddresses } from "./limits.js";
import { readAccept, readOwnerIgnores, readPreemption, readStateAndPriority } from "./priority.js";
import { finishRoutes } from "./routes.js";
import { finishRules } from "./rules.js";
import type { Scripts } from "./scripts.js";
import type { TrackerDefinitions } from "./tracker-definitions.js";
import { dropWeightsOfOwner, type ReadTrackers, readTrackers } from "./trackers.js";

type Settings<T> = T extends Table<infer S> ? S : never;
export type InstanceBlock = Block<Settings<typeof vrrpInstance>>;

/** What the instances share. */
export interface InstanceContext {
  global: GlobalConfig;
  globalBlock: GlobalBlock;
  scripts: Scripts;
  definitions: TrackerDefinitions;
  /** Names of VMACs and ipvlans, and whose they are. */
  links: Map<string, string>;
  /** What instances that say the same have in common. */
  manners: Manners;
  judge: Judge;
}

/** An instance, with what later checks want to know of its text. */
export interface ReadInstance {
  config: VrrpInstanceConfig;
  tracked: ReadTrackers;
  /** It says itself whether it tells changes of priority. */
  tellsPriorityChanges: boolean;
  /** Equal text means the same whatever stands beside it, but for global settings and interfaces. */
  standsAlone: boolean;
  /** Absent when it was recognised and not read. */
  block?: InstanceBlock;
}

const OWNER = 255;

/** The instance as far as the rest of it depends on that. */
interface Basics {
  name: Word;
  strict: boolean;
  version: VrrpVersion;
  virtualRouterId: number;
  addressing: FamilyAddresses;
  priority: number;
  initialState: VrrpInstanceConfig["initialState"];
  network: ReturnType<typeof readNetwork>;
  advertIntervalMicros: number;
}

/** Undefined when the instance cannot exist at all. */
export function readInstance(
  block: InstanceBlock,
  name: Word,
  context: InstanceContext,
): ReadInstance | undefined {
  const { judge, manners } = context;
  const addressing = settleFamily(block, judge);
  const manner = manners.keyOf(block, addressing.family);
  const known = manner === undefined ? undefined : manners.find(manner);
  const alike = known && readAlike(block, name, addressing, known, context);
  if (alike !== undefined) return alike;
  const before = judge.diagnostics.reported;
  const instance = readAlone(block, name, addressing, context);
  if (instance !== undefined && manner !== undefined && judge.diagnostics.reported === before) {
    instance.standsAlone = !hasNames(block);
    manners.keep(manner, instance);
  }
  return instance;
}

/** An instance of a known manner: only what is its own has to be read. Undefined when it lacks something. */
function readAlike(
  block: InstanceBlock,
  name: Word,
  addressing: FamilyAddresses,
  { config: like, tracked, tellsPriorityChanges }: ReadInstance,
  { global, judge }: InstanceContext,
): ReadInstance | undefined {
  const virtualRouterId = block.value("virtual_router_id");
  if (virtualRouterId === undefined || addressing.addresses.length === 0) return undefined;
  const device = like.interface ?? global.defaultInterface;
  const own = new OwnAddresses(device);
  const addresses = finishAddresses(addressing.addresses, own, judge);
  const excludedAddresses = finishAddresses(block.value("virtual_ipaddress_excluded"), own, judge);
  const packet = {
    family: like.family,
    version: like.version,
    interface: like.interface,
    authentication: like.auth.type,
    signed: false,
    at: block.where("virtual_ipaddress"),
  };
  limitAddresses(addresses, excludedAddresses, packet, judge);
  const config: VrrpInstanceConfig = {
    ...like,
    name: decodeBytes(name.text),
    virtualRouterId,
    multicastGroup: readMulticastGroup(addressing, global, judge),
    addresses,
    excludedAddresses,
    position: positionOf(name),
  };
  return { config, tracked, tellsPriorityChanges, standsAlone: !hasNames(block), block };
}

/** Whether an address holds a name that stands in a file of the host. */
function hasNames(block: InstanceBlock): boolean {
  const lists = [block.value("virtual_ipaddress"), block.value("virtual_ipaddress_excluded")];
  return lists.some((list) => list.some(({ pending }) => pending !== undefined));
}

/** Undefined when the instance cannot exist at all. */
function readAlone(
  block: InstanceBlock,
  name: Word,
  addressing: FamilyAddresses,
  context: InstanceContext,
): ReadInstance | undefined {
  const { judge, globalBlock } = context;
  const strict = block.value("strict_mode") ?? globalBlock.value("vrrp_strict");
  const version = readVersion(block, globalBlock, addressing, strict, judge);
  const virtualRouterId = block.value("virtual_router_id");
  if (virtualRouterId === undefined)
    judge.lacks(
      block.wasTried("virtual_router_id"),
      name,
      `the instance '${decodeBytes(name.text)}' needs 'virtual_router_id <1-255>'`,
    );
  const network = readNetwork(block, addressing, strict, context, judge);
  if (addressing.addresses.length === 0) complainAboutNoAddress(block, name, version, strict, judge);
  else if (strict) checkFirstAddress(addressing, judge);
  if (virtualRouterId === undefined) return undefined;
  const state = readStateAndPriority(block, strict, judge);
  const advertIntervalMicros = readAdvertInterval(block, version, judge);
  const basics = { name, strict, version, virtualRouterId, addressing, network, advertIntervalMicros };
  return finishInstance(block, { ...basics, ...state }, context);
}

function finishInstance(block: InstanceBlock, basics: Basics, context: InstanceContext): ReadInstance {
  const { judge } = context;
  const { network, addressing, strict, priority, virtualRouterId } = basics;
  const name = decodeBytes(basics.name.text);
  const unicast = network.unicastPeers.length > 0;
  const own = network.interface;
  const facts = { name, virtualRouterId, strict, unicast, own, taken: context.links };
  const links = readLinks(block, addressing, facts, judge);
  const tracked = readTrackers((keyword) => block.value(keyword), own, context.definitions, judge);
  if (priority === OWNER) dropWeightsOfOwner(tracked, judge);
  const config: VrrpInstanceConfig = {
    name,
    initialState: basics.initialState,
    family: addressing.family,
    virtualRouterId,
    priority,
    version: basics.version,
    ...network,
    ...links,
    ...readAddressLists(block, basics, context),
    ...readProtocol(block, basics, context),
    ...tracked.trackers,
    ...readNotices(block, context),
    trackPrimary: !block.value("dont_track_primary"),
    debug: block.value("debug"),
    position: positionOf(basics.name),
  };
  if (links.ipvlan !== undefined && links.ipvlan.address === undefined && addressing.family === 4) {
    judge.repair(
      block.where("use_ipvlan"),
      "'use_ipvlan' with IPv4 needs an address: the instance stays in fault",
    );
    config.permanentFault = "use_ipvlan without address";
  }
  const tellsPriorityChanges = block.has("notify_priority_changes");
  return { config, tracked, tellsPriorityChanges, standsAlone: false, block };
}

type AddressLists = Pick<
  VrrpInstanceConfig,
  "addresses" | "excludedAddresses" | "routes" | "rules" | "auth" | "hmac"
>;

/** What a master holds; how much of it an advert can tell depends on authentication. */
function readAddressLists(
  block: InstanceBlock,
  { strict, version, addressing, network, advertIntervalMicros }: Basics,
  { global, judge }: InstanceContext,
): AddressLists {
  const { family } = addressing;
  const hmac = readHmac(block, { strict, advertIntervalMicros }, judge);
  const auth = readAuthentication(block, { version, family, strict, signed: hmac !== undefined }, judge);
  const device = network.interface ?? global.defaultInterface;
  const own = new OwnAddresses(device);
  const addresses = finishAddresses(addressing.addresses, own, judge);
  const excludedAddresses = finishAddresses(block.value("virtual_ipaddress_excluded"), own, judge);
  const packet = {
    family,
    version,
    interface: network.interface,
    authentication: auth.type,
    signed: hmac !== undefined && hmac.mode !== "receive-only",
    at: block.where("virtual_ipaddress"),
  };
  limitAddresses(addresses, excludedAddresses, packet, judge);
  return {
    addresses,
    excludedAddresses,
    routes: finishRoutes(block.value("virtual_routes"), undefined, judge),
    rules: finishRules(block.value("virtual_rules"), undefined, judge),
    auth,
    ...(hmac && { hmac }),
  };
}

type Protocol = Pick<
  VrrpInstanceConfig,
  | "advertIntervalMicros"
  | "checksumAsVersion2"
  | "accept"
  | "preempt"
  | "preemptDelayMicros"
  | "strict"
  | "skipCheckAdvertAddresses"
  | "ownerIgnoreAdverts"
  | "downTimerAdverts"
  | "timerExpiredBackupPriority"
  | "announce"
  | "extraAnnounce"
  | "lowerPrioNoAdvert"
  | "higherPrioSendAdvert"
  | "receiveBufferBytes"
>;

function readProtocol(
  block: InstanceBlock,
  basics: Basics,
  { globalBlock: global, judge }: InstanceContext,
): Protocol {
  const { strict } = basics;
  const preemption = readPreemption(block, basics, judge);
  return {
    advertIntervalMicros: basics.advertIntervalMicros,
    checksumAsVersion2: block.value("v3_checksum_as_v2") ?? global.value("v3_checksum_as_v2"),
    accept: readAccept(block, basics, judge),
    ...preemption,
    strict,
    skipCheckAdvertAddresses: block.value("skip_check_adv_addr") ?? global.value("vrrp_skip_check_adv_addr"),
    ownerIgnoreAdverts: readOwnerIgnores(block, global, basics, judge),
    downTimerAdverts: readDownTimer(block, global, strict, judge),
    announce: readAnnounce(block, global, strict, judge),
    lowerPrioNoAdvert:
      strict || (block.value("lower_prio_no_advert") ?? global.value("vrrp_lower_prio_no_advert")),
    higherPrioSendAdvert:
      !strict && (block.value("higher_prio_send_advert") ?? global.value("vrrp_higher_prio_send_advert")),
    ...given({
      timerExpiredBackupPriority: readExpired(block, preemption.preempt, judge),
      extraAnnounce: readExtraAnnounce(block, global),
      receiveBufferBytes: block.value("kernel_rx_buf_size"),
    }),
  };
}

type Notices = Pick<VrrpInstanceConfig, "notify" | "notifyDeleted" | "smtpAlert" | "notifyPriorityChanges">;

/** Whom it tells; a sync group may say more about changes of priority. */
function readNotices(block: InstanceBlock, { global, globalBlock, scripts }: InstanceContext): Notices {
  const deleted = block.value("notify_deleted");
  return {
    notify: {
      ...scripts.notify((key) => block.value(key)),
      ...given({
        deleted: scripts.ofInstance(deleted?.script),
        masterReceivesLowerPriority: scripts.ofInstance(block.value("notify_master_rx_lower_pri")),
      }),
    },
    notifyDeleted: deleted !== undefined,
    smtpAlert: block.value("smtp_alert") ?? global.mail.alertVrrp ?? false,
    notifyPriorityChanges:
      block.value("notify_priority_changes") ?? globalBlock.value("vrrp_notify_priority_changes") ?? false,
  };
}

function complainAboutNoAddress(
  block: InstanceBlock,
  name: Word,
  version: VrrpVersion,
  strict: boolean,
  judge: Judge,
): void {
  const meant = block.value("no_virtual_ipaddress");
  const said = block.wasTried("virtual_ipaddress");
  if (strict) judge.lacks(said, name, "strict mode needs at least one address in 'virtual_ipaddress'");
  else if (meant) return;
  else if (version === 3)
    judge.lacks(
      said,
      name,
      "version 3 needs at least one address in 'virtual_ipaddress' (or 'no_virtual_ipaddress')",
    );
  else if (!said) judge.repair(name, "the instance has no address in 'virtual_ipaddress'");
}

/** RFC 9568, 5.2.9: the first address of an IPv6 router is its link-local one. */
function checkFirstAddress({ family, addresses, peers }: FamilyAddresses, judge: Judge): void {
  const [first] = addresses;
  if (family === 4 || peers.length > 0 || first === undefined || isLinkLocal(first)) return;
  judge.error(first.at, "strict mode wants a link-local address (fe80::...) as the first one");
}
