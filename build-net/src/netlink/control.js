import { AttributeTable, align4, HEADER_LENGTH, readI32, readU32 } from "./attributes.js";
import {
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLMSG_ERROR,
  NLMSGERR_ATTR_MSG,
  NLMSGERR_ATTR_OFFS
} from "./constants.js";
import { malformed } from "./decoded.js";
const attributes = new AttributeTable(NLMSGERR_ATTR_OFFS);
function decodeOutcome(bytes, offset, header) {
  const end = offset + header.length;
  let at = offset + HEADER_LENGTH;
  if (header.type !== NLMSG_ERROR && at + 4 > end) return { ok: true, value: { errno: 0 } };
  if (at + (header.type === NLMSG_ERROR ? 4 + HEADER_LENGTH : 4) > end) {
    return malformed("tooShort", `${header.length} bytes of outcome`);
  }
  const error = readI32(bytes, at);
  const value = { errno: error < 0 ? -error : 0 };
  at += 4;
  if ((header.flags & NLM_F_ACK_TLVS) === 0) return { ok: true, value };
  if (header.type === NLMSG_ERROR) {
    const requestLength = readU32(bytes, at);
    const repeated = (header.flags & NLM_F_CAPPED) !== 0 ? HEADER_LENGTH : requestLength;
    if (repeated < HEADER_LENGTH || repeated > end - at) return malformed("badLength", `request of ${repeated} bytes`);
    at = Math.min(at + align4(repeated), end);
  }
  const problem = attributes.read(bytes, at, end);
  if (problem !== void 0) return problem;
  const text = attributes.text(NLMSGERR_ATTR_MSG);
  const where = attributes.u32(NLMSGERR_ATTR_OFFS);
  if (text !== void 0) value.text = text;
  if (where !== void 0) value.attributeOffset = where;
  return { ok: true, value };
}
export {
  decodeOutcome
};
//# sourceMappingURL=control.js.map
