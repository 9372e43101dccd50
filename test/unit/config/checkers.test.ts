/** Checkers: every keyword, its ends and beyond; what they take from the servers around them; what drops them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CheckerConfig } from "../../../src/config/check-model.js";
import { checker, firstServer, only, repaired, virtualServer } from "./check-texts.js";
import { brief, good, read } from "./fake-files.js";

const s = 1_000_000;
const security = "global_defs {\n enable_script_security\n script_user root\n}\n";

/** What each kind needs beyond the shared keywords. */
const KINDS = {
  TCP_CHECK: "",
  PING_CHECK: "",
  UDP_CHECK: "",
  DNS_CHECK: "",
  SMTP_CHECK: "",
  HTTP_GET: "url { path / }",
  SSL_GET: "url { path / }",
  MISC_CHECK: "misc_path /bin/true",
} as const;
type Keyword = keyof typeof KINDS;

function inChecker(
  keyword: Keyword,
  lines: string,
  around: { service?: string; server?: string } = {},
): string {
  const body = `${around.server ?? ""}\n${keyword} {\n${lines}\n${KINDS[keyword]}\n}`;
  return security + virtualServer(around.service, body);
}

function anyChecker(text: string): CheckerConfig {
  const [found] = firstServer(only(text)).checkers;
  assert.ok(found !== undefined);
  return found;
}

interface Case {
  keyword: string;
  accepted: readonly (readonly [argument: string, expected: unknown])[];
  refused: readonly string[];
  in?: readonly Keyword[];
  readonly of: (checker: CheckerConfig) => unknown;
}

const all = Object.keys(KINDS) as Keyword[];
const connected = all.filter((kind) => kind !== "MISC_CHECK");
const schedule = (c: CheckerConfig) => ("schedule" in c ? c.schedule : undefined);
const target = (c: CheckerConfig) => ("target" in c ? c.target : undefined);
const long = "a".repeat(16);

const cases: readonly Case[] = [
  {
    keyword: "retry",
    accepted: [
      ["0", 0],
      ["4294967295", 4294967295],
    ],
    refused: ["-1", "4294967296"],
    of: (c) => schedule(c)?.retry,
  },
  {
    keyword: "delay_before_retry",
    accepted: [
      ["0", 0],
      ["2.5", 2.5 * s],
    ],
    refused: ["x"],
    of: (c) => schedule(c)?.delayBeforeRetryMicros,
  },
  { keyword: "warmup", accepted: [["0", 0]], refused: ["-1"], of: (c) => schedule(c)?.warmupMicros },
  {
    keyword: "delay_loop",
    accepted: [["0.000001", 1]],
    refused: ["0"],
    of: (c) => schedule(c)?.delayLoopMicros,
  },
  {
    keyword: "alpha",
    accepted: [
      ["", true],
      ["off", false],
    ],
    refused: ["x"],
    of: (c) => schedule(c)?.alpha,
  },
  {
    keyword: "log_all_failures",
    accepted: [
      ["", true],
      ["no", false],
    ],
    refused: ["1"],
    of: (c) => schedule(c)?.logAllFailures,
  },
  {
    keyword: "connect_ip",
    in: connected,
    accepted: [
      ["10.0.0.7", "10.0.0.7"],
      ["2001:DB8::7", "2001:db8::7"],
    ],
    refused: ["host.example", "10.0.0"],
    of: (c) => target(c)?.address?.text,
  },
  {
    keyword: "connect_port",
    in: connected,
    accepted: [
      ["1", 1],
      ["65535", 65535],
    ],
    refused: ["0", "65536"],
    of: (c) => target(c)?.port,
  },
  {
    keyword: "bindto",
    in: connected,
    accepted: [["10.0.0.8", "10.0.0.8"]],
    refused: ["x", "::1"],
    of: (c) => target(c)?.bindAddress,
  },
  {
    keyword: "bind_port",
    in: connected,
    accepted: [
      ["1", 1],
      ["65535", 65535],
    ],
    refused: ["0", "65536"],
    of: (c) => target(c)?.bindPort,
  },
  {
    keyword: "bind_if",
    in: connected,
    accepted: [["eth0", "eth0"]],
    refused: [long],
    of: (c) => target(c)?.bindInterface,
  },
  {
    keyword: "connect_timeout",
    in: connected,
    accepted: [
      ["0.000001", 1],
      ["4294.967295", 4294967295],
    ],
    refused: ["0", "4294.967296"],
    of: (c) => target(c)?.timeoutMicros,
  },
  {
    keyword: "fwmark",
    in: connected,
    accepted: [
      ["0", 0],
      ["4294967295", 4294967295],
    ],
    refused: ["0x10", "4294967296"],
    of: (c) => target(c)?.mark,
  },
  {
    keyword: "payload",
    in: ["UDP_CHECK"],
    accepted: [
      ["0123 4 567", "0123045607"],
      ["f", "0f"],
    ],
    refused: ["01x2", "zz", ""],
    of: (c) => (c.kind === "udp" ? c.payload : undefined),
  },
  {
    keyword: "require_reply",
    in: ["UDP_CHECK"],
    accepted: [
      ["", undefined],
      ["0x Xf", { bytes: "000f", mask: "f00f" }],
    ],
    refused: ["0y"],
    of: (c) => (c.kind === "udp" ? c.reply : undefined),
  },
  {
    keyword: "min_reply_length",
    in: ["UDP_CHECK"],
    accepted: [
      ["0", 0],
      ["255", 255],
    ],
    refused: ["-1", "65536"],
    of: (c) => (c.kind === "udp" ? c.minReplyBytes : undefined),
  },
  {
    keyword: "max_reply_length",
    in: ["UDP_CHECK"],
    accepted: [
      ["0", 0],
      ["65535", 65535],
    ],
    refused: ["65536"],
    of: (c) => (c.kind === "udp" ? c.maxReplyBytes : undefined),
  },
  {
    keyword: "helo_name",
    in: ["SMTP_CHECK"],
    accepted: [["me.example", "me.example"]],
    refused: [],
    of: (c) => (c.kind === "smtp" ? c.heloName : undefined),
  },
  {
    keyword: "type",
    in: ["DNS_CHECK"],
    accepted: [
      ["aaaa", "AAAA"],
      ["DNSKEY", "DNSKEY"],
    ],
    refused: ["ANY"],
    of: (c) => (c.kind === "dns" ? c.type : undefined),
  },
  {
    keyword: "name",
    in: ["DNS_CHECK"],
    accepted: [
      [".", "."],
      ["a.example.", "a.example."],
    ],
    refused: ["a..b", `${"a".repeat(64)}.example`, "..", '""'],
    of: (c) => (c.kind === "dns" ? c.name : undefined),
  },
  {
    keyword: "misc_timeout",
    in: ["MISC_CHECK"],
    accepted: [
      ["0", 60 * s],
      ["4294", 4294 * s],
    ],
    refused: ["4295", "1.5"],
    of: (c) => (c.kind === "misc" ? c.timeoutMicros : undefined),
  },
  {
    keyword: "misc_dynamic",
    in: ["MISC_CHECK"],
    accepted: [["", true]],
    refused: [],
    of: (c) => (c.kind === "misc" ? c.dynamic : undefined),
  },
  {
    keyword: "http_protocol",
    in: ["HTTP_GET", "SSL_GET"],
    accepted: [
      ["1.0c", "1.0C"],
      ["1.1", "1.1"],
    ],
    refused: ["2"],
    of: (c) => ("protocol" in c ? c.protocol : undefined),
  },
  {
    keyword: "fast_recovery",
    in: ["HTTP_GET", "SSL_GET"],
    accepted: [["", true]],
    refused: ["x"],
    of: (c) => ("fastRecovery" in c ? c.fastRecovery : undefined),
  },
  {
    keyword: "virtualhost",
    in: ["HTTP_GET", "SSL_GET"],
    accepted: [["h", "h"]],
    refused: [],
    of: (c) => ("urls" in c ? c.urls[0]?.virtualHost : undefined),
  },
  {
    keyword: "enable_sni",
    in: ["HTTP_GET", "SSL_GET"],
    accepted: [
      ["", undefined],
      ["on\nvirtualhost h", "h"],
    ],
    refused: ["x"],
    of: (c) => ("urls" in c ? c.urls[0]?.serverName : undefined),
  },
  {
    keyword: "sni_name",
    in: ["HTTP_GET", "SSL_GET"],
    accepted: [
      ["n", "n"],
      ["\nvirtualhost h", "h"],
    ],
    refused: [],
    of: (c) => ("urls" in c ? c.urls[0]?.serverName : undefined),
  },
  {
    keyword: "tls_compliant",
    in: ["SSL_GET"],
    accepted: [["", true]],
    refused: ["x"],
    of: (c) => ("urls" in c ? c.urls[0]?.tlsCompliant : undefined),
  },
];

for (const { keyword, accepted, refused, in: kinds = all, of } of cases) {
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
  const usual = (kind: Keyword) => schedule(anyChecker(inChecker(kind, "")));
  const base = { alpha: false, delayLoopMicros: 60 * s, warmupMicros: 60 * s, logAllFailures: false };
  for (const kind of ["TCP_CHECK", "PING_CHECK", "UDP_CHECK", "SMTP_CHECK"] as const)
    assert.deepEqual(usual(kind), { ...base, retry: 1, delayBeforeRetryMicros: s }, kind);
  for (const kind of ["HTTP_GET", "SSL_GET"] as const)
    assert.deepEqual(usual(kind), { ...base, retry: 1, delayBeforeRetryMicros: 3 * s }, kind);
  assert.deepEqual(usual("MISC_CHECK"), { ...base, retry: 0, delayBeforeRetryMicros: s });
  assert.deepEqual(usual("DNS_CHECK"), { ...base, retry: 3, delayBeforeRetryMicros: 60 * s });
  assert.deepEqual(target(anyChecker(inChecker("TCP_CHECK", ""))), {
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
      checkers.map((c) => [c.kind, schedule(c)?.retry, schedule(c)?.delayLoopMicros, target(c)?.port]),
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
  for (const pattern of ["[]a(]", "[^](]", "\\\\Q(\\\\E", "[[:alpha:](]", "a{2}(?i)b"])
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

test("BFD_CHECK follows a session that is defined before it, once", () => {
  const session = "bfd_instance B {\n neighbor_ip 10.0.0.2\n source_ip 10.0.0.1\n}\n";
  const check = "BFD_CHECK {\nname B\nalpha\n}\n";
  assert.deepEqual(checker("bfd", session + virtualServer("", check)), {
    kind: "bfd",
    session: "B",
    alpha: true,
  });
  assert.match(brief(read(virtualServer("", check) + session)).join(), /defined only further down/);
  assert.match(
    brief(read(session + virtualServer("", check + check))).join(),
    /followed by another BFD_CHECK/,
  );
});

test("FILE_CHECK follows a file that is defined before it, with its weight or its own", () => {
  const file = "track_file F {\n file /run/f\n weight 3 reverse\n}\n";
  const check = (lines: string) => virtualServer("", `FILE_CHECK {\ntrack_file F\n${lines}\n}`);
  const found = (lines: string) => checker("file", file + check(lines));
  const base = { kind: "file", trackFile: "F" };
  assert.deepEqual(found(""), { ...base, weight: 3, reverse: true });
  assert.deepEqual(found("weight -2147483647"), { ...base, weight: -2147483647, reverse: false });
  assert.deepEqual(found("weight 2147483647 noreverse"), { ...base, weight: 2147483647, reverse: false });
  assert.deepEqual(found("weight 0 reverse"), { ...base, weight: 0, reverse: true });
  assert.deepEqual(
    good(file + check("")).check.trackFiles.map(({ name, path }) => [name, path]),
    [["F", "/run/f"]],
  );
  assert.deepEqual(good(file + virtualServer()).check.trackFiles, []);
  for (const line of ["weight 2147483648", "weight x", "weight 1 backwards"]) {
    const result = read(file + check(line));
    assert.deepEqual([result.testStatus, result.diagnostics[0]?.at?.line], [5, 13], line);
  }
  assert.match(brief(read(check("") + file)).join(), /defined only further down/);
});

test("the hosts of an SMTP check are checkers of their own, and a note says so", () => {
  const text =
    "SMTP_CHECK {\nretry 4\nhelo_name h\nhost {\nconnect_ip 10.0.0.8\n}\nhost {\nconnect_port 26\nretry 5\n}\n}";
  const result = read(virtualServer("", text));
  assert.equal(result.testStatus, 0);
  const [server] = result.config.check.virtualServers;
  assert.deepEqual(
    server?.realServers[0]?.checkers.map((c) =>
      c.kind === "smtp" ? [c.target.address?.text, c.target.port, c.schedule.retry, c.heloName] : [],
    ),
    [
      ["10.0.0.8", undefined, 4, "h"],
      [undefined, 26, 5, "h"],
    ],
  );
});

test("nb_get_retry is retry, and deprecated", () => {
  const result = read(virtualServer("", "HTTP_GET {\nnb_get_retry 6\nurl {\npath /\n}\n}"));
  assert.match(brief(result).join(), /'nb_get_retry' is deprecated; write 'retry'/);
  const found = result.config.check.virtualServers[0]?.realServers[0]?.checkers[0];
  assert.equal(found && schedule(found)?.retry, 6);
});

test("the script of a check, and who runs it", () => {
  const text = (lines: string) =>
    security + virtualServer("", `MISC_CHECK {\nmisc_path "/bin/x 'a b' c"\n${lines}\n}`);
  const { script } = checker("misc", text("user nobody nogroup"));
  assert.deepEqual([script.args, script.user, script.group], [["/bin/x", "a b", "c"], "nobody", "nogroup"]);
  assert.equal(checker("misc", text("")).script.user, "root");
  const nobody = read(text("user nosuch"), { userExists: (user) => user !== "nosuch" });
  assert.match(brief(nobody).join(), /there is no user 'nosuch'/);
  assert.equal(nobody.testStatus, 5);
  assert.equal(good(text("")).check.virtualServers[0]?.realServers[0]?.checkers.length, 1);
});
