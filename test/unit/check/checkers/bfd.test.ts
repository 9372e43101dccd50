/** BFD_CHECK follows what is said of its session. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BfdSessions } from "../../../../src/check/bfd-sessions.js";
import { bfd } from "../../../../src/check/checkers/bfd.js";
import type { CheckerPorts } from "../../../../src/check/checkers/checker.js";

function follow(alpha: boolean): { sessions: BfdSessions; verdicts: string[]; close: () => void } {
  const sessions = new BfdSessions();
  const verdicts: string[] = [];
  const ports: Pick<CheckerPorts, "bfd"> = { bfd: sessions };
  const check = bfd.create(
    {
      config: { kind: "bfd", session: "S", alpha },
      address: new Uint8Array(4),
      port: 0,
      endpoint: "",
      subject: "",
      done: ({ verdict }) => verdicts.push(verdict),
    },
    ports as CheckerPorts,
  );
  check.start(0);
  return { sessions, verdicts, close: () => check.cancel() };
}

test("without alpha a server counts as up until its session goes down", () => {
  const { sessions, verdicts, close } = follow(false);
  sessions.set("S", true);
  sessions.set("S", false);
  sessions.set("S", false);
  sessions.set("other", false);
  sessions.set("S", true);
  close();
  sessions.set("S", false);
  assert.deepEqual(verdicts, ["passed", "passed", "failed", "passed"]);
});

test("with alpha nothing is said before the session speaks", () => {
  const { sessions, verdicts } = follow(true);
  assert.deepEqual(verdicts, []);
  sessions.set("S", true);
  assert.deepEqual(verdicts, ["passed"]);
});
