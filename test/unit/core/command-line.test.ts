/** The command line as scripts and service files of keepalived use it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { readGnuWords, type OptionShape } from "../../../src/cli/gnu-words.js";
import { facilityOf, helpText, readCommandLine, umaskOf } from "../../../src/cli/options.js";
import { signalNumber } from "../../../src/cli/signum.js";
import { outline } from "../../../src/config/reference/outline.js";
import { VERSION, versionText } from "../../../src/cli/version.js";
import { repository } from "../../setup/repository.js";

const SHAPES: OptionShape[] = [
  { short: "f", long: "use-file", value: "required" },
  { short: "l", long: "log-console", value: "none" },
  { short: "D", long: "log-detail", value: "none" },
  { long: "log-x", value: "none" },
  { short: "t", long: "config-test", value: "optional" },
];

const GNU: [string, { words?: string[]; operands?: string[]; problems?: string[] }][] = [
  ["-l -D", { words: ["--log-console", "--log-detail"] }],
  ["-lDfx", { words: ["--log-console", "--log-detail", "--use-file=x"] }],
  ["-lf x", { words: ["--log-console", "--use-file=x"] }],
  ["-f -l", { words: ["--use-file=-l"] }],
  ["--use-file=x --use-file y", { words: ["--use-file=x", "--use-file=y"] }],
  ["--use x", { words: ["--use-file=x"] }],
  ["--log-c", { words: ["--log-console"] }],
  [
    "--log",
    { problems: ["option '--log' is ambiguous; possibilities: '--log-console' '--log-detail' '--log-x'"] },
  ],
  ["-t x", { words: ["--config-test"], operands: ["x"] }],
  ["-tx", { words: ["--config-test=x"] }],
  ["--config-test=x", { words: ["--config-test=x"] }],
  ["--config-test x", { words: ["--config-test"], operands: ["x"] }],
  ["--use-file=", { problems: ["option '--use-file' requires an argument"] }],
  ["-f", { problems: ["option -- 'f' requires an argument"] }],
  ["--log-x=1", { problems: ["option '--log-x' doesn't allow an argument"] }],
  [
    "-z --nope -l",
    { words: ["--log-console"], problems: ["invalid option -- 'z'", "unrecognized option '--nope'"] },
  ],
  ["a -l - b", { words: ["--log-console"], operands: ["a", "-", "b"] }],
  ["-l -- -D", { words: ["--log-console"], operands: ["-D"] }],
];

for (const [line, expected] of GNU) {
  test(`GNU conventions: ${line}`, () => {
    const { words = [], operands = [], problems = [] } = expected;
    assert.deepEqual(readGnuWords(line.split(" "), SHAPES), { words, operands, problems });
  });
}

const read = (line: string) => readCommandLine(line === "" ? [] : line.split(" "));

const MEANINGS: [string, Partial<ReturnType<typeof readCommandLine>>][] = [
  ["", { mode: "daemon", foreground: false, respawn: true, syslog: true, detail: 0, facility: 24 }],
  ["-nlD", { foreground: true, logConsole: true, detail: 1 }],
  ["-DDD", { detail: 2 }],
  ["-D --log-detail", { detail: 2 }],
  ["-f a -f b", { configFile: "b" }],
  ["--use-file=/x y", { configFile: "/x", operands: ["y"] }],
  ["-P", { switches: { vrrp: true, check: false, bfd: true, all: false } }],
  ["-C -B", { switches: { vrrp: false, check: true, bfd: false, all: false } }],
  ["-P -C --all", { switches: { vrrp: true, check: true, bfd: true, all: true } }],
  ["--all -C", { switches: { vrrp: false, check: true, bfd: true, all: true } }],
  [
    "-p a -r b -c c --bfd_pid=d",
    { pidFiles: { parentPid: "a", vrrpPid: "b", checkersPid: "c", bfdPid: "d" } },
  ],
  ["-S 3", { facility: 19 << 3 }],
  ["-S local9", { facility: 24, remarks: ["Invalid log facility 'local9'"] }],
  ["-u 022", { umask: 0o22 }],
  ["-u 01000", { remarks: ["Invalid --umask value '01000', ignoring"] }],
  [
    "-R -V -G -e -m",
    { respawn: false, keepOnStop: true, syslog: false, allIncludesMustExist: true, coreDump: true },
  ],
  ["-s ns1 -i node1", { namespace: "ns1", configId: "node1" }],
  ["-t", { mode: "test" }],
  ["-t --json -d", { mode: "test", json: true, dumpConfiguration: true }],
  ["-t/tmp/x", { mode: "test", testLog: "/tmp/x" }],
  ["-t -f x", { mode: "test", configFile: "x" }],
  ["--signum=RELOAD", { mode: "signum", signum: "RELOAD" }],
  ["--signum RELOAD", { mode: "signum", signum: "RELOAD" }],
  ["-v", { mode: "version" }],
  ["-h", { mode: "help" }],
  ["-x -a -gfile", { withoutEffect: ["--snmp", "--address-monitoring", "--log-file"] }],
  ["-M", { coreDump: true, withoutEffect: ["--core-dump-pattern"] }],
  ["-Q -n", { problems: ["invalid option -- 'Q'"], foreground: true }],
];

for (const [line, expected] of MEANINGS) {
  test(`command line: ${line === "" ? "no options" : line}`, () => {
    const meant = read(line);
    for (const [name, value] of Object.entries(expected)) {
      assert.deepEqual(meant[name as keyof typeof meant], value, name);
    }
  });
}

test("every documented option is known", () => {
  const documented =
    "use-file vrrp check no_bfd all log-console log-detail log-facility log-file flush-log-file no-syslog umask " +
    "release-vips dont-release-vrrp dont-release-ipvs dont-respawn dont-fork dump-conf pid vrrp_pid checkers_pid " +
    "bfd_pid genhash address-monitoring snmp snmp-agent-socket namespace core-dump core-dump-pattern all-config " +
    "config-id signum config-test config-fd ignore-sigint version help";
  const help = helpText();
  for (const name of documented.split(" ")) assert.match(help, new RegExp(`--${name}\\b`));
});

test("signal numbers on Linux", () => {
  const names = ["STOP", "RELOAD", "DATA", "STATS", "STATS_CLEAR", "JSON"];
  assert.deepEqual(names.map(signalNumber), [15, 1, 10, 12, 63, 36]);
  assert.equal(signalNumber("stop"), undefined);
  assert.equal(signalNumber("constructor"), undefined);
});

test("facilities", () => {
  const names = ["0", "7", "local0", "user", "daemon", "8", "kern", ""];
  assert.deepEqual(names.map(facilityOf), [128, 184, 128, 8, 24, undefined, undefined, undefined]);
});

test("file masks are numbers as in C", () => {
  const texts = ["0", "18", "022", "0x1ff", "511", "512", "-1", "", "08", "u=rw"];
  const masks = [0, 18, 18, 511, 511, undefined, undefined, undefined, undefined, undefined];
  assert.deepEqual(texts.map(umaskOf), masks);
});

test("the version is that of the package, and the first line is where scripts look", () => {
  const manifest: unknown = JSON.parse(readFileSync(join(repository, "package.json"), "utf8"));
  assert.equal((manifest as { version: string }).version, VERSION);
  assert.match(versionText(), /^Keepalived v\d/);
  assert.match(versionText(), /\bVRRP\b.*\bVRRP_AUTH\b/);
});

/** By block ("" for what stands outside all blocks) and keyword: without it nobody can use the feature. */
const FEATURE_KEYWORDS: Readonly<Record<string, readonly [block: string, keyword: string]>> = {
  VRRP: ["", "vrrp_instance"],
  VRRP_AUTH: ["vrrp_instance", "authentication"],
  VRRP_VMAC: ["vrrp_instance", "use_vmac"],
  OLD_CHKSUM_COMPAT: ["vrrp_instance", "old_unicast_checksum"],
  LINKBEAT: ["", "linkbeat_interfaces"],
  LVS: ["", "virtual_server"],
  REGEX: ["virtual_server/real_server/HTTP_GET/url", "regex"],
  NFTABLES: ["global_defs", "nftables"],
  JSON: ["global_defs", "json_dump_file"],
  BFD: ["bfd_instance", "neighbor_ip"],
  DBUS: ["global_defs", "enable_dbus"],
  SNMP_VRRP: ["global_defs", "enable_snmp_vrrp"],
  SNMP_CHECKER: ["global_defs", "enable_snmp_checker"],
  SNMP_RFCV2: ["global_defs", "enable_snmp_rfcv2"],
  SNMP_RFCV3: ["global_defs", "enable_snmp_rfcv3"],
};

test("-v names, in upstream's words, the features whose keywords are acted on, and no other one", () => {
  const words = /^Config options: {2}(.*)$/m.exec(versionText())?.[1]?.split(" ") ?? [];
  const blocks = outline();
  for (const [feature, [path, keyword]] of Object.entries(FEATURE_KEYWORDS)) {
    const row = blocks
      .find((block) => block.path === path)
      ?.keywords.find(({ name }) => name === keyword)?.row;
    assert.ok(row !== undefined, `${path}/${keyword} is a keyword`);
    assert.equal(words.includes(feature), row.notActedOn !== true, feature);
  }
  const others = words.filter((word) => !(word in FEATURE_KEYWORDS));
  assert.deepEqual(others, ["INIT=systemd", "SYSTEMD_NOTIFY"]);
});
