/** What an error of a datagram says of the server (check-ipvs reference, 3.1). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { datagramFailure, datagramResult } from "../../../../src/check/checkers/datagram-problem.js";

test("only what connect(2) says of the way to the server, and what comes later, is a failed check", () => {
  const verdict = (stage: "setup" | "connect" | "send" | "receive", code: string): string =>
    datagramResult({ stage, call: "x", code }).verdict;
  assert.equal(verdict("setup", "EMFILE"), "notRun");
  assert.equal(verdict("connect", "EINVAL"), "notRun");
  assert.equal(verdict("connect", "ENETUNREACH"), "failed");
  assert.equal(verdict("send", "EPERM"), "failed");
  assert.equal(verdict("receive", "ECONNREFUSED"), "failed");
  assert.equal(datagramFailure({ stage: "setup", call: "x", code: "EINVAL" }).verdict, "failed", "UDP_CHECK");
});
