/**
 * Generic netlink: the header of its messages, and the look-up of a family. Pure.
 *
 *   struct genlmsghdr: u8 command, u8 version, u16 reserved     (linux/genetlink.h), then attributes
 *
 * The type of a message is the number of its family, which the kernel gives out when the family is registered.
 */
import { AttributeTable, HEADER_LENGTH, type Header, MessageWriter, readU16 } from "./attributes.js";
import { NLM_F_REQUEST } from "./constants.js";
import { type Decoded, malformed } from "./decoded.js";

/** After nlmsghdr. */
export const GENERIC_HEADER = 4;
/** The family that knows the others. */
const CONTROLLER = 0x10;
const CTRL_CMD_GETFAMILY = 3;
const CTRL_ATTR_FAMILY_ID = 1;
const CTRL_ATTR_FAMILY_NAME = 2;

const writer = new MessageWriter();
const attributes = new AttributeTable(CTRL_ATTR_FAMILY_NAME);

/** Starts a message of a family. */
export function beginGeneric(
  target: MessageWriter,
  family: number,
  flags: number,
  command: number,
  version: number,
): MessageWriter {
  return target.begin(family, NLM_F_REQUEST | flags).u8(command, version, 0, 0);
}

/** CTRL_CMD_GETFAMILY by name. */
export function encodeGetFamily(name: string): Uint8Array {
  return beginGeneric(writer, CONTROLLER, 0, CTRL_CMD_GETFAMILY, 1)
    .attributeText(CTRL_ATTR_FAMILY_NAME, name)
    .finish();
}

/** The number of a family, from the answer to `encodeGetFamily`. */
export function decodeFamily(bytes: Uint8Array, offset: number, header: Header): Decoded<number> {
  const start = offset + HEADER_LENGTH + GENERIC_HEADER;
  const problem = attributes.read(bytes, start, offset + header.length);
  if (problem !== undefined) return problem;
  if (attributes.length(CTRL_ATTR_FAMILY_ID) < 2) return malformed("badAttribute", "no number of the family");
  return { ok: true, value: readU16(bytes, attributes.offset(CTRL_ATTR_FAMILY_ID)) };
}
