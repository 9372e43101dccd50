/** `UDP_CHECK`: a datagram, and the reply that must come. */
import { quoted } from "../../diagnostic.js";
import { Complaint, custom, missingArgument, type Row, setting, type Site, table } from "../../schema.js";
import { integer } from "../../values/number.js";
import { type HexPattern, parseHex } from "../../values/payload.js";
import { connectionRows, scheduleRows } from "./timing.js";

const length = integer(0, 65535);

export const udpCheck = table("UDP_CHECK", {
  ...connectionRows,
  ...scheduleRows,
  payload: custom<HexPattern | undefined>({
    syntax: "HEX",
    doc: "Datagram to send, as hexadecimal bytes; any data by default.",
    default: undefined,
    read: (site) => {
      if (site.words[1] === undefined) return missingArgument(site, "a payload", true);
      return readHex(site, false);
    },
  }),
  require_reply: requireReply(),
  min_reply_length: setting(length, "Shortest reply that is accepted.", { default: 0, unit: "bytes" }),
  max_reply_length: setting(length, "Longest reply that is accepted.", { default: 255, unit: "bytes" }),
});

/** [HEX]; "any" when only some reply is wanted. */
function requireReply(): Row<HexPattern | "any" | undefined> {
  return custom<HexPattern | "any" | undefined>({
    syntax: "[HEX]",
    doc: "A reply must come, and begin with these bytes; x stands for any digit.",
    default: undefined,
    read: (site) => (site.words[1] === undefined ? "any" : readHex(site, true)),
  });
}

function readHex(site: Site, wildcards: boolean): HexPattern | undefined {
  const text = site.words
    .slice(1)
    .map((word) => word.text)
    .join(" ");
  const pattern = parseHex(text, wildcards);
  if (!(pattern instanceof Complaint)) return pattern;
  const message = `'${site.head.text}' ${pattern.message}, not ${quoted(text)}; the line is ignored`;
  site.tree.diagnostics.report(pattern.kind, site.words[1] ?? site.head, message);
  return undefined;
}
