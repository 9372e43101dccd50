/**
 * NLMSG_ERROR (an acknowledgement when its error is 0) and NLMSG_DONE, with extended ACK. Pure.
 *
 *   NLMSG_ERROR: header, i32 error (negative errno), the request's nlmsghdr, [rest of the request unless
 *                NLM_F_CAPPED], [attributes when NLM_F_ACK_TLVS]
 *   NLMSG_DONE:  header, i32 error of the dump, [attributes when NLM_F_ACK_TLVS]
 */
import { AttributeTable, align4, HEADER_LENGTH, type Header, readI32, readU32 } from "./attributes.js";
import {
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLMSG_ERROR,
  NLMSGERR_ATTR_MSG,
  NLMSGERR_ATTR_OFFS,
} from "./constants.js";
import { type Decoded, malformed } from "./decoded.js";

export interface Outcome {
  /** Positive errno; 0 for success. */
  errno: number;
  /** The kernel's own words. */
  text?: string;
  /** Where in the request the offending attribute stands. */
  attributeOffset?: number;
}

const attributes = new AttributeTable(NLMSGERR_ATTR_OFFS);

/** Decodes the body of NLMSG_ERROR or NLMSG_DONE whose header at `offset` is good. */
export function decodeOutcome(bytes: Uint8Array, offset: number, header: Header): Decoded<Outcome> {
  const end = offset + header.length;
  let at = offset + HEADER_LENGTH;
  // A bare NLMSG_DONE is what old kernels send at the end of a good dump.
  if (header.type !== NLMSG_ERROR && at + 4 > end) return { ok: true, value: { errno: 0 } };
  if (at + (header.type === NLMSG_ERROR ? 4 + HEADER_LENGTH : 4) > end) {
    return malformed("tooShort", `${header.length} bytes of outcome`);
  }
  const error = readI32(bytes, at);
  const value: Outcome = { errno: error < 0 ? -error : 0 };
  at += 4;
  if ((header.flags & NLM_F_ACK_TLVS) === 0) return { ok: true, value };
  if (header.type === NLMSG_ERROR) {
    const requestLength = readU32(bytes, at);
    const repeated = (header.flags & NLM_F_CAPPED) !== 0 ? HEADER_LENGTH : requestLength;
    // Not with align4 on an untrusted 32-bit number: it would turn negative.
    if (repeated < HEADER_LENGTH || repeated > end - at)
      return malformed("badLength", `request of ${repeated} bytes`);
    at = Math.min(at + align4(repeated), end);
  }
  const problem = attributes.read(bytes, at, end);
  if (problem !== undefined) return problem;
  const text = attributes.text(NLMSGERR_ATTR_MSG);
  const where = attributes.u32(NLMSGERR_ATTR_OFFS);
  if (text !== undefined) value.text = text;
  if (where !== undefined) value.attributeOffset = where;
  return { ok: true, value };
}
