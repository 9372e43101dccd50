import { assemble, DROP, KEEP } from "./bpf.js";
import { IPPROTO_AH, IPPROTO_VRRP } from "./constants.js";
const FEW = 4;
const TYPE_ADVERTISEMENT = 1;
const IPV4_PROTOCOL_AT = 9;
function vrrpFilter(options) {
  const vrids = [...new Set(options.vrids)];
  return assemble([
    ...findVrrpHeader(options),
    { op: "load", size: 1, at: 0, indexed: true },
    { op: "and", value: 15 },
    { op: "ifEqual", value: TYPE_ADVERTISEMENT, else: "drop" },
    { op: "load", size: 1, at: 1, indexed: true },
    ...vrids.length <= FEW ? compareEach(vrids) : testBit(vrids),
    { op: "label", name: "drop" },
    DROP,
    { op: "label", name: "keep" },
    KEEP
  ]);
}
function dropAllFilter() {
  return assemble([DROP]);
}
function findVrrpHeader({ family, protocol }) {
  const program = family === 4 ? [
    { op: "load", size: 1, at: IPV4_PROTOCOL_AT },
    { op: "ifEqual", value: protocol, else: "drop" },
    { op: "loadHeaderLength", at: 0 }
  ] : [{ op: "loadConstant", value: 0 }, { op: "setIndex" }];
  if (protocol === IPPROTO_AH) {
    program.push(
      { op: "load", size: 1, at: 0, indexed: true },
      { op: "ifEqual", value: IPPROTO_VRRP, else: "drop" },
      { op: "load", size: 1, at: 1, indexed: true },
      { op: "add", value: 2 },
      { op: "shiftLeft", value: 2 },
      { op: "addIndex" },
      { op: "setIndex" }
    );
  }
  return program;
}
function compareEach(vrids) {
  return vrids.map((vrid) => ({ op: "ifEqual", value: vrid, then: "keep" }));
}
function testBit(vrids) {
  const words = new Uint32Array(8);
  for (const vrid of vrids) words[vrid >> 5] = (words[vrid >> 5] ?? 0) | 1 << (vrid & 31);
  const used = [...words.entries()].filter(([, word]) => word !== 0);
  return [
    { op: "storeMemory", slot: 0 },
    { op: "and", value: 31 },
    { op: "setIndex" },
    { op: "loadMemory", slot: 0 },
    { op: "shiftRight", value: 5 },
    ...used.map(([i]) => ({ op: "ifEqual", value: i, then: `word ${i}` })),
    { op: "goto", label: "drop" },
    ...used.flatMap(([i, word]) => [
      { op: "label", name: `word ${i}` },
      { op: "loadConstant", value: word },
      { op: "goto", label: "test" }
    ]),
    { op: "label", name: "test" },
    { op: "shiftRightByIndex" },
    { op: "ifAnyBit", value: 1, then: "keep" }
  ];
}
export {
  dropAllFilter,
  vrrpFilter
};
//# sourceMappingURL=filter.js.map
