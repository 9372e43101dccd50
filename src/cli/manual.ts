/** The page keepalived(8), with the options from their table; and every file that is made from tables. */
import { markdownPage } from "../config/reference/markdown.js";
import { example, type Page, section, term, text } from "../config/reference/page.js";
import { configurationPage } from "../config/reference/reference.js";
import { roffPage } from "../config/reference/roff.js";
import { textmateGrammar } from "../config/reference/textmate.js";
import { vimFileTypes, vimSyntax } from "../config/reference/vim.js";
import { optionDocs } from "./options.js";
import { SIGNALS } from "./signum.js";

/** Path from the top of the repository, and text, of each generated file. */
export function generatedFiles(): { path: string; text: string }[] {
  const configuration = configurationPage();
  return [
    { path: "docs/man/keepalived.conf.5", text: roffPage(configuration) },
    { path: "docs/man/keepalived.8", text: roffPage(commandPage()) },
    { path: "docs/keepalived.conf.md", text: markdownPage(configuration) },
    { path: "etc/vim/syntax/keepalived.vim", text: vimSyntax() },
    { path: "etc/vim/ftdetect/keepalived.vim", text: vimFileTypes() },
    { path: "etc/textmate/keepalived.tmLanguage.json", text: textmateGrammar() },
  ];
}

function commandPage(): Page {
  return {
    name: "keepalived",
    section: 8,
    purpose: "virtual IP addresses that survive the death of a host, and server pools without dead servers",
    parts: [
      section("Synopsis"),
      text("`keepalived` [OPTION...]"),
      section("Description"),
      text(
        "Keeps IP addresses alive by VRRP: of all hosts that share a virtual router, the one with the highest priority holds the addresses, and another one takes over when it dies. What it does is said in a configuration, see keepalived.conf(5).",
      ),
      text(
        "The program goes into the background and works with one process for each task, which it watches and starts again when one dies. Signals are sent to the main process, whose number stands in the pid file.",
      ),
      section("Options"),
      text(
        "Long names may be cut as long as they stay unique. A value that is optional must be attached: `-t/tmp/log`, `--config-test=/tmp/log`.",
      ),
      ...optionDocs().map(({ flags, text: words, withoutEffect }) =>
        term(
          flags.replaceAll(/[<>]/g, ""),
          "",
          `${words}.${withoutEffect ? " Accepted, but without effect in this version." : ""}`,
        ),
      ),
      ...testing(),
      ...signals(),
      ...statuses(),
      section("Environment"),
      term("TMPDIR", "", "Directory of the dumps when it is an absolute path; `/tmp` by default."),
      term("NOTIFY_SOCKET", "", "Where systemd is told that the daemon is ready, reloads or stops."),
      section("Files"),
      term("/etc/keepalived/keepalived.conf", "", "The configuration."),
      term("/run/keepalived.pid", "", "Number of the main process; see options -p and -s."),
      section("See also"),
      text("keepalived.conf(5), systemd(1), ip(8)"),
    ],
  };
}

function testing() {
  return [
    section("Testing a configuration"),
    text(
      "`keepalived -t` reads the configuration as the daemon would, with all includes, and looks at interfaces, users and scripts of this machine. Everything that is wrong is said at once, with file, line, column and the text; nothing is changed.",
    ),
    example(`
# keepalived -t
/etc/keepalived/keepalived.conf:4:5: error: unknown keyword 'priorty'; did you mean 'priority'?
      priorty 150
      ^^^^^^^`),
    text(
      "With `--json` the same is one document on standard output, or in the file of `-t`: the members `format`, `configFile`, `status` (the exit status), `diagnostics` and `notActedOn`. Each diagnostic has `severity` (error, warning, deprecated, security, note), `kind`, `message`, `notes`, usually `file`, `line`, `column`, `endLine`, `endColumn`, counted from 1 in characters with the end behind the last one, and `suggestion` when another word was probably meant.",
    ),
    text(
      "With `--dump-conf` what is in force is printed on standard output as a configuration: without includes, conditions, definitions and sequences. It holds the passwords, which the log of a start with `--dump-conf` does not.",
    ),
  ];
}

const SIGNAL_MEANINGS: Readonly<Record<string, string>> = {
  STOP: "SIGTERM and SIGINT: give the addresses up, tell the peers, and end.",
  RELOAD: "SIGHUP: read the configuration anew, and put it into force if it is without error.",
  DATA: "SIGUSR1: write the state to `keepalived.data`.",
  STATS: "SIGUSR2: write statistics to `keepalived.stats`.",
  STATS_CLEAR: "Write statistics, and set them to zero.",
  JSON: "Write state and statistics to `keepalived.json`.",
};

function signals() {
  return [
    section("Signals"),
    text(
      "The number of a signal is asked for with `--signum`, as some depend on the system: `kill -$(keepalived --signum=STATS_CLEAR) ...`",
    ),
    ...[...SIGNALS.keys()].map((name) => term(name, "", SIGNAL_MEANINGS[name] ?? "")),
  ];
}

function statuses() {
  return [
    section("Exit status"),
    term("0", "", "All went well; of a test: nothing is wrong."),
    term("1", "", "The command line is wrong."),
    term("2", "", "The configuration cannot be used; of a test: a keyword lacks its argument."),
    term("4", "", "Of a test: an interface or the configuration file is missing."),
    term("5", "", "Of a test: something else is wrong."),
    term(
      "6",
      "",
      "The configuration or an included file cannot be read; of a test also: scripts without script security.",
    ),
    term("70", "", "A mistake of the program itself."),
  ];
}
