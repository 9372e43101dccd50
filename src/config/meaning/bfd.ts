/** `bfd_instance`s: names and neighbours that are unique, hops that fit the TTL (BFD reference, section 1). */
import type { bfdInstance } from "../blocks/bfd-instance.js";
import { quoted } from "../diagnostic.js";
import type { BfdInstanceConfig } from "../bfd-model.js";
import { positionOf } from "../read-tree.js";
import type { Block, Table } from "../schema.js";
import { decodeBytes, type Word } from "../text.js";
import type { Address } from "../values/address.js";
import { given } from "./given.js";
import type { Judge } from "./judge.js";
import { isDuplicate } from "./sync-group.js";

type Settings<T> = T extends Table<infer S> ? S : never;
type BfdBlock = Block<Settings<typeof bfdInstance>>;

/** Name of a session on the wire between the processes. */
const LONGEST_NAME = 31;
/** Of both families: RFC 5881 wants 255 for IPv6 too, where upstream has 64. */
const DEFAULT_TTL = 255;
/** As max_hops: not checked. */
const ANY_HOPS = 255;

export function readBfdInstances(blocks: readonly BfdBlock[], judge: Judge): BfdInstanceConfig[] {
  const names = new Map<string, Word>();
  const neighbours = new Neighbours(judge);
  const list: BfdInstanceConfig[] = [];
  for (const block of blocks) {
    const [name] = block.args;
    if (name === undefined || isBadName(name, judge) || isDuplicate(name, names, judge)) continue;
    const session = readSession(block, name, neighbours, judge);
    if (session !== undefined) list.push(session);
  }
  return list;
}

function isBadName(name: Word, judge: Judge): boolean {
  if (name.text.length <= LONGEST_NAME) return false;
  judge.error(
    name,
    `the name of a BFD session must be at most ${LONGEST_NAME} characters; this one is ignored`,
  );
  return true;
}

function readSession(
  block: BfdBlock,
  name: Word,
  neighbours: Neighbours,
  judge: Judge,
): BfdInstanceConfig | undefined {
  const neighbour = readNeighbour(block, name, judge);
  if (neighbour === undefined) return undefined;
  const source = block.value("source_ip");
  if (source !== undefined && source.family !== neighbour.family) {
    const message = `source and neighbour of '${decodeBytes(name.text)}' must both be IPv4 or IPv6; the session is ignored`;
    judge.error(block.where("source_ip"), message);
    return undefined;
  }
  const multihop = block.value("multihop");
  if (neighbours.isTaken({ name, neighbour, source, multihop })) return undefined;
  const weight = block.value("weight");
  const restricted = block.value("vrrp") || block.value("checker");
  return {
    name: decodeBytes(name.text),
    family: neighbour.family,
    neighbourAddress: neighbour.text,
    ...given({ sourceAddress: source?.text }),
    minRxMicros: block.value("min_rx"),
    minTxMicros: block.value("min_tx"),
    idleTxMicros: block.value("idle_tx"),
    multiplier: block.value("multiplier"),
    passive: block.value("passive"),
    ...readHops(block, judge),
    multihop,
    weight: weight.value,
    weightReverse: weight.reverse,
    toVrrp: !restricted || block.value("vrrp"),
    toChecker: !restricted || block.value("checker"),
    position: positionOf(name),
  };
}

/** The one given last, unless one of them is malformed, which has been said. */
function readNeighbour(block: BfdBlock, name: Word, judge: Judge): Address | undefined {
  const american = block.value("neighbor_ip");
  const british = block.value("neighbour_ip");
  if (american === "malformed" || british === "malformed") return undefined;
  const neighbour = block.isLast("neighbour_ip", "neighbor_ip") ? british : american;
  if (neighbour === undefined)
    judge.error(
      name,
      `the BFD session '${decodeBytes(name.text)}' needs 'neighbor_ip IPADDR'; it is ignored`,
    );
  return neighbour;
}

function readHops(block: BfdBlock, judge: Judge): Pick<BfdInstanceConfig, "ttl" | "maxHops"> {
  const ttl = (block.isLast("hoplimit", "ttl") ? block.value("hoplimit") : block.value("ttl")) ?? DEFAULT_TTL;
  const given = block.value("max_hops");
  const maxHops = given < 0 ? ANY_HOPS : given;
  if (maxHops <= ttl) return { ttl, maxHops };
  judge.repair(block.where("max_hops"), `'max_hops' must not be above the TTL ${ttl}, which is used`);
  return { ttl, maxHops: ttl };
}

interface Peering {
  name: Word;
  neighbour: Address;
  source: Address | undefined;
  multihop: boolean;
}

/** A packet must belong to one session only: neighbour, source and port tell them apart. */
class Neighbours {
  readonly #known = new Map<string, { any: Word; without: Word | undefined; bySource: Map<string, Word> }>();

  constructor(readonly judge: Judge) {}

  /** Says so, and points at the first one. */
  isTaken({ name, neighbour, source, multihop }: Peering): boolean {
    const key = `${neighbour.text} ${multihop}`;
    const known = this.#known.get(key) ?? {
      any: name,
      without: undefined,
      bySource: new Map<string, Word>(),
    };
    const other = known.without ?? (source === undefined ? known.any : known.bySource.get(source.text));
    if (other !== undefined && other !== name) {
      const notes = [{ message: `${quoted(other.text)} has it`, at: other }];
      const message = `the neighbour ${neighbour.text} of ${quoted(name.text)} is that of ${quoted(other.text)}; the session is ignored`;
      this.judge.error(name, message, { notes });
      return true;
    }
    if (source === undefined) known.without = name;
    else known.bySource.set(source.text, name);
    this.#known.set(key, known);
    return false;
  }
}
