/**
 * The filter of a VRRP socket: packets for other routers are dropped by the kernel, before they wake anybody. Pure.
 *
 * An IPv4 raw socket sees the packet from its IP header on, an IPv6 one from the header of the protocol on.
 * VRRP (RFC 9568 section 5.1): byte 0 is version and type, byte 1 the virtual router id. Under AH (RFC 4302) it
 * follows a header of (its byte 1 + 2) * 4 bytes.
 */
import { assemble, DROP, type Instruction, KEEP } from "./bpf.js";
import { IPPROTO_AH, IPPROTO_VRRP } from "./constants.js";
import type { Family } from "./settings.js";

/** Up to so many ids are compared one by one; more are looked up in a bit map. */
const FEW = 4;
const VRID_AT = 1;
const PRIORITY_AT = 2;
const IPV4_PROTOCOL_AT = 9;

interface VrrpFilter {
  family: Family;
  /** IP protocol of the socket. */
  protocol: typeof IPPROTO_VRRP | typeof IPPROTO_AH;
  /** Every packet of these routers. */
  vrids: Iterable<number>;
  /** Of these, adverts of priority 0 only ("I stop"). */
  resigning?: Iterable<number>;
  /** Of these, adverts of any other priority only. */
  advertising?: Iterable<number>;
}

/** Program that lets through packets of these virtual router ids only. Whether they are good is for us to say, and count. */
export function vrrpFilter(options: VrrpFilter): Uint8Array {
  const { vrids, resigning = [], advertising = [] } = options;
  const program: Instruction[] = [...findVrrpHeader(options)];
  const whenResigning = new Set([...vrids, ...resigning]);
  const otherwise = new Set([...vrids, ...advertising]);
  if (sameMembers(whenResigning, otherwise)) {
    program.push(...keepVrids([...otherwise], "any"));
  } else {
    program.push(
      { op: "load", size: 1, at: PRIORITY_AT, indexed: true },
      { op: "ifEqual", value: 0, then: "resigning" },
      ...keepVrids([...otherwise], "advertising"),
      { op: "label", name: "resigning" },
      ...keepVrids([...whenResigning], "zero"),
    );
  }
  return assemble([...program, { op: "label", name: "drop" }, DROP, { op: "label", name: "keep" }, KEEP]);
}

function sameMembers(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  return a.size === b.size && [...a].every((member) => b.has(member));
}

/** X holds the offset of the VRRP header. Ends the program one way or the other. */
function keepVrids(vrids: readonly number[], section: string): Instruction[] {
  return [
    { op: "load", size: 1, at: VRID_AT, indexed: true },
    ...(vrids.length <= FEW ? compareEach(vrids) : testBit(vrids, section)),
    { op: "goto", label: "drop" },
  ];
}

/** For a socket that only sends. */
export function dropAllFilter(): Uint8Array {
  return assemble([DROP]);
}

/** X := offset of the VRRP header. */
function findVrrpHeader({ family, protocol }: VrrpFilter): Instruction[] {
  const program: Instruction[] =
    family === 4
      ? [
          { op: "load", size: 1, at: IPV4_PROTOCOL_AT },
          { op: "ifEqual", value: protocol, else: "drop" },
          { op: "loadHeaderLength", at: 0 },
        ]
      : [{ op: "loadConstant", value: 0 }, { op: "setIndex" }];
  if (protocol === IPPROTO_AH) {
    program.push(
      { op: "load", size: 1, at: 0, indexed: true },
      { op: "ifEqual", value: IPPROTO_VRRP, else: "drop" },
      { op: "load", size: 1, at: 1, indexed: true },
      { op: "add", value: 2 },
      { op: "shiftLeft", value: 2 },
      { op: "addIndex" },
      { op: "setIndex" },
    );
  }
  return program;
}

function compareEach(vrids: readonly number[]): Instruction[] {
  return vrids.map((vrid) => ({ op: "ifEqual", value: vrid, then: "keep" }));
}

/** A holds the id: its upper 3 bits choose a word of 32 flags, its lower 5 the flag. */
function testBit(vrids: readonly number[], section: string): Instruction[] {
  const words = new Uint32Array(8);
  for (const vrid of vrids) words[vrid >> 5] = (words[vrid >> 5] ?? 0) | (1 << (vrid & 31));
  const used = [...words.entries()].filter(([, word]) => word !== 0);
  return [
    { op: "storeMemory", slot: 0 },
    { op: "and", value: 31 },
    { op: "setIndex" },
    { op: "loadMemory", slot: 0 },
    { op: "shiftRight", value: 5 },
    ...used.map(([i]): Instruction => ({ op: "ifEqual", value: i, then: `${section} ${i}` })),
    { op: "goto", label: "drop" },
    ...used.flatMap(([i, word]): Instruction[] => [
      { op: "label", name: `${section} ${i}` },
      { op: "loadConstant", value: word },
      { op: "goto", label: `${section} test` },
    ]),
    { op: "label", name: `${section} test` },
    { op: "shiftRightByIndex" },
    { op: "ifAnyBit", value: 1, then: "keep" },
  ];
}
