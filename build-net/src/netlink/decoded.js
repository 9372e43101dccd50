function malformed(drop, detail) {
  return { ok: false, drop, detail };
}
export {
  malformed
};
//# sourceMappingURL=decoded.js.map
