/**
 * Writes a configuration in its own language: what is in force, one keyword or entry per line, without includes,
 * conditions, definitions and sequences. Read again it gives the same configuration.
 */
import { positionOf } from "./read-tree.js";
import type { RecordedBlock, RecordedLine } from "./dump-record.js";
import { maskSecrets } from "./secrets.js";
import { decodeBytes } from "./text.js";

const INDENT = "    ";
/** A line of the language holds 1023 bytes. */
const LONGEST = 1000;
const QUOTE = '"';

/** The text, as bytes (latin1) like everything that is read. */
export function dump(root: RecordedBlock): string {
  const out: string[] = [];
  writeBlock(root, "", out);
  return out.length === 0 ? "" : `${out.join("\n")}\n`;
}

/** A dump as it may stand in a log. Not even the length of a secret is told. */
export function hideSecrets(text: string): string {
  const hidden = (line: string): string => {
    const masked = maskSecrets(line);
    return masked === line ? line : masked.replace(/\*[*\s]*$/, "********");
  };
  return decodeBytes(text).split("\n").map(hidden).join("\n");
}

function writeBlock(block: RecordedBlock, indent: string, out: string[]): void {
  for (const recorded of block.lines) {
    if (recorded.complained)
      out.push(`${indent}# not taken as written: see the message about ${placeOf(recorded)}`);
    const text = lineText(recorded);
    if (indent === "" && recorded.block !== undefined && out.length > 0) out.push("");
    const start = text.length > LONGEST ? "" : indent;
    if (recorded.block === undefined) {
      out.push(start + text);
      continue;
    }
    if (hasOpenQuote(text) || text.length > LONGEST) out.push(start + text, `${indent}{`);
    else out.push(`${start}${text} {`);
    writeBlock(recorded.block, indent + INDENT, out);
    out.push(`${indent}}`);
  }
}

function placeOf(recorded: RecordedLine): string {
  const [word] = recorded.line.words;
  if (word === undefined) return "it";
  const { file, line } = positionOf(word);
  return `${file.replace(/[^\x20-\x7e]/g, "?")}:${line}`;
}

/** The logical line as a line of a file: same words, same quotes. */
function lineText(recorded: RecordedLine): string {
  const { line, edits } = recorded;
  let text = "";
  let at = line.start;
  for (const edit of [...edits].sort((a, b) => a.start - b.start)) {
    if (edit.start < at) continue;
    text += line.of.chars.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  text = (text + line.of.chars.slice(at, line.end)).replace(/^[ \t-\r]+|[ \t-\r]+$/g, "");
  const tidy = /["'\\]/.test(text) ? text : text.replace(/[ \t-\r]+/g, " ");
  const written = escapeComments(tidy);
  return written.startsWith("@") ? `@^ ${written}` : written;
}

/** `#` and `!` begin a comment outside double quotes. */
function escapeComments(text: string): string {
  if (!/[#!]/.test(text)) return text;
  let out = "";
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? "";
    if (c === "\\") out += c + (text[++i] ?? "");
    else {
      if (c === QUOTE) quoted = !quoted;
      out += (c === "#" || c === "!") && !quoted ? `\\${c}` : c;
    }
  }
  return out;
}

function hasOpenQuote(text: string): boolean {
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === QUOTE) quoted = !quoted;
  }
  return quoted;
}
