import { malformed } from "./decoded.js";
import { LITTLE_ENDIAN } from "./host-order.js";
const HEADER_LENGTH = 16;
const ATTRIBUTE_HEADER = 4;
const TYPE_MASK = 16383;
const NESTED = 32768;
function align4(length) {
  return length + 3 & ~3;
}
function decodeHeader(bytes, offset, end) {
  if (end > bytes.length || offset + HEADER_LENGTH > end) return malformed("tooShort", `${end - offset} bytes of header`);
  const length = readU32(bytes, offset);
  if (length < HEADER_LENGTH || offset + length > end) {
    return malformed("badLength", `message of ${length} bytes in ${end - offset}`);
  }
  const value = {
    length,
    type: readU16(bytes, offset + 4),
    flags: readU16(bytes, offset + 6),
    sequence: readU32(bytes, offset + 8),
    portId: readU32(bytes, offset + 12)
  };
  return { ok: true, value };
}
function readU16(bytes, offset) {
  const a = bytes[offset] ?? 0;
  const b = bytes[offset + 1] ?? 0;
  return LITTLE_ENDIAN ? a | b << 8 : a << 8 | b;
}
function readU32(bytes, offset) {
  const low = readU16(bytes, offset);
  const high = readU16(bytes, offset + 2);
  return LITTLE_ENDIAN ? high * 65536 + low : low * 65536 + high;
}
function readI32(bytes, offset) {
  return readU32(bytes, offset) | 0;
}
class AttributeTable {
  #offsets;
  #lengths;
  #bytes = new Uint8Array(0);
  constructor(maxType) {
    this.#offsets = new Int32Array(maxType + 1);
    this.#lengths = new Int32Array(maxType + 1);
  }
  /** Indexes `bytes[start, end)`. @returns undefined when all is well. */
  read(bytes, start, end) {
    this.#bytes = bytes;
    this.#lengths.fill(-1);
    if (end > bytes.length || start > end) return malformed("tooShort", "no room for attributes");
    let at = start;
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
    return void 0;
  }
  has(type) {
    return this.length(type) >= 0;
  }
  /** Bytes of the value; -1 when there is none. */
  length(type) {
    return this.#lengths[type] ?? -1;
  }
  /** Where the value starts; only meaningful when `has`. */
  offset(type) {
    return this.#offsets[type] ?? 0;
  }
  /** u32 value, undefined when missing or not 4 bytes or more. */
  u32(type) {
    return this.length(type) >= 4 ? readU32(this.#bytes, this.offset(type)) : void 0;
  }
  /** A copy of the value. */
  bytes(type) {
    const length = this.length(type);
    return length < 0 ? void 0 : this.#bytes.slice(this.offset(type), this.offset(type) + length);
  }
  /** Text up to the first NUL; bytes beyond ASCII as latin1, as interface names may hold any. */
  text(type) {
    const length = this.length(type);
    if (length < 0) return void 0;
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
class MessageWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  /** Starts over with a header; sequence and port id are for the sender to fill in (see `setSequence`). */
  begin(type, flags) {
    this.#length = HEADER_LENGTH;
    this.#bytes.fill(0, 0, HEADER_LENGTH);
    this.#view.setUint16(4, type, LITTLE_ENDIAN);
    this.#view.setUint16(6, flags, LITTLE_ENDIAN);
    return this;
  }
  u8(...values) {
    const at = this.#grow(values.length);
    for (const [i, value] of values.entries()) this.#view.setUint8(at + i, value);
    return this;
  }
  u16(value) {
    this.#view.setUint16(this.#grow(2), value, LITTLE_ENDIAN);
    return this;
  }
  u32(value) {
    this.#view.setUint32(this.#grow(4), value, LITTLE_ENDIAN);
    return this;
  }
  raw(value) {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
    return this;
  }
  attribute(type, value) {
    this.#attributeHeader(type, value.length);
    return this.raw(value).#pad();
  }
  attributeU32(type, value) {
    this.#attributeHeader(type, 4);
    return this.u32(value);
  }
  attributeU8(type, value) {
    this.#attributeHeader(type, 1);
    return this.u8(value).#pad();
  }
  /** Latin1 text with its NUL (the counterpart of `AttributeTable.text`). */
  attributeText(type, text) {
    this.#attributeHeader(type, text.length + 1);
    const at = this.#grow(text.length + 1);
    for (let i = 0; i < text.length; i++) this.#bytes[at + i] = text.charCodeAt(i);
    this.#bytes[at + text.length] = 0;
    return this.#pad();
  }
  /** Attributes inside an attribute. */
  nested(type, write) {
    const start = this.#length;
    this.#attributeHeader(type | NESTED, 0);
    write(this);
    this.#view.setUint16(start, this.#length - start, LITTLE_ENDIAN);
    return this;
  }
  /** @returns a copy of the whole message. */
  finish() {
    this.#view.setUint32(0, this.#length, LITTLE_ENDIAN);
    return this.#bytes.slice(0, this.#length);
  }
  #attributeHeader(type, valueLength) {
    this.u16(ATTRIBUTE_HEADER + valueLength).u16(type);
  }
  #pad() {
    const end = align4(this.#length);
    this.#bytes.fill(0, this.#grow(end - this.#length), end);
    return this;
  }
  /** Makes room. @returns where it starts. */
  #grow(count) {
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
function setSequence(message, offset, sequence) {
  new DataView(message.buffer, message.byteOffset).setUint32(offset + 8, sequence, LITTLE_ENDIAN);
}
function addFlags(message, offset, flags) {
  const view = new DataView(message.buffer, message.byteOffset);
  view.setUint16(offset + 6, view.getUint16(offset + 6, LITTLE_ENDIAN) | flags, LITTLE_ENDIAN);
}
export {
  AttributeTable,
  HEADER_LENGTH,
  MessageWriter,
  addFlags,
  align4,
  decodeHeader,
  readI32,
  readU16,
  readU32,
  setSequence
};
//# sourceMappingURL=attributes.js.map
