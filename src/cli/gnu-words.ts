/**
 * The conventions of GNU getopt_long on which scripts of keepalived rely and which the option parser does not have:
 * long names cut to a unique prefix, optional values only when attached, an empty value counting as missing, and
 * parsing that goes on after a mistake. Rewrites a command line into plain `--name` and `--name=value` words. Pure.
 */

export interface OptionShape {
  /** One letter. */
  short?: string;
  long: string;
  value: "none" | "required" | "optional";
}

interface GnuWords {
  /** `--name` or `--name=value`, in the order given. */
  words: string[];
  /** Words that belong to no option. */
  operands: string[];
  /** One line each, as getopt words them. */
  problems: string[];
}

export function readGnuWords(argv: readonly string[], options: readonly OptionShape[]): GnuWords {
  const out: GnuWords = { words: [], operands: [], problems: [] };
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    if (word === "--") {
      out.operands.push(...argv.slice(at + 1));
      break;
    }
    if (word.startsWith("--")) at += readLong(word, argv[at + 1], options, out);
    else if (word.startsWith("-") && word !== "-") at += readBundle(word, argv[at + 1], options, out);
    else out.operands.push(word);
  }
  return out;
}

/** @returns how many words beyond this one were taken (0 or 1). */
function readLong(
  word: string,
  next: string | undefined,
  options: readonly OptionShape[],
  out: GnuWords,
): number {
  const equals = word.indexOf("=");
  const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
  const attached = equals < 0 ? undefined : word.slice(equals + 1);
  const option = findLong(name, options, out);
  if (option === undefined) return 0;
  if (option.value === "none" && attached !== undefined) {
    out.problems.push(`option '--${option.long}' doesn't allow an argument`);
    return 0;
  }
  return take(option, `'--${option.long}'`, attached, next, out);
}

function findLong(name: string, options: readonly OptionShape[], out: GnuWords): OptionShape | undefined {
  const exact = options.find(({ long }) => long === name);
  if (exact !== undefined) return exact;
  const matches = name === "" ? [] : options.filter(({ long }) => long.startsWith(name));
  if (matches.length === 1) return matches[0];
  if (matches.length === 0) out.problems.push(`unrecognized option '--${name}'`);
  else {
    const possible = matches.map(({ long }) => ` '--${long}'`).join("");
    out.problems.push(`option '--${name}' is ambiguous; possibilities:${possible}`);
  }
  return undefined;
}

/** A bundle of short options; the rest of the word is the value of the first that takes one. */
function readBundle(
  word: string,
  next: string | undefined,
  options: readonly OptionShape[],
  out: GnuWords,
): number {
  for (let at = 1; at < word.length; at++) {
    const letter = word.charAt(at);
    const option = options.find(({ short }) => short === letter);
    if (option === undefined) {
      out.problems.push(`invalid option -- '${letter}'`);
    } else if (option.value === "none") {
      out.words.push(`--${option.long}`);
    } else {
      const rest = at + 1 < word.length ? word.slice(at + 1) : undefined;
      return take(option, `-- '${letter}'`, rest, next, out);
    }
  }
  return 0;
}

function take(
  option: OptionShape,
  shown: string,
  attached: string | undefined,
  next: string | undefined,
  out: GnuWords,
): number {
  const name = `--${option.long}`;
  if (option.value === "none") {
    out.words.push(name);
    return 0;
  }
  if (option.value === "optional") {
    out.words.push(attached === undefined || attached === "" ? name : `${name}=${attached}`);
    return 0;
  }
  const value = attached ?? next;
  if (value === undefined || value === "") out.problems.push(`option ${shown} requires an argument`);
  else out.words.push(`${name}=${value}`);
  return attached === undefined && next !== undefined ? 1 : 0;
}
