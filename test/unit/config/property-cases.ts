/** Arbitrary configurations, and what must hold for each: an answer in time, places inside the files, nothing thrown. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { formatDiagnostic, readConfig, type ReadResult } from "../../../src/config/read-config.js";
import { type CorpusCase, readCorpus } from "../../lab/config/corpus.js";

/** No configuration of this size may take longer. */
const LIMIT_MS = 1000;

/** Names and contents (latin1). The first one is the top file. */
type Files = ReadonlyMap<string, string>;

const corpus = [...readCorpus().values()].map(filesOf);
const vocabulary = [...new Set(corpus.flatMap((files) => [...files.values()].flatMap(wordsOf)))];
const special =
  "{ } { } \" ' \\ # ! @ @main @^x $A ${A} $A=1 $B=\\ $B include includea other ~SEQ(A,3) ~LST(A,x,y) ${_RANDOM 5} ${_PWD} 0 -1 255 256 1.5 99999999999 0x1f \0 \xff \x1b[31m";
const tokens = [...vocabulary, ...special.split(" ")];

function filesOf({ text, files }: CorpusCase): Files {
  const list: [string, string][] = [["keepalived.conf", bytesOf(text)]];
  for (const file of files) if (file.mode !== undefined) list.push([file.name, bytesOf(file.text)]);
  return new Map(list);
}

function bytesOf(text: string): string {
  return Buffer.from(text).toString("latin1");
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "" && word.length < 40);
}

const topOf = (text: string): Files =>
  new Map([
    ["keepalived.conf", text],
    ["other", "priority 5\n$A=$B\n"],
  ]);

const randomBytes = fc
  .uint8Array({ maxLength: 400 })
  .map((bytes) => topOf(Buffer.from(bytes).toString("latin1")));

const token = fc.constantFrom(...tokens);
const separator = fc.constantFrom(" ", " ", "\n", "\n", "", "\t", "\r\n");
const randomTokens = fc
  .array(fc.tuple(token, separator), { maxLength: 80 })
  .map((list) => topOf(list.flat().join("")));

/** One change of a text: a piece of it goes, is doubled or moves, or something comes in its place. */
interface Change {
  kind: "replace" | "double" | "move";
  /** Places as fractions of the length. */
  at: number;
  to: number;
  length: number;
  by: string;
}

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom("replace", "replace", "double", "move"),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  to: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(30),
  by: fc.oneof(token, fc.constantFrom("", "\n", " ", "}\n", "{")),
});

function changed(text: string, { kind, at, to, length, by }: Change): string {
  const start = Math.floor(at * text.length);
  const piece = text.slice(start, start + length);
  if (kind === "replace") return text.slice(0, start) + by + text.slice(start + length);
  if (kind === "double") return text.slice(0, start) + piece + text.slice(start);
  const rest = text.slice(0, start) + text.slice(start + length);
  const target = Math.floor(to * rest.length);
  return rest.slice(0, target) + piece + rest.slice(target);
}

const mutations = fc
  .record({
    files: fc.constantFrom(...corpus),
    more: fc.option(fc.constantFrom(...corpus), { freq: 3 }),
    changes: fc.array(change, { minLength: 1, maxLength: 4 }),
  })
  .map(({ files, more, changes }) => {
    let text = (files.get("keepalived.conf") ?? "") + (more?.get("keepalived.conf") ?? "");
    for (const one of changes) text = changed(text, one);
    return new Map([...(more ?? []), ...files, ["keepalived.conf", text]]);
  });

const arbitraryFiles = fc.oneof(
  { weight: 1, arbitrary: randomBytes },
  { weight: 3, arbitrary: randomTokens },
  { weight: 6, arbitrary: mutations },
);

/** Checks so many configurations; the message of a failure holds the smallest bad one and the seed. */
export function checkProperties(runs: number): void {
  fc.assert(fc.property(arbitraryFiles, holds), { numRuns: runs });
}

function holds(files: Files): void {
  const before = performance.now();
  const result = readInMemory(files);
  const took = performance.now() - before;
  assert.ok(took < LIMIT_MS, `${Math.round(took)} ms`);
  for (const diagnostic of result.diagnostics) formatDiagnostic(diagnostic);
  placesAreInside(result, files);
  JSON.stringify(result.config);
  assert.ok([0, 2, 4, 5, 6].includes(result.testStatus), `status ${result.testStatus}`);
  assert.equal(
    result.testStatus === 0,
    result.diagnostics.every(({ kind }) => kind === "logged"),
  );
}

/** Files in memory and a host on which some things exist. */
function readInMemory(files: Files): ReadResult {
  const directory = "/etc/keepalived/";
  const bare = (path: string): string => path.replace(directory, "");
  return readConfig(
    {
      workingDirectory: "/etc/keepalived",
      glob: (pattern) =>
        /[*?[]/.test(pattern) ? [...files.keys()].sort() : files.has(bare(pattern)) ? [pattern] : [],
      read: (path) => {
        const text = files.get(bare(path));
        if (text === undefined) return { ok: false, reason: "it does not exist" };
        return { ok: true, bytes: Buffer.from(text, "latin1") };
      },
      env: () => "x",
      random: (min) => min,
    },
    {
      path: "keepalived.conf",
      configId: "main",
      includeAll: false,
      hostName: "host1",
      interfaceExists: (name) => name !== "nosuch0",
      interfaceMtu: () => 1500,
      userExists: (user, group) => user === "root" && (group === undefined || group === "root"),
      scriptStatus: (path) => (path.includes("nosuch") ? "missing" : "ok"),
    },
  );
}

/** Every place is a line of its file, the column in it or right behind it, the carets in the excerpt. */
function placesAreInside(result: ReadResult, files: Files): void {
  for (const diagnostic of result.diagnostics) {
    for (const at of [diagnostic.at, ...diagnostic.notes.map((note) => note.at)]) {
      if (at === undefined) continue;
      const line = files.get(at.file)?.split("\n")[at.line - 1];
      assert.ok(line !== undefined, `${at.file}:${at.line}`);
      assert.ok(at.column >= 1 && at.column <= line.length + 1, `${at.line}:${at.column} of "${line}"`);
      assert.ok(at.caretStart >= 0 && at.caretStart <= at.text.length && at.caretEnd > at.caretStart);
    }
  }
}
