import { AttributeTable, HEADER_LENGTH, MessageWriter, readU32 } from "./attributes.js";
import {
  AF_INET,
  AF_INET6,
  IFA_ADDRESS,
  IFA_BROADCAST,
  IFA_CACHEINFO,
  IFA_FLAGS,
  IFA_LABEL,
  IFA_LOCAL,
  IFA_PROTO,
  LIFETIME_FOREVER,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  NLM_F_REQUEST,
  RTM_DELADDR,
  RTM_GETADDR,
  RTM_NEWADDR
} from "./constants.js";
import { malformed } from "./decoded.js";
const FIXED = 8;
const attributes = new AttributeTable(IFA_PROTO);
const writer = new MessageWriter();
function decodeAddress(bytes, offset, header) {
  const start = offset + HEADER_LENGTH;
  const end = offset + header.length;
  if (start + FIXED > end) return malformed("tooShort", `${header.length} bytes of address`);
  const problem = attributes.read(bytes, start + FIXED, end);
  if (problem !== void 0) return problem;
  const family = bytes[start] ?? 0;
  const size = family === AF_INET ? 4 : family === AF_INET6 ? 16 : -1;
  const other = attributes.bytes(IFA_ADDRESS);
  const local = attributes.bytes(IFA_LOCAL) ?? other;
  if (local === void 0 || local.length !== size) return malformed("badAttribute", `address of family ${family}`);
  if (other !== void 0 && other.length !== size) return malformed("badAttribute", `peer of family ${family}`);
  const value = {
    family,
    prefixLength: bytes[start + 1] ?? 0,
    scope: bytes[start + 3] ?? 0,
    index: readU32(bytes, start + 4),
    flags: attributes.u32(IFA_FLAGS) ?? bytes[start + 2] ?? 0,
    local
  };
  if (other !== void 0 && !other.every((byte, i) => byte === local[i])) value.peer = other;
  const label = attributes.text(IFA_LABEL);
  if (label !== void 0) value.label = label;
  return { ok: true, value };
}
function encodeNewAddress(wish) {
  fixed(RTM_NEWADDR, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL, wish, wish.scope, wish.flags);
  writer.attribute(IFA_LOCAL, wish.address);
  if (wish.peer !== void 0) writer.attribute(IFA_ADDRESS, wish.peer);
  if (wish.broadcast !== void 0) writer.attribute(IFA_BROADCAST, wish.broadcast);
  if (wish.label !== void 0) writer.attributeText(IFA_LABEL, wish.label);
  if (wish.flags !== 0) writer.attributeU32(IFA_FLAGS, wish.flags);
  if (wish.preferredSeconds !== LIFETIME_FOREVER) {
    const info = new Uint8Array(16);
    new Uint32Array(info.buffer).set([wish.preferredSeconds, LIFETIME_FOREVER]);
    writer.attribute(IFA_CACHEINFO, info);
  }
  if (wish.protocol !== void 0) writer.attributeU8(IFA_PROTO, wish.protocol);
  return writer.finish();
}
function encodeDeleteAddress(wish) {
  fixed(RTM_DELADDR, NLM_F_REQUEST, wish, 0, 0);
  writer.attribute(IFA_LOCAL, wish.address);
  if (wish.address.length === 4) writer.attribute(IFA_ADDRESS, wish.peer ?? wish.address);
  return writer.finish();
}
function encodeDumpAddresses() {
  return writer.begin(RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP).u8(0, 0, 0, 0).u32(0).finish();
}
function fixed(type, messageFlags, wish, scope, flags) {
  const family = wish.address.length === 4 ? AF_INET : AF_INET6;
  writer.begin(type, messageFlags).u8(family, wish.prefixLength, flags & 255, scope).u32(wish.index);
}
export {
  decodeAddress,
  encodeDeleteAddress,
  encodeDumpAddresses,
  encodeNewAddress
};
//# sourceMappingURL=address.js.map
