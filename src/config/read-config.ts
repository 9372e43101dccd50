/**
 * From files to a checked configuration: the entry point of this folder.
 * Pure: the files, the environment and chance come through the reader, what is known of the host through the options.
 */
import { root } from "./blocks/root.js";
import { type Diagnostic, Diagnostics } from "./diagnostic.js";
import type { FileReader } from "./lexer/includes.js";
import { LineReader } from "./lexer/lines.js";
import { dump } from "./dump.js";
import { Recorder } from "./dump-record.js";
import { type HostKnowledge, Judge } from "./meaning/judge.js";
import { readMeaning } from "./meaning/meaning.js";
import { VirtualServers } from "./meaning/virtual-servers.js";
import type { Config } from "./model.js";
import { positionOf, TreeReader } from "./read-tree.js";
import { Recollection, type Remembered } from "./recollection.js";
import { decodeBytes } from "./text.js";
import { judgeRun, type Verdict } from "./verdict.js";

export type { Remembered } from "./recollection.js";
export type { FileReader } from "./lexer/includes.js";
export type { Diagnostic } from "./diagnostic.js";
export { formatDiagnostic } from "./diagnostic.js";

export interface ReadOptions extends HostKnowledge {
  /** `-f`; a pattern, of which usually one file matches. */
  path: string;
  /** `-i`, default the node name up to its first dot. */
  configId: string;
  /** `-e`: every include problem is an error. */
  includeAll: boolean;
  /** Whether the configuration is to be written out again (`dump.ts`). */
  record?: boolean;
  /** Leave something for the next reading. */
  remember?: boolean;
  /** What the reading before left: blocks that are as they were need not be read again. */
  before?: Remembered | undefined;
}

export interface ReadResult extends Verdict {
  config: Config;
  /** In the order of the text. */
  diagnostics: Diagnostic[];
  /** What is in force, as text; only with `record`. */
  dump?: string;
  /** For the next reading, with the same `path` and `includeAll`. */
  remembered?: Remembered;
}

/** Never throws for anything that stands in a file. */
export function readConfig(reader: FileReader, options: ReadOptions): ReadResult {
  const result = readOnce(reader, options, options.before);
  // Nothing was recognised in the second reading, so that it is certain.
  return result ?? (readOnce(reader, options, undefined) as ReadResult);
}

/** Undefined when only a reading without `before` can tell. */
function readOnce(
  reader: FileReader,
  options: ReadOptions,
  before: Remembered | undefined,
): ReadResult | undefined {
  const diagnostics = new Diagnostics();
  const { configId, includeAll } = options;
  const lines = new LineReader(reader, { configId, includeAll }, diagnostics);
  // The dump wants every word.
  const remembers = options.remember === true && options.record !== true;
  const recollection = remembers ? new Recollection(before, configId) : undefined;
  const recorder = options.record === true ? new Recorder(diagnostics) : undefined;
  const tree = new TreeReader(lines, diagnostics, recorder, recollection);
  const judge = new Judge(diagnostics, options);
  const services = new VirtualServers(tree, judge, recollection);
  lines.files.openTop(options.path);
  const block = tree.readRoot(root);
  const config = readMeaning(block, services, tree.scriptSkipped, judge, recollection);
  const remembered = recollection?.finish(judge);
  if (remembered === "doubtful") return undefined;
  config.notActedOn = nameNotActedOn(tree, config);
  const verdict = judgeRun(diagnostics, {
    topFailed: lines.files.topFailed,
    includeFailed: lines.files.includeFailed,
    includeMissing: lines.files.includeMissing,
    refusals: judge.refusals,
    empty: block.isEmpty && (recollection?.recalled.length ?? 0) === 0,
  });
  const dumped = recorder && { dump: dump(recorder.root) };
  return {
    config,
    diagnostics: diagnostics.sorted(),
    ...verdict,
    ...dumped,
    ...(remembered && lines.isOneFile && { remembered }),
  };
}

/** One entry per keyword and kind of block: the first place and how many more. */
function nameNotActedOn(tree: TreeReader, config: Config): string[] {
  const first = new Map<string, { text: string; more: number }>();
  for (const { keyword, block, name, at } of tree.notActedOn) {
    const key = `${block} ${at.text}`;
    const known = first.get(key);
    if (known !== undefined) {
      known.more++;
      continue;
    }
    const { file, line } = positionOf(at);
    first.set(key, { text: `${name === "" ? "" : `${name}: `}${keyword} (${file}:${line})`, more: 0 });
  }
  const list = [...first.values()].map(({ text, more }) =>
    decodeBytes(more === 0 ? text : `${text} and ${more} more`),
  );
  return [...config.notActedOn, ...list];
}
