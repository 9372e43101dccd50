/**
 * RTM_NEWRULE, RTM_DELRULE, RTM_GETRULE (linux/fib_rules.h). Pure.
 *
 *   struct fib_rule_hdr: u8 family, u8 destination length, u8 source length, u8 tos, u8 table, u8, u8, u8 action,
 *                        u32 flags
 *   FRA_UID_RANGE: u32 first, u32 last; FRA_SPORT_RANGE, FRA_DPORT_RANGE: u16 first, u16 last (host order)
 *   FRA_TUN_ID: u64 in network order; FRA_FLOW: source realm in the upper 16 bits
 */
import { AttributeTable, HEADER_LENGTH, type Header, MessageWriter, readU16, readU32 } from "./attributes.js";
import {
  AF_INET,
  AF_INET6,
  FIB_RULE_INVERT,
  FRA_DPORT_RANGE,
  FRA_DST,
  FRA_FLOW,
  FRA_FWMARK,
  FRA_FWMASK,
  FRA_GOTO,
  FRA_IIFNAME,
  FRA_IP_PROTO,
  FRA_L3MDEV,
  FRA_OIFNAME,
  FRA_PRIORITY,
  FRA_PROTOCOL,
  FRA_SPORT_RANGE,
  FRA_SRC,
  FRA_SUPPRESS_IFGROUP,
  FRA_SUPPRESS_PREFIXLEN,
  FRA_TABLE,
  FRA_TUN_ID,
  FRA_UID_RANGE,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  NLM_F_REQUEST,
  RTM_DELRULE,
  RTM_GETRULE,
  RTM_NEWRULE,
} from "./constants.js";
import { type Decoded, malformed } from "./decoded.js";
import type { PrefixBytes } from "./route.js";

const FIXED = 12;
/** What the kernel says of a rule that suppresses nothing. */
const NO_SUPPRESSION = 0xffffffff;

/** First and last. */
interface RangeMessage {
  from: number;
  to: number;
}

/** A rule as it is asked for and as it is reported; what is absent selects everything. */
export interface RuleMessage {
  /** AF_INET or AF_INET6. */
  family: number;
  priority: number;
  /** FR_ACT_ number. */
  action: number;
  /** 0 for an action that looks nothing up. */
  table: number;
  l3mdev: boolean;
  invert: boolean;
  tos: number;
  protocol: number;
  source?: PrefixBytes;
  destination?: PrefixBytes;
  goto?: number;
  mark?: { value: number; mask: number };
  realms?: number;
  tunnelId?: bigint;
  suppressInterfaceGroup?: number;
  suppressPrefixLength?: number;
  inputInterface?: string;
  outputInterface?: string;
  userIds?: RangeMessage;
  ipProtocol?: number;
  sourcePorts?: RangeMessage;
  destinationPorts?: RangeMessage;
}

const attributes = new AttributeTable(FRA_DPORT_RANGE);
const writer = new MessageWriter();

export function decodeRule(bytes: Uint8Array, offset: number, header: Header): Decoded<RuleMessage> {
  const start = offset + HEADER_LENGTH;
  const end = offset + header.length;
  if (start + FIXED > end) return malformed("tooShort", `${header.length} bytes of rule`);
  const problem = attributes.read(bytes, start + FIXED, end);
  if (problem !== undefined) return problem;
  const family = bytes[start] ?? 0;
  const size = family === AF_INET ? 4 : family === AF_INET6 ? 16 : -1;
  const value: RuleMessage = {
    family,
    priority: attributes.u32(FRA_PRIORITY) ?? 0,
    action: bytes[start + 7] ?? 0,
    table: attributes.u32(FRA_TABLE) ?? bytes[start + 4] ?? 0,
    l3mdev: (attributes.u8(FRA_L3MDEV) ?? 0) !== 0,
    invert: (readU32(bytes, start + 8) & FIB_RULE_INVERT) !== 0,
    tos: bytes[start + 3] ?? 0,
    protocol: attributes.u8(FRA_PROTOCOL) ?? 0,
  };
  for (const [name, type, lengthAt] of [
    ["source", FRA_SRC, 2],
    ["destination", FRA_DST, 1],
  ] as const) {
    const address = attributes.bytes(type);
    const prefixLength = bytes[start + lengthAt] ?? 0;
    if (address === undefined || prefixLength === 0) continue;
    if (address.length !== size) return malformed("badAttribute", `${name} of family ${family}`);
    value[name] = { address, prefixLength };
  }
  readSelectors(value, bytes);
  return { ok: true, value };
}

function readSelectors(value: RuleMessage, bytes: Uint8Array): void {
  const mark = attributes.u32(FRA_FWMARK) ?? 0;
  const mask = attributes.u32(FRA_FWMASK) ?? (mark === 0 ? 0 : ALL_BITS);
  if (mask !== 0) value.mark = { value: mark, mask };
  const suppressed = attributes.u32(FRA_SUPPRESS_PREFIXLEN);
  if (suppressed !== undefined && suppressed !== NO_SUPPRESSION) value.suppressPrefixLength = suppressed;
  const group = attributes.u32(FRA_SUPPRESS_IFGROUP);
  if (group !== undefined && group !== NO_SUPPRESSION) value.suppressInterfaceGroup = group;
  const target = attributes.u32(FRA_GOTO);
  if (target !== undefined) value.goto = target;
  const realms = attributes.u32(FRA_FLOW);
  if (realms !== undefined && realms !== 0) value.realms = realms;
  const id = attributes.bytes(FRA_TUN_ID);
  if (id?.length === 8) value.tunnelId = new DataView(id.buffer).getBigUint64(0);
  const input = attributes.text(FRA_IIFNAME);
  if (input !== undefined) value.inputInterface = input;
  const output = attributes.text(FRA_OIFNAME);
  if (output !== undefined) value.outputInterface = output;
  const ipProtocol = attributes.u8(FRA_IP_PROTO);
  if (ipProtocol !== undefined && ipProtocol !== 0) value.ipProtocol = ipProtocol;
  if (attributes.length(FRA_UID_RANGE) >= 8) {
    const at = attributes.offset(FRA_UID_RANGE);
    value.userIds = { from: readU32(bytes, at), to: readU32(bytes, at + 4) };
  }
  const sourcePorts = portsOf(FRA_SPORT_RANGE, bytes);
  if (sourcePorts !== undefined) value.sourcePorts = sourcePorts;
  const destinationPorts = portsOf(FRA_DPORT_RANGE, bytes);
  if (destinationPorts !== undefined) value.destinationPorts = destinationPorts;
}

const ALL_BITS = 0xffffffff;

function portsOf(type: number, bytes: Uint8Array): RangeMessage | undefined {
  if (attributes.length(type) < 4) return undefined;
  const at = attributes.offset(type);
  return { from: readU16(bytes, at), to: readU16(bytes, at + 2) };
}

/** Adds; EEXIST when it is there already. */
export function encodeNewRule(rule: RuleMessage): Uint8Array {
  return encode(RTM_NEWRULE, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL, rule);
}

/** Removes the first rule that has all of these. */
export function encodeDeleteRule(rule: RuleMessage): Uint8Array {
  return encode(RTM_DELRULE, NLM_F_REQUEST, rule);
}

/** Dump of the rules of one family. */
export function encodeDumpRules(family: number): Uint8Array {
  return writer
    .begin(RTM_GETRULE, NLM_F_REQUEST | NLM_F_DUMP)
    .u8(family, 0, 0, 0, 0, 0, 0, 0)
    .u32(0)
    .finish();
}

function encode(type: number, flags: number, rule: RuleMessage): Uint8Array {
  const { source, destination, table } = rule;
  writer
    .begin(type, flags)
    .u8(rule.family, destination?.prefixLength ?? 0, source?.prefixLength ?? 0, rule.tos)
    .u8(table < 256 ? table : 0, 0, 0, rule.action)
    .u32(rule.invert ? FIB_RULE_INVERT : 0)
    .attributeU32(FRA_PRIORITY, rule.priority)
    .attributeU8(FRA_PROTOCOL, rule.protocol);
  if (table > 0) writer.attributeU32(FRA_TABLE, table);
  if (rule.l3mdev) writer.attributeU8(FRA_L3MDEV, 1);
  if (rule.goto !== undefined) writer.attributeU32(FRA_GOTO, rule.goto);
  writeSelectors(rule);
  return writer.finish();
}

function writeSelectors(rule: RuleMessage): void {
  const { source, destination, mark, tunnelId, userIds, ipProtocol } = rule;
  if (source !== undefined) writer.attribute(FRA_SRC, source.address);
  if (destination !== undefined) writer.attribute(FRA_DST, destination.address);
  if (rule.inputInterface !== undefined) writer.attributeText(FRA_IIFNAME, rule.inputInterface);
  if (rule.outputInterface !== undefined) writer.attributeText(FRA_OIFNAME, rule.outputInterface);
  if (mark !== undefined) {
    writer.attributeU32(FRA_FWMARK, mark.value);
    // The kernel takes a mark of 0 without a mask for no mark at all.
    if (mark.mask !== ALL_BITS || mark.value === 0) writer.attributeU32(FRA_FWMASK, mark.mask);
  }
  if (rule.realms !== undefined) writer.attributeU32(FRA_FLOW, rule.realms);
  if (rule.suppressInterfaceGroup !== undefined)
    writer.attributeU32(FRA_SUPPRESS_IFGROUP, rule.suppressInterfaceGroup);
  if (rule.suppressPrefixLength !== undefined)
    writer.attributeU32(FRA_SUPPRESS_PREFIXLEN, rule.suppressPrefixLength);
  if (tunnelId !== undefined) {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, tunnelId);
    writer.attribute(FRA_TUN_ID, bytes);
  }
  if (userIds !== undefined)
    writer.attribute(FRA_UID_RANGE, new Uint8Array(Uint32Array.of(userIds.from, userIds.to).buffer));
  if (ipProtocol !== undefined) writer.attributeU8(FRA_IP_PROTO, ipProtocol);
  writePorts(FRA_SPORT_RANGE, rule.sourcePorts);
  writePorts(FRA_DPORT_RANGE, rule.destinationPorts);
}

function writePorts(type: number, ports: RangeMessage | undefined): void {
  if (ports === undefined) return;
  writer.attribute(type, new Uint8Array(Uint16Array.of(ports.from, ports.to).buffer));
}
