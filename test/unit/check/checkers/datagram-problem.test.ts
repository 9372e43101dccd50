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
  const words = (stage: "send" | "receive", code: string): string => {
    const result = datagramResult({ stage, call: "x", code });
    return result.verdict === "failed" ? `${result.reason}: ${result.detail}` : "";
  };
  assert.equal(words("receive", "ECONNREFUSED"), "refused: the port is unreachable");
  assert.equal(words("send", "ECONNREFUSED"), "refused: connection refused");
  assert.equal(words("receive", "EHOSTUNREACH"), "unreachable: no route to the host");
  assert.equal(datagramFailure({ stage: "setup", call: "x", code: "EINVAL" }).verdict, "failed", "UDP_CHECK");
});
