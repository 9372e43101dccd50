/** `virtual_server`, its group and its servers: every keyword, its ends and beyond; and the checks across them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { VirtualServerConfig } from "../../../src/config/check-model.js";
import { firstServer, only, repaired, virtualServer } from "./check-texts.js";
import { brief, good, read } from "./fake-files.js";

const s = 1_000_000;

interface Case {
  keyword: string;
  accepted: readonly (readonly [argument: string, expected: unknown])[];
  refused?: readonly string[];
  byDefault?: unknown;
  readonly of: (server: VirtualServerConfig) => unknown;
  /** Where the keyword stands. */
  inReal?: boolean;
}

const cases: readonly Case[] = [
  {
    keyword: "delay_loop",
    accepted: [
      ["0.000001", 1],
      ["6", 6 * s],
    ],
    refused: ["0", "-1", "6x", "1e3"],
    byDefault: 60 * s,
    of: (c) => c.defaults.delayLoopMicros,
  },
  {
    keyword: "retry",
    accepted: [
      ["1", 1],
      ["4294967295", 4294967295],
    ],
    refused: ["0", "4294967296", "x"],
    of: (c) => c.defaults.retry,
  },
  {
    keyword: "delay_before_retry",
    accepted: [["0", 0]],
    refused: ["-1"],
    of: (c) => c.defaults.delayBeforeRetryMicros,
  },
  { keyword: "warmup", accepted: [["0", 0]], refused: ["x"], of: (c) => c.defaults.warmupMicros },
  {
    keyword: "connect_timeout",
    accepted: [
      ["0.000001", 1],
      ["4294.967295", 4294967295],
    ],
    refused: ["0", "4294.967296"],
    byDefault: 5 * s,
    of: (c) => c.defaults.connectTimeoutMicros,
  },
  { keyword: "lvs_sched", accepted: [["twos", "twos"]], refused: ["foo", "RR"], of: (c) => c.scheduler },
  { keyword: "lb_algo", accepted: [["nq", "nq"]], refused: ["foo"], byDefault: "rr", of: (c) => c.scheduler },
  {
    keyword: "lvs_method",
    accepted: [
      ["DR", { method: "DR" }],
      ["TUN", { method: "TUN", tunnel: "ipip", checksum: "nocsum" }],
      ["TUN type gue port 65535 remcsum", { method: "TUN", tunnel: "gue", port: 65535, checksum: "remcsum" }],
      ["TUN csum type gre", { method: "TUN", tunnel: "gre", checksum: "csum" }],
    ],
    refused: ["nat", "ROUTE"],
    // Only the port of the service works without NAT, and is 80.
    of: (c) => c.forwarding,
  },
  {
    keyword: "persistence_timeout",
    accepted: [
      ["1", 1],
      ["2678400", 2678400],
      ["", 360],
    ],
    refused: ["0", "2678401"],
    byDefault: 0,
    of: (c) => c.persistence.timeoutSeconds,
  },
  {
    keyword: "persistence_granularity",
    accepted: [["255.255.255.0", { timeoutSeconds: 360, mask: "255.255.255.0" }]],
    refused: ["foo", "129", "255.255.255"],
    byDefault: { timeoutSeconds: 0 },
    of: (c) => c.persistence,
  },
  { keyword: "persistence_engine", accepted: [["sip", "sip"]], of: (c) => c.persistence.engine },
  {
    keyword: "protocol",
    accepted: [
      ["udp", "UDP"],
      ["SCTP", "SCTP"],
    ],
    refused: ["foo"],
    of: (c) => c.protocol,
  },
  { keyword: "ha_suspend", accepted: [["", true]], byDefault: false, of: (c) => c.haSuspend },
  {
    keyword: "smtp_alert",
    accepted: [
      ["", true],
      ["no", false],
    ],
    refused: ["maybe", "TRUE"],
    byDefault: false,
    of: (c) => c.smtpAlert,
  },
  { keyword: "virtualhost", accepted: [["a.example", "a.example"]], of: (c) => c.virtualHost },
  { keyword: "snmp_name", accepted: [['"a b"', "a b"]], refused: ["a b"], of: (c) => c.snmpName },
  { keyword: "alpha", accepted: [["", true]], byDefault: false, of: (c) => c.defaults.alpha },
  { keyword: "omega", accepted: [["", true]], byDefault: false, of: (c) => c.omega },
  {
    keyword: "quorum",
    accepted: [["1", 1]],
    refused: ["0", "4294967296"],
    byDefault: 1,
    of: (c) => c.quorum,
  },
  {
    keyword: "hysteresis",
    accepted: [["0", 0]],
    refused: ["-1", "4294967296"],
    byDefault: 0,
    of: (c) => c.hysteresis,
  },
  {
    keyword: "weight",
    accepted: [
      ["1", 1],
      ["2147483647", 2147483647],
    ],
    refused: ["0", "2147483648"],
    byDefault: 1,
    of: (c) => firstServer(c).weight,
  },
  {
    keyword: "inhibit_on_failure",
    accepted: [["", true]],
    byDefault: false,
    of: (c) => firstServer(c).inhibitOnFailure,
  },
  { keyword: "flag-1", accepted: [["", true]], byDefault: false, of: (c) => c.flags.flag1 },
  { keyword: "flag-2", accepted: [["", true]], byDefault: false, of: (c) => c.flags.flag2 },
  { keyword: "flag-3", accepted: [["", true]], byDefault: false, of: (c) => c.flags.flag3 },
  {
    keyword: "sorry_server",
    accepted: [
      ["10.0.0.9 8081", 8081],
      ["10.0.0.9", 80],
    ],
    refused: ["10.0.0.x", "10.0.0.9 65536", "10.0.0.9 x"],
    of: (c) => c.sorryServer?.port,
  },
  {
    keyword: "weight",
    inReal: true,
    accepted: [
      ["1", 1],
      ["2147483647", 2147483647],
    ],
    refused: ["-1", "2147483648"],
    byDefault: 1,
    of: (c) => firstServer(c).weight,
  },
  {
    keyword: "uthreshold",
    inReal: true,
    accepted: [["4294967295", 4294967295]],
    refused: ["4294967296"],
    byDefault: 0,
    of: (c) => firstServer(c).upperThreshold,
  },
  {
    keyword: "lthreshold",
    inReal: true,
    accepted: [["0", 0]],
    refused: ["x"],
    byDefault: 0,
    of: (c) => firstServer(c).lowerThreshold,
  },
  {
    keyword: "inhibit_on_failure",
    inReal: true,
    accepted: [
      ["", true],
      ["off", false],
    ],
    refused: ["x"],
    of: (c) => firstServer(c).inhibitOnFailure,
  },
  {
    keyword: "alpha",
    inReal: true,
    accepted: [["", true]],
    refused: ["x"],
    byDefault: false,
    of: (c) => firstServer(c).alpha,
  },
  {
    keyword: "smtp_alert",
    inReal: true,
    accepted: [["off", false]],
    refused: ["x"],
    byDefault: true,
    of: (c) => firstServer(c).smtpAlert,
  },
  {
    keyword: "snmp_name",
    inReal: true,
    accepted: [["x", "x"]],
    refused: [""],
    of: (c) => firstServer(c).snmpName,
  },
  {
    keyword: "lvs_method",
    inReal: true,
    accepted: [["NAT", { method: "NAT" }]],
    refused: ["x"],
    of: (c) => firstServer(c).forwarding,
  },
];

for (const { keyword, accepted, refused = [], byDefault, of, inReal = false } of cases) {
  test(`${inReal ? "real_server: " : ""}${keyword}`, () => {
    const text = (line: string): string => {
      const method = line.startsWith("lvs_method") && !inReal ? line : "";
      const usual = inReal ? virtualServer("", line) : virtualServer(line);
      // Without NAT the port is the service's.
      return method === "" ? usual : usual.replace("8080", "80");
    };
    for (const [argument, expected] of accepted)
      assert.deepEqual(of(only(text(`${keyword} ${argument}`))), expected, argument);
    for (const argument of refused) {
      const result = read(text(`${keyword} ${argument}`));
      assert.equal(result.testStatus, 5, `${keyword} ${argument}`);
      assert.equal(result.diagnostics[0]?.at?.line, inReal ? 7 : 5, argument);
    }
    if (byDefault !== undefined) assert.deepEqual(of(only(virtualServer())), byDefault);
  });
}

test("the three kinds of head", () => {
  assert.deepEqual(only(virtualServer()).service, {
    kind: "address",
    family: 4,
    address: "10.0.0.1",
    port: 80,
  });
  assert.deepEqual(only(virtualServer("", "", "fwmark 4294967295")).service, {
    kind: "mark",
    mark: 4294967295,
  });
  const group = "virtual_server_group G {\n 10.0.0.1 80\n}\n";
  assert.deepEqual(only(group + virtualServer("", "", "group G")).service, { kind: "group", name: "G" });
  assert.deepEqual(only(virtualServer("", "", "group G") + group).service, { kind: "group", name: "G" });
  const zeros = only(virtualServer("persistence_timeout 5", "", "10.0.0.1 0"));
  assert.deepEqual(zeros.service, { kind: "address", family: 4, address: "10.0.0.1", port: 0 });
});

test("a head that is wrong skips the block, a missing one refuses the configuration", () => {
  for (const head of ["10.0.0.x 80", "10.0.0.1 8x", "10.0.0.1 65536", "fwmark x", "fwmark 4294967296"]) {
    const result = read(virtualServer("nonsense", "", head));
    assert.equal(result.testStatus, 5, head);
    assert.equal(result.diagnostics.length, 1, head);
    assert.deepEqual(result.config.check.virtualServers, []);
  }
  for (const head of ["", "fwmark", "group"])
    assert.equal(read(virtualServer("", "", head)).testStatus, 2, head);
});

test("entries of a group", () => {
  const entries = (lines: string) => good(`virtual_server_group G {\n${lines}\n}\n`).check.groups[0]?.entries;
  const range = (first: string, last = first, port = 80, family = 4) => ({
    kind: "range",
    family,
    first,
    last,
    port,
  });
  const accepted: [string, unknown][] = [
    ["10.0.0.1 80", range("10.0.0.1")],
    ["10.0.0.1", range("10.0.0.1", "10.0.0.1", 0)],
    ["10.0.0.2-10 80", range("10.0.0.2", "10.0.0.10")],
    ["192.168.200.250-192.168.201.10 80", range("192.168.200.250", "192.168.201.10")],
    ["10.0.0.5-10.0.0.5 80", range("10.0.0.5")],
    ["10.0.0.8/29 80", range("10.0.0.8", "10.0.0.15")],
    ["128.0.0.0/17 80", range("128.0.0.0", "128.0.127.255")],
    ["10.0.0.8/32 80", range("10.0.0.8")],
    ["2001:db8::10-2f 80", range("2001:db8::10", "2001:db8::2f", 80, 6)],
    ["2001:db8::10-2001:db8::1:0 80", range("2001:db8::10", "2001:db8::1:0", 80, 6)],
    ["2001:db8::/124 80", range("2001:db8::", "2001:db8::f", 80, 6)],
    ["2001:db8::/113 80", range("2001:db8::", "2001:db8::7fff", 80, 6)],
    ["fwmark 0", { kind: "mark", mark: 0 }],
    ["fwmark 7 inet6", { kind: "mark", mark: 7, family: 6 }],
  ];
  for (const [line, expected] of accepted) assert.deepEqual(entries(line), [expected], line);
  const refused = [
    "10.0.0.5-5 80",
    "10.0.0.10-5 80",
    "10.0.0.1-256 80",
    "10.0.0.1-10.0.1 80",
    "10.0.0.2-10.0.0.1 80",
    "10.0.0.1/30 80",
    "10.0.0.0/0 80",
    "10.0.0.0/33 80",
    "2001:db8::10-10 80",
    "2001:db8::1-10000 80",
    "2001:db8::1-10.0.0.1 80",
    "10.0.0.1 65536",
    "fwmark x",
    "fwmark 0x10",
    "eth0",
  ];
  for (const line of refused) {
    const result = read(`virtual_server_group G {\n${line}\n}\n`);
    assert.deepEqual(
      brief(result).map((text) => /^(\S+ \S+)/.exec(text)?.[1]),
      [
        "1:22 error",
        `2:${line.startsWith("fwmark") || line.endsWith(" 65536") ? line.lastIndexOf(" ") + 2 : 1} error`,
      ],
      line,
    );
  }
});

test("what a group decides", () => {
  const group = (lines: string) => `virtual_server_group G {\n${lines}\n}\n`;
  const marks = repaired(group("fwmark 7") + virtualServer("ha_suspend", "", "group G"));
  assert.deepEqual([marks.protocol, marks.haSuspend, marks.family], [undefined, false, 4]);
  const portless = repaired(group("10.0.0.1") + virtualServer("", "", "group G"));
  assert.equal(portless.persistence.timeoutSeconds, 360);
  const six = good(group("2001:db8::1 80") + virtualServer("", "", "group G").replace("192.168.0.1", "::1"));
  assert.equal(six.check.virtualServers[0]?.family, 6);
  const unknown = read(virtualServer("", "", "group H") + group("10.0.0.1 80").replace("G", "HH"));
  assert.deepEqual(unknown.config.check.virtualServers, []);
  assert.match(brief(unknown)[0] ?? "", /no virtual_server_group 'H'.*did you mean 'HH'/);
  assert.equal(unknown.testStatus, 0);
});

/** Text, the message, and what it left. */
const repairs: readonly (readonly [string, RegExp, (server: VirtualServerConfig) => unknown, unknown])[] = [
  [
    virtualServer("", "", "fwmark 3").replace("NAT", "NAT\nha_suspend"),
    /'ha_suspend' is ignored/,
    (c) => c.haSuspend,
    false,
  ],
  [virtualServer().replace("protocol TCP", ""), /needs 'protocol'; UDP/, (c) => c.protocol, "UDP"],
  [virtualServer("ops"), /'ops' is ignored/, (c) => c.flags.onePacket, false],
  [virtualServer("", "", "10.0.0.1"), /without port.*360/, (c) => c.persistence.timeoutSeconds, 360],
  [virtualServer("protocol TCP", "", "fwmark 3"), /'protocol' is ignored/, (c) => c.protocol, undefined],
  [virtualServer().replace("lvs_sched rr", ""), /needs 'lvs_sched'; wlc/, (c) => c.scheduler, "wlc"],
  [
    virtualServer().replace("lvs_method NAT", ""),
    /needs 'lvs_method'; NAT/,
    (c) => c.forwarding,
    { method: "NAT" },
  ],
  [virtualServer("real_server 192.168.0.1 8080 {\n}"), /is given twice/, (c) => c.realServers.length, 1],
  [virtualServer("real_server ::1 8080 {\n}"), /IPv6 server does not fit/, (c) => c.realServers.length, 1],
  [virtualServer("sorry_server ::1 80"), /IPv6 sorry server does not fit/, (c) => c.sorryServer, undefined],
  [virtualServer("sorry_server_inhibit"), /must follow 'sorry_server'/, (c) => c.sorryServer, undefined],
  [virtualServer("quorum 9"), /quorum 9 .* is above 1/, (c) => c.quorum, 1],
  [virtualServer("hysteresis 1"), /must be below the quorum 1; 0/, (c) => c.hysteresis, 0],
  [virtualServer("", "weight 0"), /quorum 1 .* is above 0/, (c) => [c.quorum, c.hysteresis], [1, 0]],
  [virtualServer("lvs_method DR"), /has the port of .*: 80 is used/, (c) => firstServer(c).port, 80],
  [virtualServer("lvs_method DR", "", "fwmark 3"), /8080 is not used/, (c) => firstServer(c).port, 0],
  [virtualServer("ip_family inet6"), /is IPv4; 'ip_family' is ignored/, (c) => c.family, 4],
  [virtualServer("sh-port"), /must follow 'lvs_sched sh'/, (c) => c.flags.flag2, false],
  [virtualServer("hashed"), /must follow 'lvs_sched sh'/, (c) => c.flags.flag1, false],
  [
    virtualServer("lvs_method TUN type gue").replace("8080", "80"),
    /gue tunnel needs 'port'/,
    (c) => c.forwarding,
    { method: "TUN", tunnel: "ipip", checksum: "nocsum" },
  ],
  [
    virtualServer("lvs_method TUN csum").replace("8080", "80"),
    /ipip tunnel has no checksum/,
    (c) => c.forwarding.method,
    "TUN",
  ],
  [
    virtualServer("lvs_method DR port 5").replace("8080", "80"),
    /only TUN has tunnel settings/,
    (c) => c.forwarding,
    { method: "DR" },
  ],
  [
    virtualServer("persistence_engine abcdefghijklmnopq"),
    /at most 16/,
    (c) => c.persistence.engine,
    "abcdefghijklmnop",
  ],
];

for (const [text, message, of, expected] of repairs) {
  test(`repaired: ${message.source}`, () => {
    const result = read(text);
    assert.match(brief(result).join("\n"), message);
    assert.equal(result.diagnostics.length, 1, brief(result).join("\n"));
    assert.deepEqual([result.testStatus, result.usable], [5, true]);
    assert.deepEqual(of(result.config.check.virtualServers[0] as VirtualServerConfig), expected);
  });
}

test("a virtual server without real server is ignored, and said once", () => {
  const result = read("virtual_server 10.0.0.1 80 {\n}\n");
  assert.match(
    brief(result).join("\n"),
    /^1:1 error virtual server '10.0.0.1 80' has no real server and is ignored$/,
  );
  assert.deepEqual(result.config.check.virtualServers, []);
});

test("family of a firewall mark service: what it says, its granularity, its servers", () => {
  const mark = (lines: string, address: string) =>
    virtualServer(lines, "", "fwmark 3").replace("192.168.0.1", address);
  assert.equal(only(mark("", "::2")).family, 6);
  assert.equal(only(mark("", "10.0.0.2")).family, 4);
  assert.equal(only(mark("ip_family inet6", "::2")).family, 6);
  assert.equal(only(mark("persistence_granularity 64", "::2")).family, 6);
  const both = read(mark("persistence_granularity 64\nip_family inet", "::2"));
  assert.match(brief(both).join("\n"), /^5:11 error the virtual server is IPv6; 'ip_family' is ignored$/);
  const other = read(mark("ip_family inet\npersistence_granularity 64", "10.0.0.2"));
  assert.match(
    brief(other).join("\n"),
    /^5:25 error 'persistence_granularity' for IPv4 must be a mask[^\n]*$/,
  );
  assert.equal(only(mark("lvs_method TUN", "::2").replace(" 8080", "")).family, 6);
  assert.equal(only(mark("ip_family inet\nlvs_method TUN", "::2").replace(" 8080", "")).family, 4);
});

test("the sorry server takes the method in force, and shares a real server's entry", () => {
  const text = virtualServer(
    "sorry_server 192.168.0.1 8080\nsorry_server_inhibit\nsorry_server_lvs_method NAT",
  );
  assert.deepEqual(only(text).sorryServer, {
    family: 4,
    address: "192.168.0.1",
    port: 8080,
    forwarding: { method: "NAT" },
    inhibitOnFailure: false,
    isRealServer: true,
  });
  assert.equal(
    only(virtualServer("sorry_server 10.0.0.9\nsorry_server_inhibit")).sorryServer?.inhibitOnFailure,
    true,
  );
});

test("hashing flags count after their scheduler", () => {
  assert.deepEqual(only(virtualServer("lvs_sched mh\nmh-port\nmh-fallback")).flags, {
    onePacket: false,
    flag1: true,
    flag2: true,
    flag3: false,
  });
});

test("what global_defs says reaches virtual servers that stand before and after it", () => {
  const globals = "global_defs {\n smtp_alert_checker off\n checker_log_all_failures\n}\n";
  const service = virtualServer("", "TCP_CHECK {\n}");
  for (const text of [globals + service, service + globals]) {
    const server = only(text);
    const [checker] = firstServer(server).checkers;
    assert.deepEqual([server.smtpAlert, firstServer(server).smtpAlert], [false, false]);
    assert.equal(checker?.kind === "tcp" && checker.schedule.logAllFailures, true);
  }
  const on = only(virtualServer("smtp_alert", "smtp_alert on") + globals);
  assert.deepEqual([on.smtpAlert, firstServer(on).smtpAlert], [true, true]);
});

test("virtual servers stay in the order of the text, whatever they wait for", () => {
  const named = (address: string, lines = "") => virtualServer(lines, "", `${address} 80`);
  const group = "virtual_server_group G {\n 10.0.0.9 80\n}\n";
  const text =
    named("10.0.0.1") +
    virtualServer("", "", "group G") +
    named("10.0.0.3", "smtp_alert") +
    named("10.0.0.4") +
    group;
  const found = good(text).check.virtualServers.map(({ service }) =>
    service.kind === "address" ? service.address : service.kind,
  );
  assert.deepEqual(found, ["10.0.0.1", "group", "10.0.0.3", "10.0.0.4"]);
});

test("the start names what has no effect in virtual servers in one entry", () => {
  const text = virtualServer(" snmp_name a\n");
  const { notActedOn } = good(text + text.replace("10.0.0.1", "10.0.0.2"));
  assert.deepEqual(notActedOn, ["virtual_server 10.0.0.1 80: snmp_name (keepalived.conf:5) and 1 more"]);
});
