/** Byte order of this machine: netlink headers and socket addresses are in host order (netlink(7)). Pure. */
export const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
