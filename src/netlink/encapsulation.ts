/**
 * Lightweight tunnels of routes and next hops: RTA_ENCAP_TYPE and, nested, RTA_ENCAP (linux/lwtunnel.h). Pure.
 *
 *   ip, ip6: u64 id, destination, source, u8 TTL, u8 TOS, u16 flags, all of it in network order
 *   mpls:    the label stack, each entry 20 bits of label, 3 of class, the bottom of stack bit, 8 of TTL (RFC 3032)
 *   ila:     u64 locator in network order
 */
import type { MessageWriter } from "./attributes.js";
import {
  ILA_ATTR_LOCATOR,
  LWTUNNEL_ENCAP_ILA,
  LWTUNNEL_ENCAP_IP,
  LWTUNNEL_ENCAP_IP6,
  LWTUNNEL_ENCAP_MPLS,
  LWTUNNEL_IP_DST,
  LWTUNNEL_IP_FLAGS,
  LWTUNNEL_IP_ID,
  LWTUNNEL_IP_SRC,
  LWTUNNEL_IP_TOS,
  LWTUNNEL_IP_TTL,
  MPLS_IPTUNNEL_DST,
  RTA_ENCAP,
  RTA_ENCAP_TYPE,
} from "./constants.js";

/** Addresses in network order; `ttl` and `tos` are hop limit and traffic class of IPv6. */
interface IpTunnel {
  type: "ip" | "ip6";
  id?: bigint;
  destination?: Uint8Array;
  source?: Uint8Array;
  ttl?: number;
  tos?: number;
  flags?: number;
}

export type Tunnel =
  | IpTunnel
  | { type: "mpls"; labels: readonly number[] }
  /** Eight bytes. */
  | { type: "ila"; locator: Uint8Array };

const TYPES = {
  mpls: LWTUNNEL_ENCAP_MPLS,
  ip: LWTUNNEL_ENCAP_IP,
  ila: LWTUNNEL_ENCAP_ILA,
  ip6: LWTUNNEL_ENCAP_IP6,
} as const;

/** Appends the two attributes to a route or a next hop. */
export function writeTunnel(writer: MessageWriter, tunnel: Tunnel): void {
  writer.nested(RTA_ENCAP, (inner) => {
    if (tunnel.type === "mpls") inner.attribute(MPLS_IPTUNNEL_DST, labelStack(tunnel.labels));
    else if (tunnel.type === "ila") inner.attribute(ILA_ATTR_LOCATOR, tunnel.locator);
    else writeIpTunnel(inner, tunnel);
  });
  writer.attributeU16(RTA_ENCAP_TYPE, TYPES[tunnel.type]);
}

function writeIpTunnel(writer: MessageWriter, tunnel: IpTunnel): void {
  const { id, destination, source, ttl, tos, flags } = tunnel;
  if (id !== undefined)
    writer.attribute(
      LWTUNNEL_IP_ID,
      networkOrder(8, (view) => view.setBigUint64(0, id)),
    );
  if (destination !== undefined) writer.attribute(LWTUNNEL_IP_DST, destination);
  if (source !== undefined) writer.attribute(LWTUNNEL_IP_SRC, source);
  if (ttl !== undefined) writer.attributeU8(LWTUNNEL_IP_TTL, ttl);
  if (tos !== undefined) writer.attributeU8(LWTUNNEL_IP_TOS, tos);
  if (flags !== undefined)
    writer.attribute(
      LWTUNNEL_IP_FLAGS,
      networkOrder(2, (view) => view.setUint16(0, flags)),
    );
}

function labelStack(labels: readonly number[]): Uint8Array {
  return networkOrder(4 * labels.length, (view) => {
    for (const [i, label] of labels.entries()) {
      const bottom = i === labels.length - 1 ? 0x100 : 0;
      view.setUint32(4 * i, label * 0x1000 + bottom);
    }
  });
}

function networkOrder(length: number, write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(length);
  write(new DataView(bytes.buffer));
  return bytes;
}
