/** Hexadecimal strings of checks: datagrams, reply patterns, digests (config-language reference, 5.6). */
import { Complaint, type Value } from "../schema.js";

/** Bytes in hexadecimal, and the nibbles that count. */
export interface HexPattern {
  bytes: string;
  mask: string;
}

const PAIRS = new Complaint("must be hexadecimal bytes, in pairs of digits or apart", "general");

/** Pairs of digits, blanks between groups free; a single digit is one byte. `x` stands for any nibble where allowed. */
export function parseHex(text: string, wildcards: boolean): HexPattern | Complaint {
  const digits = wildcards ? /^[0-9a-fxA-FX]{1,2}/ : /^[0-9a-fA-F]{1,2}/;
  let bytes = "";
  let mask = "";
  for (const group of text.split(/\s+/)) {
    for (let rest = group; rest !== ""; ) {
      const found = digits.exec(rest)?.[0];
      if (found === undefined) return PAIRS;
      rest = rest.slice(found.length);
      for (const nibble of found.toLowerCase().padStart(2, "0")) {
        bytes += nibble === "x" ? "0" : nibble;
        mask += nibble === "x" ? "0" : "f";
      }
    }
  }
  return bytes === "" ? PAIRS : { bytes, mask };
}

/** An MD5 digest. */
export const md5Digest: Value<string> = {
  syntax: "MD5 digest",
  read: (word) =>
    /^[0-9a-fA-F]{32}$/.test(word) ? word.toLowerCase() : new Complaint("must be 32 hexadecimal digits"),
};
