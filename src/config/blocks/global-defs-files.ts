/** `global_defs`: files, directories, reload, and what acts on the rest of the text at once. */
import { didYouMean } from "../did-you-mean.js";
import { quoted } from "../diagnostic.js";
import { INCLUDE_CHECKS, type IncludeCheck } from "../lexer/includes.js";
import { custom, flag, missingArgument, once, type Row, setting } from "../schema.js";
import { decodeBytes, type Word } from "../text.js";
import { text } from "../values/name.js";
import { boolean, integer } from "../values/number.js";
import { readUmask } from "../values/umask.js";

export const fileRows = {
  umask: custom<number>(
    {
      syntax: "<0-0777>|BIT[|BIT...]",
      doc: "Mask for created files: a number, octal with a leading 0, or names like IRWXG|IRWXO; 0177 by default.",
      default: 0o177,
      read: (site) => readUmask(site),
    },
    { unit: "mode bits" },
  ),
  random_seed: randomSeed(),
  include_check: includeCheck(),
  config_save_dir: setting(
    text("DIRECTORY"),
    "Keep the configuration of the start and of each reload here, with passwords, and the state of the processes before and after it.",
  ),
  tmp_config_directory: once(
    setting(text("DIRECTORY"), "Of no use here: the processes get the configuration without a copy.", {
      lenient: true,
    }),
  ),
  reload_check_config: setting(
    text("LOG_FILE"),
    "Refuse a reload whose configuration does not pass -t without a remark that counts; its messages go to this file.",
    { alone: "/dev/null" },
  ),
  reload_time_file: onePath("File whose first line says when to reload."),
  reload_repeat: flag("Keep reload_time_file for a reload every day."),
  reload_file: setting(
    text("PATH"),
    "File that is there while a reload reads the configuration; keepalived.reload beside the pid files when alone.",
    { alone: "" },
  ),
  data_use_instance: setting(boolean, "Namespace and instance in the names of dump files.", {
    default: false,
    alone: true,
  }),
  json_version: setting(integer(1, 2), "Layout of the JSON dump.", { default: 1, lenient: true }),
  iproute_usr_dir: onePath(
    "Second directory of the names of routing tables; /usr/share/iproute2 by default.",
  ),
  iproute_etc_dir: onePath("First directory of the names of routing tables; /etc/iproute2 by default."),
  state_dump_file: onePath("Name of the dump of the state, or its directory with a slash at the end."),
  stats_dump_file: onePath("Name of the dump of the statistics."),
  json_dump_file: onePath("Name of the dump as JSON."),
  state_file_location: onePath("The manual's name of state_dump_file."),
  stats_file_location: onePath("The manual's name of stats_dump_file."),
  json_file_location: onePath("The manual's name of json_dump_file."),
};

/** Exactly one word that is not empty. */
function onePath(doc: string, options?: Parameters<typeof custom>[1]): Row<string | undefined> {
  return custom<string | undefined>(
    {
      syntax: "PATH",
      doc,
      default: undefined,
      read: (site) => {
        const [, path, extra] = site.words;
        if (path === undefined) return missingArgument(site, "a path", true);
        if (extra === undefined && path.text !== "") return decodeBytes(path.text);
        const reason = extra === undefined ? "a path, not an empty word" : "exactly one path";
        const message = `'${site.head.text}' needs ${reason}; the line is ignored`;
        site.tree.diagnostics.report("general", extra ?? path, message);
        return undefined;
      },
    },
    options,
  );
}

/** Acts at once: the random numbers that follow are the same every time. */
function randomSeed(): Row<number | undefined> {
  const row = setting(integer(0, 0xffffffff), "Makes ${_RANDOM} on the lines that follow repeatable.");
  const read: typeof row.read = (site, previous) => {
    const seed = row.read(site, previous);
    if (seed !== undefined) site.tree.lines.definitions.seedRandom(seed);
    return seed;
  };
  return { ...row, read };
}

/** The manual says readable, upstream's parser read. */
function checkNamed(name: string): IncludeCheck | undefined {
  return name === "readable" ? "read" : INCLUDE_CHECKS.find((candidate) => candidate === name);
}

/** Acts at once: it decides about the include lines that follow. */
function includeCheck(): Row<readonly string[]> {
  return custom<readonly string[]>({
    syntax: "[[+|-]read] [[+|-]match] [[+|-]wildcard_match] [[+|-]brace_match]",
    doc: "Which include problems are errors; alone: all of them.",
    default: [],
    read: (site) => {
      const { lines, diagnostics } = site.tree;
      const checks = new Set<IncludeCheck>(site.words.length > 1 ? lines.files.checks : INCLUDE_CHECKS);
      const refuse = (word: Word, hint: string) => {
        const message = `'include_check' cannot use ${quoted(word.text)}; it is ignored${hint}`;
        diagnostics.report("general", word, message);
      };
      for (const [i, word] of site.words.slice(1).entries()) {
        const sign = /^[+-]/.exec(word.text)?.[0] ?? "";
        const check = checkNamed(word.text.slice(sign.length));
        if (check === undefined) refuse(word, didYouMean(word.text, INCLUDE_CHECKS));
        else if (sign === "" && i > 0) refuse(word, "; only the first word may be without + or -");
        else if (sign === "-") checks.delete(check);
        else {
          if (sign === "") {
            checks.clear();
            checks.add("read");
          }
          checks.add(check);
        }
      }
      lines.files.checks = checks;
      return [...checks];
    },
  });
}
