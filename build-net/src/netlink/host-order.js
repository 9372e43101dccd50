const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
export {
  LITTLE_ENDIAN
};
//# sourceMappingURL=host-order.js.map
