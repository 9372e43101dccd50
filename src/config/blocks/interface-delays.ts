/** Interfaces whose changes are acted on late, and interfaces whose link is asked for again and again. */
import { quoted } from "../diagnostic.js";
import { readValue, type Site } from "../schema.js";
import type { Word } from "../text.js";
import { oneOf } from "../values/name.js";
import { seconds } from "../values/number.js";

export interface DelayEntry {
  interface: Word;
  downMicros: number;
  upMicros: number;
}

const delay = seconds("0", "255");

/** INTERFACE DOWN_DELAY [UP_DELAY]. */
export const delayEntry = {
  syntax: "INTERFACE <0-255> [<0-255>]",

  read(words: readonly Word[], site: Site): DelayEntry | undefined {
    const [name, down, up] = words;
    if (name === undefined) return undefined;
    if (down === undefined) {
      const message = `${quoted(name.text)} has no delay, and so no effect`;
      site.tree.diagnostics.report("logged", name, message, { severity: "warning" });
      return { interface: name, downMicros: 0, upMicros: 0 };
    }
    const downMicros = readValue(site, down, delay);
    const upMicros = up === undefined ? downMicros : readValue(site, up, delay);
    if (downMicros === undefined || upMicros === undefined) return undefined;
    return { interface: name, downMicros, upMicros };
  },
};

type PollMethod = "MII" | "ETHTOOL" | "IOCTL";

export interface PollEntry {
  interface: Word;
  method: PollMethod | undefined;
}

const pollMethod = oneOf<PollMethod>("MII", "ETHTOOL", "IOCTL");

/** INTERFACE [MII|ETHTOOL|IOCTL]. */
export const pollEntry = {
  syntax: "INTERFACE [MII|ETHTOOL|IOCTL]",

  read(words: readonly Word[], site: Site): PollEntry | undefined {
    const [name, word, extra] = words;
    if (name === undefined) return undefined;
    const method = word && readValue(site, word, pollMethod);
    if (extra !== undefined) {
      const message = `${quoted(extra.text)} is ignored: only one way to ask for the link can be named`;
      site.tree.diagnostics.report("general", extra, message);
    }
    return { interface: name, method };
  },
};
