/** The page keepalived.conf(5): an introduction to the language, then every block with its keywords, from the tables. */
import type { OptionDoc, Row } from "../schema.js";
import { headingAt } from "./headings.js";
import { introduction } from "./language.js";
import { type Keyword, optionsOf, outline, type OutlineBlock } from "./outline.js";
import { type Page, type Part, section, subsection, term, text } from "./page.js";

/** So many keywords alike are told once. */
const WORTH_SHARING = 5;

export function configurationPage(): Page {
  const blocks = outline();
  return {
    name: "keepalived.conf",
    section: 5,
    purpose: "configuration of keepalived",
    parts: [
      section("Description"),
      text(
        "The configuration of the keepalived daemon, `/etc/keepalived/keepalived.conf` unless option -f names another file. It is read at the start and anew on the signal HUP.",
      ),
      ...introduction(),
      section("Keywords"),
      text(
        "Block by block, beginning with what stands outside all blocks. After the words of a keyword its meaning follows, and its default with the unit. ENTRY is described at the end, for all blocks with the same kind of entries. What is marked (not acted on) is read and checked, but this version does nothing with it yet.",
      ),
      ...blocks.flatMap((block, i) => describeBlock(block, blocks.slice(0, i))),
      ...describeEntries(blocks),
      section("Files"),
      term("/etc/keepalived/keepalived.conf", "", "The configuration."),
      section("See also"),
      text("keepalived(8)"),
    ],
  };
}

function describeBlock(block: OutlineBlock, before: readonly OutlineBlock[]): Part[] {
  const { path, keyword, keywords } = block;
  const parts: Part[] = [subsection(path === "" ? "Outside all blocks" : path.replaceAll("/", " / "))];
  if (keyword !== undefined) {
    parts.push(text(`\`${keyword.name}\` ${syntaxOf(keyword.row)}: ${meaningOf(keyword.row)}`));
  }
  const model = before.find((other) => sharedWith(keywords, other).length >= WORTH_SHARING);
  const shared = model === undefined ? [] : sharedWith(keywords, model);
  if (model !== undefined && shared.length > 0) {
    const names = shared.map(({ name }) => `\`${name}\``).join(", ");
    parts.push(text(`${names}: as in ${model.path.replaceAll("/", " / ")}.`));
  }
  for (const { name, row } of keywords) {
    const heading = headingAt(path, name);
    if (heading !== undefined) parts.push(text(`${heading}:`));
    if (!shared.some((other) => other.name === name)) parts.push(term(name, syntaxOf(row), meaningOf(row)));
  }
  return parts;
}

/** The keywords that say the same in an earlier block. */
function sharedWith(keywords: readonly Keyword[], other: OutlineBlock): Keyword[] {
  const key = ({ name, row }: Keyword): string => `${name} ${row.syntax} ${meaningOf(row)}`;
  const known = new Set(other.keywords.map(key));
  return keywords.filter((keyword) => known.has(key(keyword)));
}

const SWITCH = "on|off|true|false|yes|no";

/** How a keyword goes on; entries with options of their own are described at the end of the page. */
function syntaxOf(row: Row<unknown>): string {
  if (row.options !== undefined) return `${row.syntax.startsWith("NAME") ? "NAME " : ""}{ ENTRY ... }`;
  return row.syntax.replace(SWITCH, "on|off");
}

/** Units as words. */
const UNITS: Readonly<Record<string, string>> = {
  s: " seconds",
  ms: " milliseconds",
  us: " microseconds",
  "nice value": "",
  "mode bits": "",
};

/** What a keyword is for, in one paragraph. */
function meaningOf(row: Row<unknown>): string {
  const words = [marked(sentence(row.doc))];
  const unit = row.unit === undefined ? "" : (UNITS[row.unit] ?? ` ${row.unit}`);
  if (row.aloneText !== undefined) words.push(`Alone: ${row.aloneText}.`);
  if (row.defaultText !== undefined) words.push(`Default: ${row.defaultText}${unit}.`);
  else if (unit !== "") words.push(`In${unit}.`);
  if (row.repeat === "first wins") words.push("Only the first one counts.");
  if (row.deprecated !== undefined) words.push(marked(`Old: write ${row.deprecated}.`));
  if (row.notActedOn) words.push("(not acted on)");
  return words.join(" ");
}

/** The words inside entries, once for each kind of entry. */
function describeEntries(blocks: readonly OutlineBlock[]): Part[] {
  const users = new Map<Readonly<Record<string, OptionDoc>>, { names: Set<string>; row: Row<unknown> }>();
  for (const { keywords } of blocks) {
    for (const { name, row } of keywords) {
      if (row.options === undefined) continue;
      const known = users.get(row.options);
      if (known === undefined) users.set(row.options, { names: new Set([name]), row });
      else known.names.add(name);
    }
  }
  const kinds = [...users.values()].map(({ names, row }) => ({ title: [...names].join(", "), row }));
  return kinds.flatMap(({ title, row }, i) => {
    const model = kinds.slice(0, i).find((other) => commonOptions(row, other.row).length >= WORTH_SHARING);
    const shared = new Set(model === undefined ? [] : commonOptions(row, model.row));
    const rest = optionsOf(row).filter(([name]) => !shared.has(name));
    const names = [...shared].map((name) => `\`${name}\``).join(", ");
    return [
      subsection(`Entries of ${title}`),
      text(`\`${row.syntax.replace(/^(NAME )?\{ | \.\.\. \}$/g, "")}\``),
      ...(model === undefined ? [] : [text(`${names}: as in entries of ${marked(model.title)}.`)]),
      ...rest.map(([name, option]) => term(name, option.syntax, optionMeaning(option))),
    ];
  });
}

/** Options that say the same in two kinds of entries. */
function commonOptions(row: Row<unknown>, other: Row<unknown>): string[] {
  const known = new Set(optionsOf(other).map(([name, option]) => `${name} ${option.syntax} ${option.doc}`));
  return optionsOf(row)
    .filter(([name, option]) => known.has(`${name} ${option.syntax} ${option.doc}`))
    .map(([name]) => name);
}

function optionMeaning(option: OptionDoc): string {
  const old = option.deprecated === undefined ? "" : ` Old: write ${option.deprecated}.`;
  return `${marked(sentence(option.doc))}${marked(old)}${option.notActedOn ? " (not acted on)" : ""}`;
}

/** Words of the language, which messages put between quotes or leave to their underscores, between backquotes. */
function marked(words: string): string {
  return words.replace(
    /'([\w.-]+(?: [\w.-]+)*)'|(?<![\w./])([a-z0-9]+(?:_[a-z0-9]+)+)(?![\w/]|\.\w)/g,
    (_, quoted: string, bare: string) => `\`${quoted ?? bare}\``,
  );
}

function sentence(words: string): string {
  return /[.!?)]$/.test(words) ? words : `${words}.`;
}
