/** Keywords of `track_file`, which may also be written `vrrp_track_file`. */
import { quoted } from "../diagnostic.js";
import { custom, missingArgument, type Row, table } from "../schema.js";
import { decodeBytes, type Word } from "../text.js";
import { integer } from "../values/number.js";
import { fileWeight } from "./tracking.js";
import { weightRow } from "./weight.js";

/** The path as written, and the directory it is relative to. */
interface FileEntry {
  path: string;
  directory: string;
  at: Word;
}

interface InitialContent {
  value: number;
  overwrite: boolean;
}

/** Beyond that a number in the file has no further effect. */
const SENSIBLE = 254;
const content = integer(-2147483648, 2147483647);

export const trackFile = table("track_file", {
  file: fileRow(),
  weight: weightRow(
    fileWeight,
    "The number in the file is multiplied by it; 0: a number other than 0 is a fault.",
    { default: 1, wrong: 1, once: true, lenient: true },
  ),
  init_file: initRow(),
});

function fileRow(): Row<FileEntry | undefined> {
  return custom<FileEntry | undefined>(
    {
      syntax: "PATH",
      doc: "File to read; its directory must exist.",
      default: undefined,
      read: (site, previous) => {
        const at = site.words[1];
        if (at === undefined) return missingArgument(site, "a path", true);
        if (previous === undefined)
          return { path: decodeBytes(at.text), directory: site.tree.lines.directory, at };
        site.tree.alreadySet(site, previous.head);
        return undefined;
      },
    },
    { repeat: "first wins" },
  );
}

/** [NUMBER] [overwrite]. */
function initRow(): Row<InitialContent | undefined> {
  return custom<InitialContent | undefined>({
    syntax: "[NUMBER] [overwrite]",
    doc: "Write this number (0) at start when the file is missing, or in any case.",
    default: undefined,
    read: (site) => {
      const { diagnostics } = site.tree;
      const initial: InitialContent = { value: 0, overwrite: false };
      for (const word of site.words.slice(1)) {
        if (word.text === "overwrite") {
          initial.overwrite = true;
          continue;
        }
        const value = content.read(word.text);
        if (typeof value !== "number") {
          const message = `'init_file' takes a number and 'overwrite', not ${quoted(word.text)}, which is ignored`;
          diagnostics.report("general", word, message);
          continue;
        }
        if (Math.abs(value) > SENSIBLE) {
          const message = `${value} is beyond -${SENSIBLE} to ${SENSIBLE}, where a number makes a difference; it is used`;
          diagnostics.report("general", word, message, { severity: "warning" });
        }
        initial.value = value;
      }
      return initial;
    },
  });
}
