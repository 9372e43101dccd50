function internetChecksum(bytes, start = 0, end = bytes.length, initial = 0) {
  return ~partialSum(bytes, start, end, initial) & 65535;
}
function partialSum(bytes, start = 0, end = bytes.length, initial = 0) {
  let sum = initial;
  const even = start + (end - start & ~1);
  for (let i = start; i < even; i += 2) sum += (bytes[i] ?? 0) << 8 | (bytes[i + 1] ?? 0);
  if (even < end) sum += (bytes[even] ?? 0) << 8;
  while (sum > 65535) sum = (sum & 65535) + Math.floor(sum / 65536);
  return sum;
}
export {
  internetChecksum,
  partialSum
};
//# sourceMappingURL=checksum.js.map
