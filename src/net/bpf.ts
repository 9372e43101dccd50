/**
 * A small assembler for classic BPF (linux/filter.h), as SO_ATTACH_FILTER takes it. Pure.
 *
 *   struct sock_filter: u16 code, u8 jump if true, u8 jump if false, u32 k      (8 bytes, host order)
 *
 * Programs are lists of instructions whose jumps name labels; jumps go forward only, as in the kernel.
 */
import { LITTLE_ENDIAN } from "../netlink/host-order.js";

export type Instruction =
  /** A := byte, half word or word (network order) at k, or at X + k. */
  | { op: "load"; size: 1 | 2 | 4; at: number; indexed?: boolean }
  /** A := k. */
  | { op: "loadConstant"; value: number }
  /** A := M[slot], M[slot] := A. */
  | { op: "loadMemory"; slot: number }
  | { op: "storeMemory"; slot: number }
  /** X := 4 * (packet[at] & 0xf): the length of an IPv4 header. */
  | { op: "loadHeaderLength"; at: number }
  /** X := A. */
  | { op: "setIndex" }
  | { op: "and" | "shiftRight" | "shiftLeft" | "add"; value: number }
  /** A := A >> X, A := A + X. */
  | { op: "shiftRightByIndex" | "addIndex" }
  /** Jumps where the condition sends it; an absent label is the next instruction. */
  | { op: "ifEqual" | "ifAnyBit"; value: number; then?: string; else?: string }
  | { op: "goto"; label: string }
  /** Ends: so many bytes of the packet are kept, 0 drops it. */
  | { op: "return"; bytes: number }
  | { op: "label"; name: string };

/** Keep the whole packet. */
const KEEP_ALL = 0xffffffff;
export const KEEP: Instruction = { op: "return", bytes: KEEP_ALL };
export const DROP: Instruction = { op: "return", bytes: 0 };

const CODE = {
  loadAbsolute: { 1: 0x30, 2: 0x28, 4: 0x20 },
  loadIndexed: { 1: 0x50, 2: 0x48, 4: 0x40 },
  loadConstant: 0x00,
  loadMemory: 0x60,
  storeMemory: 0x02,
  loadHeaderLength: 0xb1,
  setIndex: 0x07,
  and: 0x54,
  shiftRight: 0x74,
  shiftLeft: 0x64,
  add: 0x04,
  shiftRightByIndex: 0x7c,
  addIndex: 0x0c,
  ifEqual: 0x15,
  ifAnyBit: 0x45,
  goto: 0x05,
  return: 0x06,
} as const;

/** @returns the program in bytes. A label that is missing or behind its jump is a bug of ours and throws. */
export function assemble(program: readonly Instruction[]): Uint8Array {
  const labels = new Map<string, number>();
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
    const distance = (label: string | undefined, limit: number): number => {
      if (label === undefined) return 0;
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

type Fields = [code: number, k: number, yes: number, no: number];

function encode(
  instruction: Exclude<Instruction, { op: "label" }>,
  distance: (label: string | undefined, limit: number) => number,
): Fields {
  switch (instruction.op) {
    case "load":
      return [
        (instruction.indexed ? CODE.loadIndexed : CODE.loadAbsolute)[instruction.size],
        instruction.at,
        0,
        0,
      ];
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
      return [
        CODE[instruction.op],
        instruction.value,
        distance(instruction.then, 255),
        distance(instruction.else, 255),
      ];
    case "goto":
      return [CODE.goto, distance(instruction.label, 0xffffffff), 0, 0];
    case "return":
      return [CODE.return, instruction.bytes, 0, 0];
  }
}
