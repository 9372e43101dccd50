/**
 * Reads, from an Ethernet frame or an rtnetlink message, the few fields that are measured.
 * Trusts nothing else in them; the product's own codecs are not used, so that a mistake there cannot hide here.
 */

/** A VRRP advert or an ARP packet as it passed on the wire. */
export type Frame =
  | { kind: "advert"; vrid: number; priority: number; atMicros: number }
  | { kind: "arp" /** Sender protocol address. */; sender: number; atMicros: number };

/** An IPv4 address that came or went. */
export interface AddressEvent {
  kind: "added" | "removed";
  address: number;
  atMicros: number;
}

const ETHERNET = 14;
const PROTOCOL_VRRP = 112;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const IFA_LOCAL = 2;
const MESSAGE_HEADER = 16;
const ADDRESS_HEADER = 8;

const align4 = (length: number): number => (length + 3) & ~3;

/** @returns what the frame is, undefined when it is neither. */
export function readFrame(view: DataView, atMicros: number): Frame | undefined {
  if (view.byteLength < ETHERNET + 28) return undefined;
  const type = view.getUint16(12);
  if (type === 0x0806) return { kind: "arp", sender: view.getUint32(ETHERNET + 14), atMicros };
  if (type !== 0x0800 || view.getUint8(ETHERNET + 9) !== PROTOCOL_VRRP) return undefined;
  const payload = ETHERNET + (view.getUint8(ETHERNET) & 0x0f) * 4;
  if (view.byteLength < payload + 8) return undefined;
  return { kind: "advert", vrid: view.getUint8(payload + 1), priority: view.getUint8(payload + 2), atMicros };
}

/** @returns the address events of one netlink datagram. */
export function readAddressEvents(view: DataView, atMicros: number): AddressEvent[] {
  const events: AddressEvent[] = [];
  for (let start = 0; start + MESSAGE_HEADER <= view.byteLength; ) {
    const end = start + view.getUint32(start, true);
    if (end < start + MESSAGE_HEADER || end > view.byteLength) break;
    const type = view.getUint16(start + 4, true);
    if (type === RTM_NEWADDR || type === RTM_DELADDR) {
      const address = localAddress(view, start + MESSAGE_HEADER + ADDRESS_HEADER, end);
      if (address !== undefined)
        events.push({ kind: type === RTM_NEWADDR ? "added" : "removed", address, atMicros });
    }
    start += align4(end - start);
  }
  return events;
}

function localAddress(view: DataView, from: number, end: number): number | undefined {
  for (let at = from; at + 4 <= end; ) {
    const length = view.getUint16(at, true);
    if (length < 4 || at + length > end) return undefined;
    if (view.getUint16(at + 2, true) === IFA_LOCAL && length === 8) return view.getUint32(at + 4);
    at += align4(length);
  }
  return undefined;
}
