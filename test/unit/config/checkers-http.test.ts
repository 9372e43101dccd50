/** What HTTP_GET and SSL_GET have of their own: URLs, the Host header, the TLS server name. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { checker, virtualServer } from "./check-texts.js";
import { scheduleOf } from "./checker-cases.js";
import { brief, read } from "./fake-files.js";

test("settings of a url", () => {
  const url = (lines: string) => {
    const [found] = checker("http", virtualServer("", `HTTP_GET {\nurl {\npath /x\n${lines}\n}\n}`)).urls;
    return found;
  };
  assert.deepEqual(url(""), { path: "/x", statusCodes: [{ from: 200, to: 299 }], tlsCompliant: false });
  assert.equal(url("digest 0123456789ABCDEF0123456789abcdef")?.digest, "0123456789abcdef0123456789abcdef");
  assert.deepEqual(url("status_code 100 200-599\nstatus_code 404")?.statusCodes, [
    { from: 100, to: 100 },
    { from: 200, to: 599 },
    { from: 404, to: 404 },
  ]);
  const body = url(
    'regex "a\\\\d\\x41 (b|[)])"\nregex_no_match\nregex_options caseless utf\nregex_min_offset 0\nregex_max_offset 9\nregex_stack 1 2',
  )?.body;
  assert.deepEqual(body, {
    pattern: "a\\dA (b|[)])",
    options: ["caseless", "utf"],
    inverted: true,
    minOffsetBytes: 0,
    maxOffsetBytes: 9,
    stackBytes: { start: 1, max: 2 },
  });
  for (const pattern of ["[]a(]", "[^](]", "\\\\Q(\\\\E", "[[:alpha:](]", "a{2}(?:i)b"])
    assert.ok(url(`regex "${pattern}"`)?.body !== undefined, pattern);
  for (const line of [
    "digest abc",
    "status_code 99",
    "status_code 600",
    "status_code 300-200",
    "regex a(",
    "regex )",
    "regex [a",
    "regex *",
    "regex a b",
    "regex_stack 3 2",
    "regex_min_offset -1",
  ]) {
    const result = read(virtualServer("", `HTTP_GET {\nurl {\npath /x\n${line}\n}\n}`));
    assert.deepEqual([result.testStatus, result.diagnostics[0]?.at?.line], [5, 10], line);
  }
});

test("a regex that means something else here, or nothing, is named with its place, and does not make the file a bad one", () => {
  for (const [lines, problem] of [
    ['regex "(a)?\\\\1"', "a reference to group 1, which may be unset there, is not known here"],
    ['regex "a++"', "a possessive quantifier is not known here"],
    ['regex "a{2}(?i)b"', "options inside the pattern is not known here"],
    ["regex a\nregex_options ungreedy", "regex_options ungreedy is not known here"],
    ['regex "(?<=a)?b"', "Invalid regular expression"],
  ] as const) {
    const result = read(virtualServer("", `HTTP_GET {\nurl {\npath /\n${lines}\n}\n}`));
    const [said] = result.diagnostics;
    assert.equal(result.testStatus, 0, lines);
    assert.match(said?.message ?? "", /: the url is judged without its 'regex'$/);
    assert.ok(said?.message.startsWith(problem), said?.message);
    assert.equal(said?.at?.line, 10);
  }
});

test("Host header and TLS server name: the nearest one that is said", () => {
  const names = (service: string, server: string, own: string, url: string) => {
    const text = virtualServer(
      service,
      `${server}\nSSL_GET {\nenable_sni\n${own}\nurl {\npath /\n${url}\n}\n}`,
    );
    const [found] = checker("ssl", text).urls;
    return [found?.virtualHost, found?.serverName];
  };
  const host = (name: string) => `virtualhost ${name}`;
  assert.deepEqual(names("", "", "", ""), [undefined, undefined]);
  assert.deepEqual(names(host("v"), "", "", ""), ["v", "v"]);
  assert.deepEqual(names(host("v"), host("r"), "", ""), ["r", "v"]);
  assert.deepEqual(names(host("v"), host("r"), host("c"), ""), ["c", "c"]);
  assert.deepEqual(names(host("v"), host("r"), host("c"), host("u")), ["u", "u"]);
});

test("nb_get_retry is retry, and deprecated", () => {
  const result = read(virtualServer("", "HTTP_GET {\nnb_get_retry 6\nurl {\npath /\n}\n}"));
  assert.match(brief(result).join(), /'nb_get_retry' is deprecated; write 'retry'/);
  const found = result.config.check.virtualServers[0]?.realServers[0]?.checkers[0];
  assert.equal(found && scheduleOf(found)?.retry, 6);
});
