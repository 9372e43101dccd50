/** The file creation mask: a number in C's notation, or names of bits joined by vertical bars. */
import { quoted } from "../diagnostic.js";
import { missingArgument, type Site } from "../schema.js";
import type { Word } from "../text.js";
import { numberInAnyBase } from "./routing.js";

const LARGEST = 0o777;
const BITS: Readonly<Record<string, number>> = { R: 4, W: 2, X: 1, RWX: 7 };
const SHIFTS: Readonly<Record<string, number>> = { USR: 6, GRP: 3, OTH: 0, U: 6, G: 3, O: 0 };

/** The mask of a line `umask ...`. */
export function readUmask(site: Site): number | undefined {
  const [, first] = site.words;
  if (first === undefined) return missingArgument(site, "a number or names of bits");
  if (/^\d/.test(first.text)) {
    const mask = numberInAnyBase(first.text);
    if (mask !== undefined && mask <= LARGEST) return mask;
    return refuse(site, first, "must be a number from 0 to 0777 (octal with its leading 0)");
  }
  let mask = 0;
  let expectBit = true;
  for (const word of site.words.slice(1)) {
    for (const token of word.text.match(/\||[^|]+/g) ?? [""]) {
      if ((token !== "|") !== expectBit) return refuse(site, word, "must be names with '|' between them");
      expectBit = !expectBit;
      const bit = token === "|" ? 0 : bitNamed(token);
      if (bit === undefined) return refuse(site, word, "knows I{R,W,X}{USR,GRP,OTH} and IRWX{U,G,O}");
      mask |= bit;
    }
  }
  return expectBit ? refuse(site, site.words.at(-1) ?? first, "needs a name after the last '|'") : mask;
}

function bitNamed(name: string): number | undefined {
  const parts = /^I(?:([RWX])(USR|GRP|OTH)|(RWX)([UGO]))$/.exec(name);
  if (parts === null) return undefined;
  const bits = BITS[parts[1] ?? parts[3] ?? ""] ?? 0;
  return bits << (SHIFTS[parts[2] ?? parts[4] ?? ""] ?? 0);
}

function refuse(site: Site, at: Word, message: string): undefined {
  site.tree.diagnostics.report(
    "general",
    at,
    `'umask' ${message}, not ${quoted(at.text)}; the line is ignored`,
  );
}
