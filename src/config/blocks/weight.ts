/** `weight NUMBER [reverse]` of the things that can be tracked: scripts, processes, files, BFD sessions. */
import { quoted } from "../diagnostic.js";
import { custom, missingArgument, readValue, type Row, type Value } from "../schema.js";

interface Weight {
  value: number;
  reverse: boolean;
}

interface WeightOptions {
  default: number;
  /** Used when the number is wrong; else the line is ignored. */
  wrong?: number;
  /** Whether a second line that says something else is reported and ignored. */
  once?: boolean;
  /** A missing number is an ordinary error. */
  lenient?: boolean;
}

/** The default weight of a tracker, which a tracking list may override. */
export function weightRow(value: Value<number>, doc: string, options: WeightOptions): Row<Weight> {
  return custom<Weight>(
    {
      syntax: `${value.syntax} [reverse]`,
      doc,
      default: { value: options.default, reverse: false },
      read: (site, previous) => {
        const { tree, words } = site;
        const [, word, mark] = words;
        if (word === undefined) {
          return missingArgument(site, value.syntax, options.lenient);
        }
        if (options.once === true && previous !== undefined) {
          tree.alreadySet(site, previous.head);
          return undefined;
        }
        const weight = readValue(site, word, value, options.wrong);
        if (mark !== undefined && mark.text !== "reverse") {
          const message = `only 'reverse' may follow the weight, not ${quoted(mark.text)}; it is ignored`;
          tree.diagnostics.report("general", mark, message);
        }
        return weight === undefined ? undefined : { value: weight, reverse: mark?.text === "reverse" };
      },
    },
    { repeat: options.once === true ? "first wins" : "last wins" },
  );
}
