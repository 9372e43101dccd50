/** What UDP, DNS, SMTP, MISC and FILE checks make of what comes back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeQuestion, readReply } from "../../../../src/check/checkers/dns-message.js";
import { fileResult } from "../../../../src/check/checkers/file.js";
import { scriptResult } from "../../../../src/check/checkers/misc.js";
import { replyCode } from "../../../../src/check/checkers/smtp.js";
import { replyProblem } from "../../../../src/check/checkers/udp.js";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test("DNS_CHECK: the question for the root's SOA is the one observed, 17 bytes", () => {
  assert.equal(hex(encodeQuestion(0x1234, ".", "SOA")), "12340100000100000000000000" + "00060001");
  // IANA, "Resource Record (RR) TYPEs".
  const types = { A: 1, NS: 2, CNAME: 5, SOA: 6, MX: 15, TXT: 16, AAAA: 28, RRSIG: 46, DNSKEY: 48 } as const;
  for (const [name, number] of Object.entries(types))
    assert.equal(encodeQuestion(0, ".", name as keyof typeof types).at(-3), number, name);
  assert.equal(
    hex(encodeQuestion(0, "www.example.com", "AAAA")),
    "000001000001000000000000" + "03777777076578616d706c6503636f6d00" + "001c0001",
  );
});

test("DNS_CHECK: short datagrams, other ids and questions are no reply; any code but NOERROR is an error", () => {
  const reply = (code: number, id = 7, flags = 0x80): Uint8Array =>
    Uint8Array.from([0, id, flags, code, 0, 0, 0, 0, 0, 0, 0, 0]);
  assert.equal(readReply(reply(0), 7), "NOERROR");
  assert.equal(readReply(reply(0x83), 7), "NXDOMAIN");
  assert.equal(readReply(reply(9), 7), "response code 9");
  assert.equal(readReply(reply(0).subarray(0, 11), 7), undefined);
  assert.equal(readReply(reply(0, 8), 7), undefined);
  assert.equal(readReply(reply(0, 7, 0), 7), undefined);
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(0xffff), (bytes, id) => {
      readReply(bytes, id);
    }),
  );
});

test("UDP_CHECK: the reply's length, and its beginning under the mask", () => {
  const pattern = { bytes: "0103", mask: "ff0f" };
  const problem = (reply: number[], min = 0, max = 255): string | undefined =>
    replyProblem(Uint8Array.from(reply), pattern, min, max);
  assert.equal(problem([1, 0x53, 9]), undefined);
  assert.equal(problem([1]), undefined, "as far as both go");
  assert.match(problem([2, 0x53]) ?? "", /byte 0 of the reply differs/);
  assert.match(problem([1, 0x51]) ?? "", /byte 1 of the reply differs/);
  assert.equal(problem([1, 0x53], 2, 2), undefined, "both bounds are within");
  assert.match(problem([1], 2) ?? "", /1 bytes, at least 2/);
  assert.match(problem([1, 0, 0], 0, 2) ?? "", /3 bytes, at most 2/);
});

test("SMTP_CHECK: a code is three digits before a blank or the end: more lines to come are none", () => {
  assert.equal(replyCode("220 mail ready"), 220);
  assert.equal(replyCode("250"), 250);
  assert.equal(replyCode("250-more"), 0);
  assert.equal(replyCode("2200 x"), 0);
  assert.equal(replyCode("hello"), 0);
});

test("MISC_CHECK: exit statuses, and what misc_dynamic makes of them", () => {
  const ended = (status: number, changes = {}): Parameters<typeof scriptResult>[0] => ({
    status,
    timedOut: false,
    stderr: "",
    ...(status !== 0 && { failure: `exited with status ${status}` }),
    ...changes,
  });
  const brief = (status: number, dynamic: boolean, changes = {}): string => {
    const result = scriptResult(ended(status, changes), dynamic);
    if (result.verdict === "passed") return `passed ${result.weight?.weight ?? ""}`.trim();
    return result.verdict === "failed" ? result.reason : result.verdict;
  };
  assert.deepEqual(
    [0, 1, 2, 10, 255].map((status) => brief(status, false)),
    ["passed", "status", "status", "status", "status"],
  );
  assert.deepEqual(
    [0, 1, 2, 10, 255].map((status) => brief(status, true)),
    ["passed", "status", "passed 0", "passed 8", "passed 253"],
  );
  assert.equal(brief(-1, true), "signal");
  assert.equal(brief(-1, true, { timedOut: true }), "timeout");
});

test("FILE_CHECK: weight 0 is a switch, any other a factor; the least number of 32 bits is a fault", () => {
  const of = (value: number, weight: number, reverse = false): number | "fault" => {
    const result = fileResult(value, { weight, reverse, trackFile: "f" });
    return result.verdict === "passed" ? (result.weight?.weight ?? Number.NaN) : "fault";
  };
  assert.deepEqual([of(0, 0), of(7, 0), of(0, 0, true), of(7, 0, true)], [0, "fault", "fault", 0]);
  assert.deepEqual([of(5, 2), of(-3, 2), of(5, 2, true), of(0, 2), of(0, 2, true)], [10, -6, -10, 0, 0]);
  assert.deepEqual(
    [of(-(2 ** 31), 1), of(-(2 ** 31), 2), of(2 ** 31 - 1, 2)],
    ["fault", "fault", 2 ** 31 - 1],
  );
  assert.equal(of(-(2 ** 31), 1, true), 2 ** 31 - 1);
});
