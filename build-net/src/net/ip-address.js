function parseAddress(text) {
  return text.includes(":") ? parseV6(text) : parseV4(text);
}
function parseV4(text) {
  const parts = text.split(".");
  if (parts.length !== 4) return void 0;
  const bytes = new Uint8Array(4);
  for (const [i, part] of parts.entries()) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return void 0;
    bytes[i] = Number(part);
  }
  return bytes;
}
function parseV6(text) {
  const halves = text.split("::");
  if (halves.length > 2) return void 0;
  const head = parseGroups(halves[0] ?? "", halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? "", true) : [];
  if (head === void 0 || tail === void 0) return void 0;
  const length = head.length + tail.length;
  if (halves.length === 1 ? length !== 16 : length > 14) return void 0;
  const bytes = new Uint8Array(16);
  bytes.set(head, 0);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}
function parseGroups(text, last) {
  if (text === "") return [];
  const bytes = [];
  const groups = text.split(":");
  for (const [i, group] of groups.entries()) {
    if (last && i === groups.length - 1 && group.includes(".")) {
      const quad = parseV4(group);
      if (quad === void 0) return void 0;
      bytes.push(...quad);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return void 0;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 255);
    }
  }
  return bytes;
}
function formatAddress(bytes, offset = 0, length = bytes.length - offset) {
  if (length === 4) {
    return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`;
  }
  return length === 16 ? formatV6(bytes, offset) : "";
}
function formatV6(bytes, offset) {
  const groups = [];
  for (let i = 0; i < 16; i += 2) groups.push((bytes[offset + i] ?? 0) << 8 | (bytes[offset + i + 1] ?? 0));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 65535) {
    return `::ffff:${formatAddress(bytes, offset + 12, 4)}`;
  }
  const run = longestZeroRun(groups);
  const hex = (from, to) => groups.slice(from, to).map((group) => group.toString(16)).join(":");
  if (run.length < 2) return hex(0, 8);
  return `${hex(0, run.start)}::${hex(run.start + run.length, 8)}`;
}
function longestZeroRun(groups) {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let i = 0; i <= groups.length; i++) {
    if (groups[i] === 0) continue;
    if (i - start > best.length) best = { start, length: i - start };
    start = i + 1;
  }
  return best;
}
function canonicalAddress(text) {
  const bytes = parseAddress(text);
  return bytes && formatAddress(bytes);
}
function compareAddresses(a, b) {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
function isLinkLocal(bytes) {
  if (bytes.length === 4) return bytes[0] === 169 && bytes[1] === 254;
  return bytes[0] === 254 && ((bytes[1] ?? 0) & 192) === 128;
}
function isMulticast(bytes) {
  return bytes.length === 4 ? ((bytes[0] ?? 0) & 240) === 224 : bytes[0] === 255;
}
function isUnspecified(bytes) {
  return bytes.every((byte) => byte === 0);
}
export {
  canonicalAddress,
  compareAddresses,
  formatAddress,
  isLinkLocal,
  isMulticast,
  isUnspecified,
  parseAddress
};
//# sourceMappingURL=ip-address.js.map
