/** Keywords of `auth_hmac` in `vrrp_instance`: signed adverts (VRRP reference, 5). */
import { quoted } from "../diagnostic.js";
import { custom, readValue, type Row, setting, type Site, table } from "../schema.js";
import { decodeBytes, type Word } from "../text.js";
import { oneOf } from "../values/name.js";
import { integer } from "../values/number.js";

/** A key as written: its bytes, or the file where they are. */
export interface KeyEntry {
  id: number;
  /** `key` of the block. */
  head: Word;
  at: Word;
  source: { hex: string } | { path: string; directory: string };
}

const SHORTEST_KEY = 32;
const LONGEST_KEY = 64;
const keyId = integer(1, 255);

export const authHmac = table("auth_hmac", {
  key: keyRow(),
  active_key: setting(keyId, "The key used for sending."),
  time_window: setting(
    integer(1, 300),
    "Accepted clock difference with 'anti_replay time'; three advert intervals, but 5 to 300, by default.",
    { unit: "s" },
  ),
  anti_replay: setting(
    oneOf("time", "monotonic"),
    "An advert is fresh by synchronised clocks, or by a growing sequence only.",
    { default: "time" },
  ),
  mode: setting(
    oneOf("enforce", "permissive", "receive-only"),
    "Demand signed adverts; accept others too; or also send unsigned ones.",
    { default: "enforce" },
  ),
});

/** ID hex:DIGITS | file:PATH | TEXT. */
function keyRow(): Row<readonly KeyEntry[]> {
  return custom<readonly KeyEntry[]>(
    {
      syntax: "<1-255> hex:DIGITS|file:PATH|TEXT",
      doc: "A key of 32 to 64 bytes; several may be accepted at the same time.",
      default: [],
      read: (site, previous) => {
        const [, idWord, at] = site.words;
        if (idWord === undefined || at === undefined) {
          site.tree.missingParameter(site.head, "'key' needs a number and the key");
          return undefined;
        }
        const id = readValue(site, idWord, keyId);
        if (id === undefined) return undefined;
        const list = previous?.value ?? [];
        const same = list.find((entry) => entry.id === id);
        if (same !== undefined) {
          const notes = [{ message: "it was defined here first", at: same.head }];
          site.tree.diagnostics.report(
            "general",
            idWord,
            `key ${id} is already defined; this one is ignored`,
            {
              notes,
            },
          );
          return undefined;
        }
        const source = readSource(site, at);
        return source && [...list, { id, head: site.head, at, source }];
      },
    },
    { repeat: "accumulates" },
  );
}

function readSource(site: Site, at: Word): KeyEntry["source"] | undefined {
  if (at.text.startsWith("file:"))
    return { path: decodeBytes(at.text.slice(5)), directory: site.tree.lines.directory };
  const key = parseKey(at.text);
  if ("hex" in key) return key;
  site.tree.diagnostics.report("general", at, `${key.wrong}; the key is ignored`);
  return undefined;
}

/** The bytes of a key (latin1): after `hex:` digits in pairs, else the text itself. */
export function parseKey(text: string): { hex: string } | { wrong: string } {
  const hex = text.startsWith("hex:") ? readHex(text.slice(4)) : Buffer.from(text, "latin1").toString("hex");
  if (hex === undefined) return { wrong: `${quoted("hex:")} needs hexadecimal digits in pairs after it` };
  const length = hex.length / 2;
  if (length >= SHORTEST_KEY && length <= LONGEST_KEY) return { hex };
  return { wrong: `a key has ${SHORTEST_KEY} to ${LONGEST_KEY} bytes, not ${length}` };
}

/** Blanks between groups are free; a single digit at the end of a group is a byte. */
function readHex(text: string): string | undefined {
  let hex = "";
  for (const group of text.split(/\s+/)) {
    if (!/^[0-9a-fA-F]*$/.test(group)) return undefined;
    const whole = group.length - (group.length % 2);
    hex += group.slice(0, whole);
    if (whole < group.length) hex += `0${group.slice(whole)}`;
  }
  return hex.toLowerCase();
}
