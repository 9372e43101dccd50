/**
 * The command line of keepalived: one row per option gives its flags, its help and what it does. commander prints
 * the help and reads the values; the conventions it lacks are in gnu-words.ts. No file and no system is touched here.
 */
import { Command, Option } from "commander";
import { readGnuWords, type OptionShape } from "./gnu-words.js";

/** What the command line says, before anything is looked up. */
export interface CommandLine {
  mode: "daemon" | "test" | "version" | "help" | "signum" | "genhash";
  configFile?: string;
  switches: { vrrp: boolean; check: boolean; bfd: boolean; all: boolean };
  pidFiles: { parentPid?: string; vrrpPid?: string; checkersPid?: string; bfdPid?: string };
  detail: 0 | 1 | 2;
  logConsole: boolean;
  syslog: boolean;
  /** Shifted LOG_ constant. */
  facility: number;
  foreground: boolean;
  respawn: boolean;
  keepOnStop: boolean;
  keepIpvsOnStop: boolean;
  umask?: number;
  configId?: string;
  namespace?: string;
  allIncludesMustExist: boolean;
  coreDump: boolean;
  ignoreSigint: boolean;
  dumpConfiguration: boolean;
  /** Of -t: what is wrong as JSON on standard output. */
  json: boolean;
  /** File of -t. */
  testLog?: string;
  signum?: string;
  /** Given, accepted, and without effect in this version. */
  withoutEffect: string[];
  /** Said on standard error; the start goes on. */
  remarks: string[];
  /** Said on standard error; exit status 1. */
  problems: string[];
  operands: string[];
}

type Apply = (line: CommandLine, value: string) => void;
type Row = readonly [flags: string, text: string, apply: Apply];

/** An option whose feature is still to come. */
const later =
  (name: string): Apply =>
  (line) => {
    line.withoutEffect.push(name);
  };

const LOG_USER = 1 << 3;
const LOG_DAEMON = 3 << 3;
const FIRST_LOCAL = 16;

/** Shifted LOG_ constant of `0`..`7`, `local0`..`local7`, `user` or `daemon`. */
export function facilityOf(text: string): number | undefined {
  if (text === "user") return LOG_USER;
  if (text === "daemon") return LOG_DAEMON;
  const local = /^(?:local)?([0-7])$/.exec(text)?.[1];
  return local === undefined ? undefined : (FIRST_LOCAL + Number(local)) << 3;
}

const LARGEST_UMASK = 0o777;

/** A number as strtol reads it with base 0: decimal, 0octal or 0xhex; undefined when it is no file mask. */
export function umaskOf(text: string): number | undefined {
  let mask = Number.NaN;
  if (/^0[xX][0-9a-fA-F]+$/.test(text)) mask = Number.parseInt(text, 16);
  else if (/^0[0-7]*$/.test(text)) mask = Number.parseInt(text, 8);
  else if (/^[1-9][0-9]*$/.test(text)) mask = Number(text);
  return mask <= LARGEST_UMASK ? mask : undefined;
}

/** In the order of upstream's usage text. */
const ROWS: readonly Row[] = [
  [
    "-f, --use-file <FILE>",
    "Use the specified configuration file",
    (line, value) => void (line.configFile = value),
  ],
  ["-P, --vrrp", "Only run with VRRP subsystem", (line) => void (line.switches.check = false)],
  ["-C, --check", "Only run with Health-checker subsystem", (line) => void (line.switches.vrrp = false)],
  ["-B, --no_bfd", "Do not run BFD subsystem", (line) => void (line.switches.bfd = false)],
  [
    "--all",
    "Force all child processes to run, even if have no configuration",
    (line) => void (line.switches = { vrrp: true, check: true, bfd: true, all: true }),
  ],
  ["-l, --log-console", "Log messages to local console", (line) => void (line.logConsole = true)],
  ["-D, --log-detail", "Detailed log messages", (line) => void (line.detail = line.detail === 0 ? 1 : 2)],
  [
    "-S, --log-facility <FACILITY>",
    "Set syslog facility to LOG_LOCAL[0-7], user or daemon (default)",
    setFacility,
  ],
  ["-g, --log-file [FILE]", "Also log to FILE", later("--log-file")],
  ["--flush-log-file", "Flush log file on write", later("--flush-log-file")],
  ["-G, --no-syslog", "Don't log via syslog", (line) => void (line.syslog = false)],
  ["-u, --umask <MASK>", "umask for file creation (in numeric form)", setUmask],
  ["-X, --release-vips", "Drop VIP on transition from signal", later("--release-vips")],
  [
    "-V, --dont-release-vrrp",
    "Don't remove VRRP VIPs and VROUTEs on daemon stop",
    (line) => void (line.keepOnStop = true),
  ],
  [
    "-I, --dont-release-ipvs",
    "Don't remove IPVS topology on daemon stop",
    (line) => void (line.keepIpvsOnStop = true),
  ],
  ["-R, --dont-respawn", "Don't respawn child processes", (line) => void (line.respawn = false)],
  ["-n, --dont-fork", "Don't fork the daemon process", (line) => void (line.foreground = true)],
  [
    "-d, --dump-conf",
    "Dump the configuration data: to the log, or with -t to standard output",
    (line) => void (line.dumpConfiguration = true),
  ],
  [
    "-p, --pid <FILE>",
    "Use specified pidfile for parent process",
    (line, value) => void (line.pidFiles.parentPid = value),
  ],
  [
    "-r, --vrrp_pid <FILE>",
    "Use specified pidfile for VRRP child process",
    (line, value) => void (line.pidFiles.vrrpPid = value),
  ],
  [
    "-c, --checkers_pid <FILE>",
    "Use specified pidfile for checkers child process",
    (line, value) => void (line.pidFiles.checkersPid = value),
  ],
  [
    "-b, --bfd_pid <FILE>",
    "Use specified pidfile for BFD child process",
    (line, value) => void (line.pidFiles.bfdPid = value),
  ],
  ["-T, --genhash", "Enter into genhash utility mode", (line) => void (line.mode = "genhash")],
  [
    "-a, --address-monitoring",
    "Report all address additions/deletions notified via netlink",
    later("--address-monitoring"),
  ],
  ["-x, --snmp", "Enable SNMP subsystem", later("--snmp")],
  [
    "-A, --snmp-agent-socket <ADDRESS>",
    "Use the specified socket for master agent",
    later("--snmp-agent-socket"),
  ],
  ["-s, --namespace <NAME>", "Run in network namespace NAME", (line, value) => void (line.namespace = value)],
  ["-m, --core-dump", "Produce core dump if terminate abnormally", (line) => void (line.coreDump = true)],
  ["-M, --core-dump-pattern [PATTERN]", "Also set the pattern of core files", setCorePattern],
  [
    "-e, --all-config",
    "Error if any configuration file missing",
    (line) => void (line.allIncludesMustExist = true),
  ],
  [
    "-i, --config-id <ID>",
    "Skip any configuration lines beginning '@' that don't match ID",
    (line, value) => void (line.configId = value),
  ],
  ["--signum <FUNCTION>", "Return signal number for STOP, RELOAD, DATA, STATS, STATS_CLEAR, JSON", askSignum],
  [
    "-t, --config-test [LOG_FILE]",
    "Check the configuration for obvious errors, output to stderr by default",
    setTest,
  ],
  [
    "--json",
    "With -t: what is wrong as one JSON document on standard output",
    (line) => void (line.json = true),
  ],
  ["--config-fd <NUMBER>", "Internal", later("--config-fd")],
  ["--ignore-sigint", "Ignore SIGINT, for debugging", (line) => void (line.ignoreSigint = true)],
  ["-v, --version", "Display the version number", (line) => void (line.mode = "version")],
  ["-h, --help", "Display this help message", (line) => void (line.mode = "help")],
];

function setFacility(line: CommandLine, value: string): void {
  const facility = facilityOf(value);
  if (facility === undefined) line.remarks.push(`Invalid log facility '${value}'`);
  else line.facility = facility;
}

function setUmask(line: CommandLine, value: string): void {
  const mask = umaskOf(value);
  if (mask === undefined) line.remarks.push(`Invalid --umask value '${value}', ignoring`);
  else line.umask = mask;
}

function setCorePattern(line: CommandLine): void {
  line.coreDump = true;
  line.withoutEffect.push("--core-dump-pattern");
}

function askSignum(line: CommandLine, value: string): void {
  line.mode = "signum";
  line.signum = value;
}

function setTest(line: CommandLine, value: string): void {
  line.mode = "test";
  if (value !== "") line.testLog = value;
}

function program(): Command {
  const command = new Command("keepalived").usage("[OPTION...]").helpOption(false).exitOverride();
  for (const [flags, text] of ROWS) command.addOption(new Option(flags, text));
  return command;
}

function shapeOf(option: Option): OptionShape {
  const value = option.required ? "required" : option.optional ? "optional" : "none";
  const shape = { long: (option.long ?? "").replace(/^--/, ""), value } as const;
  return option.short === undefined ? shape : { ...shape, short: option.short.replace(/^-/, "") };
}

/** The options as the manual lists them. */
export function optionDocs(): { flags: string; text: string; withoutEffect: boolean }[] {
  return ROWS.map(([flags, text, apply]) => {
    const probe = emptyLine();
    apply(probe, "");
    return { flags, text, withoutEffect: probe.withoutEffect.length > 0 };
  });
}

/** The usage text. */
export function helpText(): string {
  return program().helpInformation();
}

function emptyLine(): CommandLine {
  return {
    mode: "daemon",
    switches: { vrrp: true, check: true, bfd: true, all: false },
    pidFiles: {},
    detail: 0,
    logConsole: false,
    syslog: true,
    facility: LOG_DAEMON,
    foreground: false,
    respawn: true,
    keepOnStop: false,
    keepIpvsOnStop: false,
    allIncludesMustExist: false,
    coreDump: false,
    ignoreSigint: false,
    dumpConfiguration: false,
    json: false,
    withoutEffect: [],
    remarks: [],
    problems: [],
    operands: [],
  };
}

/** Reads the words after the program's name. */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const command = program();
  const { words, problems, operands } = readGnuWords(argv, command.options.map(shapeOf));
  const line: CommandLine = { ...emptyLine(), problems, operands };
  for (const [index, option] of command.options.entries()) {
    const apply = ROWS[index]?.[2];
    command.on(`option:${option.name()}`, (value: unknown) =>
      apply?.(line, typeof value === "string" ? value : ""),
    );
  }
  command.parse(words, { from: "user" });
  return line;
}
