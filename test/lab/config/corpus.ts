/** Reads the configurations of test/data/config/differential; their format is in the README there. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../setup/repository.js";
import { TEMPLATES } from "./templates.js";

interface CorpusFile {
  name: string;
  /** UTF-8. */
  text: string;
  /** Permissions; undefined for a directory. */
  mode: number | undefined;
}

export interface CorpusCase {
  /** Unique, and says what the case shows. */
  name: string;
  /** The file of the corpus it stands in. */
  family: string;
  /** keepalived.conf, UTF-8. */
  text: string;
  /** Further files and directories, in the order they are to be made. */
  files: CorpusFile[];
  /** Options for the command line beside -t and -f. */
  options: string[];
}

const FOLDER = join(repository, "test/data/config/differential");
const DEFAULT_MODE = 0o644;
const CONTROLS: Readonly<Record<string, string>> = {
  "⏎": "\n",
  "␍": "\r",
  "␀": "\0",
  "␉": "\t",
  "␋": "\v",
  "␌": "\f",
};

/** All cases, by name. */
export function readCorpus(): Map<string, CorpusCase> {
  const cases = new Map<string, CorpusCase>();
  for (const file of readdirSync(FOLDER).sort()) {
    if (!file.endsWith(".txt")) continue;
    for (const one of readFamily(file.replace(/\.txt$/, ""), readFileSync(join(FOLDER, file), "utf8"))) {
      if (cases.has(one.name)) throw new Error(`${file}: there are two cases '${one.name}'`);
      cases.set(one.name, one);
    }
  }
  return cases;
}

function readFamily(family: string, text: string): CorpusCase[] {
  const cases: CorpusCase[] = [];
  let current: CorpusCase | undefined;
  let file: CorpusFile | undefined;
  let place: string | undefined;
  for (const line of text.split("\n")) {
    if (line.startsWith("%")) continue;
    if (line.startsWith("== ")) {
      const [name = "", options = ""] = line.slice(3).split(" | ");
      current = { name, family, text: "", files: [], options: options.split(" ").filter(Boolean) };
      cases.push(current);
      [file, place] = [undefined, undefined];
    } else if (line.startsWith("-- ")) {
      const [name = "", mode] = line.slice(3).split(" ");
      const bits = name.endsWith("/") ? undefined : Number.parseInt(mode ?? "", 8) || DEFAULT_MODE;
      file = { name, text: "", mode: bits };
      current?.files.push(file);
    } else if (line.startsWith(">> ")) {
      [current, place] = [undefined, line.slice(3)];
    } else if (place !== undefined) {
      if (line !== "") cases.push(inPlace(family, place, line));
    } else {
      const target = file ?? current;
      if (target !== undefined) target.text += `${line}\n`;
    }
  }
  for (const one of cases) for (const part of [one, ...one.files]) part.text = finish(part.text);
  return cases;
}

/** One line in the template of its place. */
function inPlace(family: string, place: string, line: string): CorpusCase {
  const template = TEMPLATES[place];
  if (template === undefined) throw new Error(`${family}: there is no template '${place}'`);
  const [setting = "", note] = line.split(/ *;; */);
  const name = `${place}: ${setting.replaceAll(" ⏎ ", "; ")}${note === undefined ? "" : ` (${note})`}`;
  return { name, family, text: template.replace("HERE", () => setting), files: [], options: [] };
}

/** Control pictures and repetitions become what they stand for. */
function finish(text: string): string {
  return text
    .replace(/«(.*?)×(\d+)»/gs, (_, what: string, count: string) => what.repeat(Number(count)))
    .replace(/\n+$/, "\n")
    .replace(/◁\n$/, "")
    .replace(/[⏎␍␀␉␋␌]/g, (picture) => CONTROLS[picture] ?? picture);
}
