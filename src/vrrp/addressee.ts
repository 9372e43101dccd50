/**
 * Which of several instances a unicast advert is for: they may share vrid and local address as long as no peer is
 * common to them (reference sections 6.5 and 14.4). Pure.
 */
import { sameBytes } from "../net/ip-address.js";
import type { VrrpInstance } from "./instance.js";
import { addressBytes } from "./outgoing.js";
import type { PacketView } from "./receive.js";

const IPV4_SOURCE_AT = 12;

/** Sender of a packet: in the IP header (IPv4), or told by the socket (IPv6). */
export function senderOf(packet: PacketView, family: 4 | 6): Uint8Array {
  return family === 6 ? packet.source : packet.bytes.subarray(IPV4_SOURCE_AT, IPV4_SOURCE_AT + 4);
}

/** The one that follows the sender or has it as a peer; the first when nobody knows the sender. */
export function addressee(
  machines: readonly VrrpInstance[],
  packet: PacketView,
  family: 4 | 6,
): VrrpInstance | undefined {
  if (machines.length === 1) return machines[0];
  const sender = senderOf(packet, family);
  const follows = machines.find(
    ({ masterAddress }) => masterAddress !== undefined && sameBytes(masterAddress, sender),
  );
  const knows = ({ settings }: VrrpInstance): boolean =>
    settings.unicastPeers.some(({ address }) => sameBytes(addressBytes(address), sender));
  return follows ?? machines.find(knows) ?? machines[0];
}
