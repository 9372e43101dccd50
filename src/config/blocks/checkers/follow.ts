/** `FILE_CHECK` and `BFD_CHECK`: checkers that follow something defined elsewhere. */
import { quoted } from "../../diagnostic.js";
import { custom, missingArgument, once, type Row, setting, table } from "../../schema.js";
import type { Word } from "../../text.js";
import { boolean, integer } from "../../values/number.js";

const LARGEST_WEIGHT = 2147483647;
/** Upstream's limit for the name of a session. */
const LONGEST_SESSION = 31;

interface FileWeight {
  weight: number;
  reverse: boolean;
}

export const fileCheck = table("FILE_CHECK", {
  track_file: nameOf("TRACK_FILE", "A track_file that is defined before; the number in it counts."),
  weight: fileWeight(),
});

export const bfdCheck = table("BFD_CHECK", {
  name: once(nameOf("BFD_INSTANCE", "A bfd_instance that is defined before.", LONGEST_SESSION)),
  alpha: setting(boolean, "Down until the session is up.", { alone: true }),
});

function nameOf(syntax: string, doc: string, longest?: number): Row<Word | undefined> {
  return custom<Word | undefined>({
    syntax,
    doc,
    default: undefined,
    read: (site) => {
      const word = site.words[1];
      if (word === undefined) return missingArgument(site, "a name", longest !== undefined);
      site.tree.noteExtraWords(site, 2);
      if (longest === undefined || word.text.length <= longest) return word;
      const message = `${quoted(word.text)} must be at most ${longest} characters; the line is ignored`;
      site.tree.diagnostics.report("general", word, message);
      return undefined;
    },
  });
}

/** INTEGER [reverse|noreverse]. */
function fileWeight(): Row<FileWeight | undefined> {
  const value = integer(-LARGEST_WEIGHT, LARGEST_WEIGHT);
  return custom<FileWeight | undefined>({
    syntax: `${value.syntax} [reverse|noreverse]`,
    doc: "Factor for the number in the file; 0: any number but 0 is a fault. The track_file's by default.",
    default: undefined,
    read: (site) => {
      const [head, word, mode] = site.words;
      if (word === undefined) return missingArgument(site, value.syntax, true);
      const weight = value.read(word.text);
      const at = typeof weight === "number" ? mode : word;
      const known = mode === undefined || mode.text === "reverse" || mode.text === "noreverse";
      if (typeof weight === "number" && known) return { weight, reverse: mode?.text === "reverse" };
      const expected =
        typeof weight === "number" ? "must be followed by reverse or noreverse" : `must be ${value.syntax}`;
      site.tree.diagnostics.report(
        typeof weight === "number" ? "general" : "invalidNumber",
        at ?? head,
        `'${site.head.text}' ${expected}, not ${quoted(at?.text ?? "")}; the line is ignored`,
      );
      return undefined;
    },
  });
}
