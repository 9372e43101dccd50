import { LITTLE_ENDIAN } from "../netlink/host-order.js";
const KEEP_ALL = 4294967295;
const KEEP = { op: "return", bytes: KEEP_ALL };
const DROP = { op: "return", bytes: 0 };
const CODE = {
  loadAbsolute: { 1: 48, 2: 40, 4: 32 },
  loadIndexed: { 1: 80, 2: 72, 4: 64 },
  loadConstant: 0,
  loadMemory: 96,
  storeMemory: 2,
  loadHeaderLength: 177,
  setIndex: 7,
  and: 84,
  shiftRight: 116,
  shiftLeft: 100,
  add: 4,
  shiftRightByIndex: 124,
  addIndex: 12,
  ifEqual: 21,
  ifAnyBit: 69,
  goto: 5,
  return: 6
};
function assemble(program) {
  const labels = /* @__PURE__ */ new Map();
  let count = 0;
  for (const instruction of program) {
    if (instruction.op === "label") labels.set(instruction.name, count);
    else count++;
  }
  const bytes = new Uint8Array(8 * count);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const instruction of program) {
    if (instruction.op === "label") continue;
    const here = at++;
    const distance = (label, limit) => {
      if (label === void 0) return 0;
      const target = labels.get(label) ?? -1;
      if (target <= here || target - here - 1 > limit) throw new Error(`filter: no jump to '${label}'`);
      return target - here - 1;
    };
    const [code, k, yes, no] = encode(instruction, distance);
    view.setUint16(8 * here, code, LITTLE_ENDIAN);
    view.setUint8(8 * here + 2, yes);
    view.setUint8(8 * here + 3, no);
    view.setUint32(8 * here + 4, k >>> 0, LITTLE_ENDIAN);
  }
  return bytes;
}
function encode(instruction, distance) {
  switch (instruction.op) {
    case "load":
      return [(instruction.indexed ? CODE.loadIndexed : CODE.loadAbsolute)[instruction.size], instruction.at, 0, 0];
    case "loadMemory":
    case "storeMemory":
      return [CODE[instruction.op], instruction.slot, 0, 0];
    case "loadHeaderLength":
      return [CODE.loadHeaderLength, instruction.at, 0, 0];
    case "setIndex":
    case "shiftRightByIndex":
    case "addIndex":
      return [CODE[instruction.op], 0, 0, 0];
    case "loadConstant":
    case "and":
    case "shiftRight":
    case "shiftLeft":
    case "add":
      return [CODE[instruction.op], instruction.value, 0, 0];
    case "ifEqual":
    case "ifAnyBit":
      return [CODE[instruction.op], instruction.value, distance(instruction.then, 255), distance(instruction.else, 255)];
    case "goto":
      return [CODE.goto, distance(instruction.label, 4294967295), 0, 0];
    case "return":
      return [CODE.return, instruction.bytes, 0, 0];
  }
}
export {
  DROP,
  KEEP,
  KEEP_ALL,
  assemble
};
//# sourceMappingURL=bpf.js.map
