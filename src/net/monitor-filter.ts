/**
 * The filter of the netlink monitor: of the routes only those of given protocols wake us, and those that were put in
 * the place of another, which may have been ours. Pure.
 *
 * Each address brings a local route of the kernel, and a router with a full table changes all the time; neither
 * concerns us. BPF loads are in network order while netlink headers are in host order, so values of more than a byte
 * are swapped here when the host is little-endian. Parts of dumps (NLM_F_MULTI) hold many messages and always pass.
 */
import { NLM_F_MULTI, NLM_F_REPLACE, RTM_DELROUTE, RTM_NEWROUTE } from "../netlink/constants.js";
import { LITTLE_ENDIAN } from "../netlink/host-order.js";
import { assemble, DROP, type Instruction, KEEP } from "./bpf.js";

// Offsets in struct nlmsghdr and struct rtmsg (linux/netlink.h, linux/rtnetlink.h).
const TYPE_AT = 4;
const FLAGS_AT = 6;
const PROTOCOL_AT = 16 + 5;

export function monitorFilter(routeProtocols: Iterable<number>): Uint8Array {
  return assemble([
    { op: "load", size: 2, at: TYPE_AT },
    { op: "ifEqual", value: swap(RTM_NEWROUTE), then: "route" },
    { op: "ifEqual", value: swap(RTM_DELROUTE), then: "route", else: "keep" },
    { op: "label", name: "route" },
    { op: "load", size: 2, at: FLAGS_AT },
    { op: "ifAnyBit", value: swap(NLM_F_MULTI | NLM_F_REPLACE), then: "keep" },
    { op: "load", size: 1, at: PROTOCOL_AT },
    ...[...routeProtocols].map((value): Instruction => ({ op: "ifEqual", value, then: "keep" })),
    DROP,
    { op: "label", name: "keep" },
    KEEP,
  ]);
}

function swap(value: number): number {
  return LITTLE_ENDIAN ? ((value & 0xff) << 8) | (value >> 8) : value;
}
