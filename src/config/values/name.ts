/** Words that stand for themselves: free text, names of limited length, choices. */
import { nearest } from "../did-you-mean.js";
import { Complaint, type Value } from "../schema.js";
import { decodeBytes } from "../text.js";

/** Any word. */
export function text(syntax: string): Value<string> {
  return { syntax, read: decodeBytes };
}

/** The kernel's limit without its NUL. */
const LONGEST_INTERFACE = 15;

/** A name that the kernel could give to an interface. Whether it exists is asked later. */
export const interfaceName: Value<string> = {
  syntax: "INTERFACE",
  read: (word) => {
    if (word.length > LONGEST_INTERFACE)
      return new Complaint(`must be at most ${LONGEST_INTERFACE} characters`);
    if (word === "" || word === "." || word === ".." || /[/:\s]/.test(word))
      return new Complaint("must be the name of an interface");
    return decodeBytes(word);
  },
};

/** A name of at most so many bytes. */
export function nameUpTo(longest: number, syntax: string): Value<string> {
  const complaint = new Complaint(`must be at most ${longest} characters`);
  return { syntax, read: (word) => (word.length > longest ? complaint : decodeBytes(word)) };
}

/** One of a few words. */
export function oneOf<V extends string>(...choices: readonly V[]): Value<V> {
  const expected = choices.length === 2 ? choices.join(" or ") : `one of ${choices.join(", ")}`;
  return {
    syntax: choices.join("|"),
    read: (word) => {
      const found = choices.find((choice) => choice === word);
      if (found !== undefined) return found;
      const near = nearest(word, choices);
      return new Complaint(
        `must be ${near === undefined ? expected : `${expected} (did you mean '${near}'?)`}`,
      );
    },
  };
}
