/** `keepalived -t --json`: what editors and automatic checks get. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { diagnosticsAsJson } from "../../../src/config/diagnostic-json.js";
import { instance, read, readFiles } from "./fake-files.js";

function json(text: string): Record<string, unknown> {
  const { diagnostics, testStatus: status, config, dump } = read(text, { record: true });
  const { notActedOn } = config;
  const document = diagnosticsAsJson({
    configFile: "keepalived.conf",
    status,
    diagnostics,
    notActedOn,
    ...(dump !== undefined && { dump }),
  });
  return JSON.parse(document) as Record<string, unknown>;
}

test("a good file gives an empty list, and the configuration when it is wanted", () => {
  assert.deepEqual(json("global_defs { router_id x }\n"), {
    format: 1,
    configFile: "keepalived.conf",
    status: 0,
    diagnostics: [],
    notActedOn: [],
    configuration: "global_defs {\n    router_id x\n}\n",
  });
});

test("a mistake has its place, from the first to behind the last character, and what was meant", () => {
  const { status, diagnostics } = json(instance("  priorty 150"));
  assert.equal(status, 5);
  assert.deepEqual(diagnostics, [
    {
      file: "keepalived.conf",
      line: 4,
      column: 3,
      endLine: 4,
      endColumn: 10,
      severity: "error",
      kind: "unknownKeyword",
      message: "unknown keyword 'priorty'; did you mean 'priority'?",
      suggestion: "priority",
      notes: [],
    },
  ]);
});

test("columns count characters, and notes have places of their own", () => {
  const text = Buffer.from(`$Ä=1\n$P=300\n${instance('"äö" x\n\tpriority $P')}`, "utf8").toString("latin1");
  const { diagnostics } = json(text);
  assert.ok(Array.isArray(diagnostics));
  const [last] = (
    diagnostics as { line: number; column: number; endColumn: number; notes: unknown[] }[]
  ).slice(-1);
  assert.deepEqual([last?.line, last?.column, last?.endColumn], [7, 11, 13]);
  assert.deepEqual(last?.notes, [
    {
      file: "keepalived.conf",
      line: 2,
      column: 4,
      endLine: 2,
      endColumn: 7,
      message: "'$P' is defined here",
    },
  ]);
});

test("a problem without a place has none", () => {
  const { diagnostics, testStatus } = readFiles({});
  const document = diagnosticsAsJson({ configFile: "x", status: testStatus, diagnostics, notActedOn: [] });
  const { diagnostics: list } = JSON.parse(document) as { diagnostics: Record<string, unknown>[] };
  assert.equal(list.length, 1);
  assert.equal(list[0]?.["file"], undefined);
});
