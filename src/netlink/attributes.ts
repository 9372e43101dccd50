/**
 * Netlink messages as a header, a fixed part and attributes. Pure.
 *
 *   struct nlmsghdr: u32 length, u16 type, u16 flags, u32 sequence, u32 port id      (linux/netlink.h)
 *   struct nlattr:   u16 length (header included), u16 type, value, padding to 4 bytes
 *
 * All in host order; flags NLA_F_NESTED and NLA_F_NET_BYTEORDER are the two upper bits of the type.
 */
import { type Decoded, malformed } from "./decoded.js";
import { LITTLE_ENDIAN } from "./host-order.js";

export const HEADER_LENGTH = 16;
const ATTRIBUTE_HEADER = 4;
const TYPE_MASK = 0x3fff;
const NESTED = 0x8000;

/** NLMSG_ALIGN and NLA_ALIGN. */
export function align4(length: number): number {
  return (length + 3) & ~3;
}

export interface Header {
  length: number;
  type: number;
  flags: number;
  sequence: number;
  /** Of a notification: who caused it (0 the kernel). Of a reply: the asker. */
  portId: number;
}

/** Reads the header at `offset`; a good one has all its bytes before `end`. */
export function decodeHeader(bytes: Uint8Array, offset: number, end: number): Decoded<Header> {
  if (end > bytes.length || offset + HEADER_LENGTH > end)
    return malformed("tooShort", `${end - offset} bytes of header`);
  const length = readU32(bytes, offset);
  if (length < HEADER_LENGTH || offset + length > end) {
    return malformed("badLength", `message of ${length} bytes in ${end - offset}`);
  }
  const value = {
    length,
    type: readU16(bytes, offset + 4),
    flags: readU16(bytes, offset + 6),
    sequence: readU32(bytes, offset + 8),
    portId: readU32(bytes, offset + 12),
  };
  return { ok: true, value };
}

/** Host-order reads; the caller has checked the range. */
export function readU16(bytes: Uint8Array, offset: number): number {
  const a = bytes[offset] ?? 0;
  const b = bytes[offset + 1] ?? 0;
  return LITTLE_ENDIAN ? a | (b << 8) : (a << 8) | b;
}

export function readU32(bytes: Uint8Array, offset: number): number {
  const low = readU16(bytes, offset);
  const high = readU16(bytes, offset + 2);
  return LITTLE_ENDIAN ? high * 0x10000 + low : low * 0x10000 + high;
}

export function readI32(bytes: Uint8Array, offset: number): number {
  return readU32(bytes, offset) | 0;
}

export function readU64(bytes: Uint8Array, offset: number): bigint {
  const first = BigInt(readU32(bytes, offset));
  const second = BigInt(readU32(bytes, offset + 4));
  return LITTLE_ENDIAN ? (second << 32n) | first : (first << 32n) | second;
}

/**
 * The attributes of one message, by type. An instance is reused from message to message (nothing is allocated per
 * attribute); types above `maxType` are skipped, of a repeated one the last counts, as in the kernel's nla_parse.
 */
export class AttributeTable {
  readonly #offsets: Int32Array;
  readonly #lengths: Int32Array;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(maxType: number) {
    this.#offsets = new Int32Array(maxType + 1);
    this.#lengths = new Int32Array(maxType + 1);
  }

  /** Indexes `bytes[start, end)`. @returns undefined when all is well. */
  read(bytes: Uint8Array, start: number, end: number): Decoded<never> | undefined {
    this.#bytes = bytes;
    this.#lengths.fill(-1);
    if (end > bytes.length || start > end) return malformed("tooShort", "no room for attributes");
    let at = start;
    // Up to three bytes of padding may follow the last attribute.
    while (at + ATTRIBUTE_HEADER <= end) {
      const length = readU16(bytes, at);
      if (length < ATTRIBUTE_HEADER || at + length > end) {
        return malformed("badLength", `attribute of ${length} bytes in ${end - at}`);
      }
      const type = readU16(bytes, at + 2) & TYPE_MASK;
      if (type < this.#lengths.length) {
        this.#offsets[type] = at + ATTRIBUTE_HEADER;
        this.#lengths[type] = length - ATTRIBUTE_HEADER;
      }
      at += align4(length);
    }
    return undefined;
  }

  has(type: number): boolean {
    return this.length(type) >= 0;
  }

  /** Bytes of the value; -1 when there is none. */
  length(type: number): number {
    return this.#lengths[type] ?? -1;
  }

  /** Where the value starts; only meaningful when `has`. */
  offset(type: number): number {
    return this.#offsets[type] ?? 0;
  }

  /** u32 value, undefined when missing or not 4 bytes or more. */
  u32(type: number): number | undefined {
    return this.length(type) >= 4 ? readU32(this.#bytes, this.offset(type)) : undefined;
  }

  /** First byte of the value. */
  u8(type: number): number | undefined {
    return this.length(type) >= 1 ? this.#bytes[this.offset(type)] : undefined;
  }

  /** u16 value, undefined when missing or not 2 bytes or more. */
  u16(type: number): number | undefined {
    return this.length(type) >= 2 ? readU16(this.#bytes, this.offset(type)) : undefined;
  }

  /** u16 value in network order, undefined when missing or not 2 bytes or more. */
  port(type: number): number | undefined {
    if (this.length(type) < 2) return undefined;
    const at = this.offset(type);
    return ((this.#bytes[at] ?? 0) << 8) | (this.#bytes[at + 1] ?? 0);
  }

  /** A copy of the value. */
  bytes(type: number): Uint8Array | undefined {
    const length = this.length(type);
    return length < 0 ? undefined : this.#bytes.slice(this.offset(type), this.offset(type) + length);
  }

  /** Text up to the first NUL; bytes beyond ASCII as latin1, as interface names may hold any. */
  text(type: number): string | undefined {
    const length = this.length(type);
    if (length < 0) return undefined;
    const start = this.offset(type);
    let text = "";
    for (let i = start; i < start + length; i++) {
      const byte = this.#bytes[i] ?? 0;
      if (byte === 0) break;
      text += String.fromCharCode(byte);
    }
    return text;
  }
}

/** Writes one message. The fixed part comes first, then the attributes; `finish` sets the lengths. */
export class MessageWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** Starts over with a header; sequence and port id are for the sender to fill in (see `setSequence`). */
  begin(type: number, flags: number): this {
    this.#length = HEADER_LENGTH;
    this.#bytes.fill(0, 0, HEADER_LENGTH);
    this.#view.setUint16(4, type, LITTLE_ENDIAN);
    this.#view.setUint16(6, flags, LITTLE_ENDIAN);
    return this;
  }

  u8(...values: number[]): this {
    const at = this.#grow(values.length);
    for (const [i, value] of values.entries()) this.#view.setUint8(at + i, value);
    return this;
  }

  u16(value: number): this {
    this.#view.setUint16(this.#grow(2), value, LITTLE_ENDIAN);
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#grow(4), value, LITTLE_ENDIAN);
    return this;
  }

  raw(value: Uint8Array): this {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  attribute(type: number, value: Uint8Array): this {
    this.#attributeHeader(type, value.length);
    return this.raw(value).#pad();
  }

  attributeU32(type: number, value: number): this {
    this.#attributeHeader(type, 4);
    return this.u32(value);
  }

  attributeU16(type: number, value: number): this {
    this.#attributeHeader(type, 2);
    return this.u16(value).#pad();
  }

  /** A u16 in network order. */
  attributePort(type: number, value: number): this {
    this.#attributeHeader(type, 2);
    return this.u8(value >> 8, value & 0xff).#pad();
  }

  attributeU8(type: number, value: number): this {
    this.#attributeHeader(type, 1);
    return this.u8(value).#pad();
  }

  /** Latin1 text with its NUL (the counterpart of `AttributeTable.text`). */
  attributeText(type: number, text: string): this {
    this.#attributeHeader(type, text.length + 1);
    const at = this.#grow(text.length + 1);
    for (let i = 0; i < text.length; i++) this.#bytes[at + i] = text.charCodeAt(i);
    this.#bytes[at + text.length] = 0;
    return this.#pad();
  }

  /** Attributes inside an attribute. */
  nested(type: number, write: (inner: this) => void): this {
    return this.sized((inner) => write(inner.u16(type | NESTED)));
  }

  /** What begins with its own length in 16 bits, as struct rtnexthop. */
  sized(write: (inner: this) => void): this {
    const start = this.#length;
    write(this.u16(0));
    this.#view.setUint16(start, this.#length - start, LITTLE_ENDIAN);
    return this;
  }

  /** @returns a copy of the whole message. */
  finish(): Uint8Array {
    this.#view.setUint32(0, this.#length, LITTLE_ENDIAN);
    return this.#bytes.slice(0, this.#length);
  }

  #attributeHeader(type: number, valueLength: number): void {
    this.u16(ATTRIBUTE_HEADER + valueLength).u16(type);
  }

  #pad(): this {
    const end = align4(this.#length);
    this.#bytes.fill(0, this.#grow(end - this.#length), end);
    return this;
  }

  /** Makes room. @returns where it starts. */
  #grow(count: number): number {
    const at = this.#length;
    if (at + count > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, at + count));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#length = at + count;
    return at;
  }
}

/** Fills in what only the sender knows, in place. Port id 0: the kernel takes that of the socket. */
export function setSequence(message: Uint8Array, offset: number, sequence: number): void {
  new DataView(message.buffer, message.byteOffset).setUint32(offset + 8, sequence, LITTLE_ENDIAN);
}
