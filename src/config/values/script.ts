/** Keywords that take a command, with who runs it (config-language reference, 3.2 and 3.3). */
import { splitCommand, splitScriptLine, type SplitProblem } from "../lexer/script-words.js";
import { custom, missingArgument, type Row, type Site } from "../schema.js";
import { decodeBytes, type Word } from "../text.js";

/** A command as written; users and files are looked at in `meaning/scripts.ts`. */
export interface ScriptEntry {
  args: string[];
  user: Word | undefined;
  group: Word | undefined;
  at: Word;
  /** Directory in force, for a relative path. */
  directory: string;
}

/** Written once; later ones are reported. */
export function script(doc: string): Row<ScriptEntry | undefined> {
  return custom<ScriptEntry | undefined>(
    {
      syntax: "SCRIPT [USER [GROUP]]",
      doc,
      default: undefined,
      read: (site, previous) => {
        if (previous === undefined) return readScript(site);
        site.tree.alreadySet(site, previous.head);
        return undefined;
      },
    },
    { repeat: "first wins" },
  );
}

const PROBLEMS: Readonly<Record<SplitProblem["problem"], string>> = {
  unmatchedQuote: "a quote is not closed; the line is ignored",
  loneBackslash: "a backslash stands alone at the end; the line is ignored",
  tooLong: "a word is longer than 1023 bytes; the line is ignored",
};

/** Reads COMMAND [USER [GROUP]] of a line; `lenient` as for a setting. */
export function readScript(site: Site, lenient = false): ScriptEntry | undefined {
  const { tree, line, head } = site;
  const words = splitScriptLine(line, line.order);
  if (!Array.isArray(words)) {
    const kind = words.problem === "unmatchedQuote" ? "unmatchedQuote" : "general";
    tree.diagnostics.report(kind, words.at, `'${head.text}': ${PROBLEMS[words.problem]}`);
    return undefined;
  }
  const [, command, user, group, extra] = words;
  if (command === undefined) return missingArgument(site, "a script", lenient);
  const args = splitCommand(command.text);
  if (!Array.isArray(args)) {
    tree.diagnostics.report("unmatchedQuote", command, `'${head.text}': ${PROBLEMS[args]}`);
    return undefined;
  }
  if (args[0] === undefined || args[0] === "") {
    tree.diagnostics.report("general", command, `'${head.text}' needs a script, not an empty word`);
    return undefined;
  }
  if (extra !== undefined) {
    const message = `too many words for '${head.text}': quote a command with arguments as a whole, "${decodeBytes(command.text)} ..."`;
    tree.diagnostics.report("logged", extra, message, { severity: "warning" });
  }
  return { args: args.map(decodeBytes), user, group, at: command, directory: tree.lines.directory };
}
