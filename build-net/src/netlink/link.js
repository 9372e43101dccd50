import { AttributeTable, HEADER_LENGTH, MessageWriter, readI32, readU16, readU32 } from "./attributes.js";
import {
  AF_UNSPEC,
  IFLA_ADDRESS,
  IFLA_EXT_MASK,
  IFLA_IFNAME,
  IFLA_MASTER,
  IFLA_MTU,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  RTEXT_FILTER_SKIP_STATS,
  RTM_DELLINK,
  RTM_GETLINK,
  RTM_NEWLINK
} from "./constants.js";
import { malformed } from "./decoded.js";
const FIXED = 16;
const attributes = new AttributeTable(IFLA_MASTER);
const writer = new MessageWriter();
function decodeLink(bytes, offset, header) {
  const start = offset + HEADER_LENGTH;
  const end = offset + header.length;
  if (start + FIXED > end) return malformed("tooShort", `${header.length} bytes of link`);
  const problem = attributes.read(bytes, start + FIXED, end);
  if (problem !== void 0) return problem;
  const value = {
    family: bytes[start] ?? 0,
    type: readU16(bytes, start + 2),
    index: readI32(bytes, start + 4),
    flags: readU32(bytes, start + 8),
    master: attributes.u32(IFLA_MASTER) ?? 0
  };
  const name = attributes.text(IFLA_IFNAME);
  const mac = attributes.bytes(IFLA_ADDRESS);
  const mtu = attributes.u32(IFLA_MTU);
  if (name !== void 0) value.name = name;
  if (mac !== void 0) value.mac = mac;
  if (mtu !== void 0) value.mtu = mtu;
  return { ok: true, value };
}
function encodeDumpLinks() {
  return fixed(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 0, 0, 0).attributeU32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS).finish();
}
function encodeSetLink(change) {
  fixed(RTM_NEWLINK, NLM_F_REQUEST, change.index, change.flags ?? 0, change.mask ?? 0);
  if (change.mtu !== void 0) writer.attributeU32(IFLA_MTU, change.mtu);
  if (change.mac !== void 0) writer.attribute(IFLA_ADDRESS, change.mac);
  return writer.finish();
}
function encodeDeleteLink(index) {
  return fixed(RTM_DELLINK, NLM_F_REQUEST, index, 0, 0).finish();
}
function fixed(type, messageFlags, index, flags, mask) {
  return writer.begin(type, messageFlags).u8(AF_UNSPEC, 0).u16(0).u32(index).u32(flags).u32(mask);
}
export {
  decodeLink,
  encodeDeleteLink,
  encodeDumpLinks,
  encodeSetLink
};
//# sourceMappingURL=link.js.map
