/** Answers to HTTP_GET, judged as the reference says (check-ipvs, 4.4); and the request, byte for byte. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import type { UrlCheck } from "../../../../src/config/check-model.js";
import { compileBodyPattern } from "../../../../src/check/checkers/body-matcher.js";
import { httpRequest } from "../../../../src/check/checkers/http-request.js";
import { HttpResponse } from "../../../../src/check/checkers/http-response.js";

const url = (changes: Partial<UrlCheck> = {}): UrlCheck => ({
  path: "/",
  statusCodes: [],
  tlsCompliant: false,
  ...changes,
});

/** "ok", or the reason and its words. */
function judge(answer: string, setting = url(), pieces = [answer.length]): string {
  const compiled = setting.body && compileBodyPattern(setting.body);
  const response = new HttpResponse(setting, compiled?.ok === true ? compiled.matcher : undefined);
  let at = 0;
  for (const length of [...pieces, answer.length]) {
    const early = response.take(Buffer.from(answer.slice(at, at + length), "latin1"));
    at += length;
    if (early !== undefined) return early.ok ? "ok" : `${early.reason}: ${early.detail}`;
  }
  const verdict = response.finish();
  return verdict.ok ? "ok" : `${verdict.reason}: ${verdict.detail}`;
}

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");

test("the request is upstream's, to the byte", () => {
  assert.equal(
    httpRequest(url({ path: "/a b" }), "1.0", "192.0.2.1:80"),
    "GET /a b HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: 192.0.2.1:80\r\n\r\n",
  );
  assert.equal(
    httpRequest(url({ virtualHost: "www.example.com" }), "1.1", "[2001:db8::1]:443"),
    "GET / HTTP/1.1\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: www.example.com\r\n\r\n",
  );
  assert.match(
    httpRequest(url(), "1.0C", "192.0.2.1:80"),
    /^GET \/ HTTP\/1\.0\r\n.*\r\nConnection: close\r\n/,
  );
  assert.equal(httpRequest(url({ path: `/${"x".repeat(5000)}` }), "1.0", "h").length, 2047);
});

test("status codes: 200 to 299 by default, else what is listed; a redirect is a code like any other", () => {
  assert.equal(judge("HTTP/1.1 200 OK\r\n\r\n"), "ok");
  const codes = [199, 200, 299, 300].map((code) => judge(`HTTP/1.1 ${code} x\r\n\r\n`) === "ok");
  assert.deepEqual(codes, [false, true, true, false]);
  assert.equal(judge("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n"), "status: status code 302");
  const listed = url({
    statusCodes: [
      { from: 302, to: 302 },
      { from: 401, to: 403 },
    ],
  });
  assert.equal(judge("HTTP/1.1 302 Found\r\n\r\n", listed), "ok");
  assert.equal(judge("HTTP/1.1 402 Pay\r\n\r\n", listed), "ok");
  assert.equal(judge("HTTP/1.1 200 OK\r\n\r\n", listed), "status: status code 200");
  for (const line of ["HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 200", "nonsense", "HTTP/1.1  200 OK"]) {
    assert.equal(judge(`${line}\r\n\r\n`), "status: the first line holds no status code", line);
  }
});

test("no complete header is no answer", () => {
  assert.match(judge(""), /^noAnswer: the server ended without an answer/);
  assert.match(judge("HTTP/1.1 200 OK\r\nServer: x\r\n"), /^noAnswer: the answer ended in its header/);
  assert.match(
    judge(`HTTP/1.1 200 OK\r\nX: ${"y".repeat(5000)}\r\n\r\n`),
    /^noAnswer: the header is longer than 4095/,
  );
});

test("digest: of the body, at most as much of it as Content-Length says", () => {
  const wanted = url({ digest: md5("hello") });
  assert.equal(judge("HTTP/1.1 200 OK\r\n\r\nhello", wanted), "ok");
  assert.match(
    judge("HTTP/1.1 200 OK\r\n\r\nhullo", wanted),
    /^digest: the body's MD5 digest is [0-9a-f]{32}, not /,
  );
  assert.equal(judge("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more", wanted), "ok");
  assert.equal(judge("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello", wanted), "ok");
  const cut = judge("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more", wanted, [41, 3]);
  assert.equal(cut, "ok", "in pieces");
  assert.match(judge("HTTP/1.1 200 OK\r\nContent-Length: 5 \r\n\r\nhello and more", wanted), /^digest/);
});

test("the order of the tests: status, digest, body", () => {
  const body = { pattern: "x", options: [], inverted: false, minOffsetBytes: 0 };
  const all = url({ digest: md5("y"), body });
  assert.match(judge("HTTP/1.1 500 No\r\n\r\nz", all), /^status/);
  assert.match(judge("HTTP/1.1 200 OK\r\n\r\nz", all), /^digest/);
  assert.match(judge("HTTP/1.1 200 OK\r\n\r\ny", all), /^body: the body does not match regex/);
});

test("a body without an end is given up at its limit", () => {
  const response = new HttpResponse(url(), undefined);
  response.take(Buffer.from("HTTP/1.1 200 OK\r\n\r\n"));
  const piece = Buffer.alloc(1 << 20);
  let pieces = 0;
  while (response.take(piece) === undefined) pieces++;
  assert.equal(pieces, 64);
});

test("a size that differs from Content-Length is told", () => {
  const response = new HttpResponse(url(), undefined);
  response.take(Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"));
  assert.deepEqual(response.mismatch, { announced: 9, received: 5 });
  response.take(Buffer.from(" you"));
  assert.equal(response.mismatch, undefined);
});

test("however the answer is cut into pieces, the verdict is the same", () => {
  const body = { pattern: "needle", options: [], inverted: false, minOffsetBytes: 0 };
  const answers = [
    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\na needle..",
    "HTTP/1.1 404 No\r\n\r\nneedle",
    "HTTP/1.1 200 OK\r\n\r\nhay",
    "HTTP/1.1 200 OK\r\n",
  ];
  fc.assert(
    fc.property(fc.constantFrom(...answers), fc.array(fc.nat(12), { maxLength: 40 }), (answer, pieces) => {
      const setting = url({ body, digest: md5("a needle..") });
      assert.equal(judge(answer, setting, pieces), judge(answer, setting));
    }),
  );
});

test("random bytes never throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 6000 }), (bytes) => {
      const response = new HttpResponse(url({ digest: md5("") }), undefined);
      const early = response.take(bytes);
      assert.equal((early ?? response.finish()).ok, false);
    }),
  );
});
