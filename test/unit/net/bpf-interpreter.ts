/** A tiny interpreter of classic BPF (linux/filter.h), written from the kernel's documentation, not from our assembler. */

/** @returns bytes of the packet that the program keeps. */
export function run(program: Uint8Array, packet: Uint8Array): number {
  const code = new DataView(program.buffer, program.byteOffset, program.length);
  const data = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const memory = new Uint32Array(16);
  let a = 0;
  let x = 0;
  const load = (size: number, at: number): number | undefined => {
    if (at + size > packet.length) return undefined;
    return size === 1 ? data.getUint8(at) : size === 2 ? data.getUint16(at) : data.getUint32(at);
  };
  for (let pc = 0; pc < program.length / 8; pc++) {
    const op = code.getUint16(8 * pc, true);
    const yes = code.getUint8(8 * pc + 2);
    const no = code.getUint8(8 * pc + 3);
    const k = code.getUint32(8 * pc + 4, true);
    // A load beyond the end of the packet ends the program with 0.
    const loaded = (value: number | undefined): boolean => {
      a = value ?? 0;
      return value !== undefined;
    };
    switch (op) {
      case 0x20:
        if (!loaded(load(4, k))) return 0;
        break; // ld [k]
      case 0x28:
        if (!loaded(load(2, k))) return 0;
        break; // ldh [k]
      case 0x30:
        if (!loaded(load(1, k))) return 0;
        break; // ldb [k]
      case 0x40:
        if (!loaded(load(4, x + k))) return 0;
        break;
      case 0x48:
        if (!loaded(load(2, x + k))) return 0;
        break;
      case 0x50:
        if (!loaded(load(1, x + k))) return 0;
        break;
      case 0xb1: {
        // ldx 4*([k]&0xf)
        const byte = load(1, k);
        if (byte === undefined) return 0;
        x = 4 * (byte & 0xf);
        break;
      }
      case 0x00:
        a = k;
        break; // ld #k
      case 0x60:
        a = memory[k] ?? 0;
        break; // ld M[k]
      case 0x02:
        memory[k] = a;
        break; // st M[k]
      case 0x07:
        x = a;
        break; // tax
      case 0x54:
        a = (a & k) >>> 0;
        break;
      case 0x74:
        a = a >>> k;
        break;
      case 0x64:
        a = (a << k) >>> 0;
        break;
      case 0x04:
        a = (a + k) >>> 0;
        break;
      case 0x0c:
        a = (a + x) >>> 0;
        break;
      case 0x7c:
        a = x > 31 ? 0 : a >>> x;
        break;
      case 0x15:
        pc += a === k ? yes : no;
        break; // jeq
      case 0x45:
        pc += (a & k) !== 0 ? yes : no;
        break; // jset
      case 0x05:
        pc += k;
        break; // ja
      case 0x06:
        return k; // ret #k
      default:
        throw new Error(`unknown instruction 0x${op.toString(16)}`);
    }
  }
  throw new Error("the program does not end");
}
