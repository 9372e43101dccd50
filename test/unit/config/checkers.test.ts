/** Checkers: every keyword, its ends and beyond; what they take from the servers around them; what drops them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CheckerConfig } from "../../../src/config/check-model.js";
import { ALL_KINDS, CASES, type CheckerKeyword, KINDS, scheduleOf, targetOf } from "./checker-cases.js";
import { checker, firstServer, only, repaired, SECURITY, virtualServer } from "./check-texts.js";
import { brief, good, read } from "./fake-files.js";

const s = 1_000_000;

function inChecker(
  keyword: CheckerKeyword,
  lines: string,
  around: { service?: string; server?: string } = {},
): string {
  const body = `${around.server ?? ""}\n${keyword} {\n${lines}\n${KINDS[keyword]}\n}`;
  return SECURITY + virtualServer(around.service, body);
}

function anyChecker(text: string): CheckerConfig {
  const [found] = firstServer(only(text)).checkers;
  assert.ok(found !== undefined);
  return found;
}

for (const { keyword, accepted, refused, in: kinds = ALL_KINDS, of } of CASES) {
  test(keyword, () => {
    for (const kind of kinds) {
      for (const [argument, expected] of accepted)
        assert.deepEqual(
          of(anyChecker(inChecker(kind, `${keyword} ${argument}`))),
          expected,
          `${kind} ${argument}`,
        );
      for (const argument of refused) {
        const result = read(inChecker(kind, `${keyword} ${argument}`));
        assert.equal(result.testStatus, 5, `${kind}: ${keyword} ${argument}`);
        assert.equal(result.diagnostics[0]?.at?.line, 13, `${kind} ${argument}`);
      }
    }
  });
}

test("what a kind does where nothing is said", () => {
  const usual = (kind: CheckerKeyword) => scheduleOf(anyChecker(inChecker(kind, "")));
  const base = { alpha: false, delayLoopMicros: 60 * s, warmupMicros: 60 * s, logAllFailures: false };
  for (const kind of ["TCP_CHECK", "PING_CHECK", "UDP_CHECK", "SMTP_CHECK"] as const)
    assert.deepEqual(usual(kind), { ...base, retry: 1, delayBeforeRetryMicros: s }, kind);
  for (const kind of ["HTTP_GET", "SSL_GET"] as const)
    assert.deepEqual(usual(kind), { ...base, retry: 1, delayBeforeRetryMicros: 3 * s }, kind);
  assert.deepEqual(usual("MISC_CHECK"), { ...base, retry: 0, delayBeforeRetryMicros: s });
  assert.deepEqual(usual("DNS_CHECK"), { ...base, retry: 3, delayBeforeRetryMicros: 60 * s });
  assert.deepEqual(targetOf(anyChecker(inChecker("TCP_CHECK", ""))), {
    mark: 0,
    timeoutMicros: 5 * s,
  });
});

test("a checker takes from its real server, which takes from the virtual server", () => {
  const lines = (n: number) =>
    `delay_loop ${n}\nretry ${n}\ndelay_before_retry ${n}\nwarmup ${n}\nconnect_timeout ${n}\nalpha`;
  const found = (own: string, server: string, service: string) =>
    checker("tcp", inChecker("TCP_CHECK", own, { server, service }));
  for (const [text, n] of [
    [found("", "", lines(7)), 7],
    [found("", lines(8), lines(7)), 8],
    [found(lines(9), lines(8), lines(7)), 9],
  ] as const) {
    assert.deepEqual(text.schedule, {
      alpha: true,
      delayLoopMicros: n * s,
      retry: n,
      delayBeforeRetryMicros: n * s,
      warmupMicros: n * s,
      logAllFailures: false,
    });
    assert.equal(text.target.timeoutMicros, n * s);
  }
  assert.equal(found("alpha off", "alpha", "alpha").schedule.alpha, false);
  assert.equal(found("delay_loop 4", "", "").schedule.warmupMicros, 4 * s);
  const misc = checker(
    "misc",
    inChecker("MISC_CHECK", "", { service: "delay_loop 7", server: "delay_loop 8" }),
  );
  assert.equal(misc.timeoutMicros, 7 * s);
});

test("the port that is checked is the one that is written", () => {
  const port = (service: string, real: string, head?: string) =>
    firstServer(repaired(virtualServer(service, "TCP_CHECK {\n}", head).replace("8080", real))).checkPort;
  assert.equal(port("", "8080"), 8080);
  assert.equal(port("", ""), 80);
  assert.equal(port("lvs_method DR", "8080"), 8080);
  assert.equal(port("lvs_method DR", "8080", "fwmark 3"), 8080);
  assert.equal(port("", "", "fwmark 3"), 0);
});

test("servers of equal text differ in their address", () => {
  const tcp = "weight 3\n TCP_CHECK {\n retry 7\n }\n UDP_CHECK {\n connect_port 9\n }\n}\n";
  const http = "HTTP_GET {\n url {\n path /\n }\n }\n}\n";
  const one = (n: number) =>
    `real_server 10.0.1.${n} ${80 + n} {\n ${tcp}real_server 10.0.2.${n} {\n ${http}`;
  const service = (address: string, delay: number) =>
    `virtual_server ${address} 80 {\nlvs_sched rr\nlvs_method NAT\nprotocol TCP\n${one(1)}${one(2)}${one(3)}delay_loop ${delay}\n}\n`;
  const { virtualServers } = good(service("10.0.0.1", 5) + service("10.0.0.2", 6)).check;
  for (const [i, { realServers }] of virtualServers.entries()) {
    const found = realServers.map(({ address, port, checkPort, weight, checkers }) => [
      [address, port, checkPort, weight],
      checkers.map((c) => [c.kind, scheduleOf(c)?.retry, scheduleOf(c)?.delayLoopMicros, targetOf(c)?.port]),
    ]);
    const delay = (5 + i) * s;
    const expected = [1, 2, 3].flatMap((n) => [
      [
        [`10.0.1.${n}`, 80 + n, 80 + n, 3],
        [
          ["tcp", 7, delay, undefined],
          ["udp", 1, delay, 9],
        ],
      ],
      [[`10.0.2.${n}`, 80, 80, 1], [["http", 1, delay, undefined]]],
    ]);
    assert.deepEqual(found, expected);
  }
});

test("places are right in bodies of equal text", () => {
  const body = " TCP_CHECK {\n  retry 7\n  bindto ::1\n }\n}\n";
  const result = read(
    `virtual_server 10.0.0.1 80 {\nlvs_sched rr\nlvs_method NAT\nprotocol TCP\nreal_server 10.0.1.1 80 {\n${body}real_server 10.0.1.2 80 {\n${body}}\n`,
  );
  assert.deepEqual(
    result.diagnostics.map((d) => [d.at?.line, d.at?.column, d.at?.text.trim()]),
    [
      [8, 10, "bindto ::1"],
      [14, 10, "bindto ::1"],
    ],
  );
});

/** What stands in the real server, the message, and how many checkers are left. */
const dropped: readonly (readonly [string, RegExp, number])[] = [
  ["HTTP_GET {\n}", /'HTTP_GET' needs a 'url' with a 'path'/, 0],
  ["SSL_GET {\nurl {\n}\n}", /'SSL_GET' needs a 'url' with a 'path'/, 0],
  ["MISC_CHECK {\n}", /'MISC_CHECK' needs 'misc_path'/, 0],
  ["FILE_CHECK {\n}", /'FILE_CHECK' needs 'track_file'/, 0],
  ["FILE_CHECK {\ntrack_file F\n}", /there is no track_file 'F'/, 0],
  ["BFD_CHECK {\n}", /'BFD_CHECK' needs 'name'/, 0],
  ["BFD_CHECK {\nname B\n}", /there is no bfd_instance 'B'/, 0],
  ["TCP_CHECK {\nconnect_ip fe80::1\n}", /link-local address fe80::1 needs 'bind_if'/, 0],
  ["TCP_CHECK {\nconnect_ip 10.0.0.5\nbindto ::1\n}", /must be of one family/, 1],
  ["UDP_CHECK {\nmin_reply_length 9\nmax_reply_length 8\n}", /can never succeed/, 1],
];

for (const [real, message, left] of dropped) {
  test(`checker: ${message.source}`, () => {
    const result = read(virtualServer("", real));
    assert.match(brief(result).join("\n"), message);
    assert.equal(result.testStatus, 5);
    const [server] = result.config.check.virtualServers;
    assert.equal(server?.realServers[0]?.checkers.length, left);
  });
}
