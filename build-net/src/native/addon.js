const META_FIELDS = 6;
const META = {
  /** Bytes received (of the slot, never more than the slot holds). */
  length: 0,
  /** msg_flags: MSG_TRUNC, MSG_CTRUNC. */
  flags: 1,
  /** Interface index from IP_PKTINFO / IPV6_PKTINFO, or sll_ifindex of a packet socket; 0 when unknown. */
  ifindex: 2,
  /** TTL or hop limit from the control message; -1 when the kernel gave none. */
  hopLimit: 3,
  /** Bytes of the source address (sockaddr) in the address slab. */
  nameLength: 4,
  /** Bytes of the destination address (4, 16 or 0) in the address slab, after the source. */
  destinationLength: 5
};
const ADDRESS_SLOT = 48;
const ADDRESS_DESTINATION = 32;
const SEND_FIELDS = 6;
export {
  ADDRESS_DESTINATION,
  ADDRESS_SLOT,
  META,
  META_FIELDS,
  SEND_FIELDS
};
//# sourceMappingURL=addon.js.map
