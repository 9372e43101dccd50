/** The language apart from its keywords: what every construct is, and an introduction with examples. */
import { example, type Part, section, subsection, term, text } from "./page.js";

interface Construct {
  /** As the catalogue of the language calls it. */
  readonly name: string;
  readonly syntax: string;
  readonly doc: string;
}

/** Everything that is no keyword of a block. */
export const constructs: readonly Construct[] = [
  {
    name: "include",
    syntax: "include PATTERN",
    doc: "Reads other files here. PATTERN may hold `*`, `?`, `[...]` and `{a,b}`; matches are read in sorted order. A missing file is mentioned but no error.",
  },
  {
    name: "includer",
    syntax: "includer PATTERN",
    doc: "As `include`; a match that cannot be read is an error.",
  },
  {
    name: "includem",
    syntax: "includem PATTERN",
    doc: "As `includer`; a name without wildcard that matches nothing is an error too.",
  },
  {
    name: "includew",
    syntax: "includew PATTERN",
    doc: "As `includem`; a pattern with wildcards that matches nothing is an error too.",
  },
  {
    name: "includeb",
    syntax: "includeb PATTERN",
    doc: "As `includer`; each alternative of `{a,b}` must match something.",
  },
  { name: "includea", syntax: "includea PATTERN", doc: "All of these checks." },
  {
    name: "@ID",
    syntax: "@ID TEXT",
    doc: "The line counts only where the configuration id is ID (option -i, by default the host name up to its first dot).",
  },
  {
    name: "@^ID",
    syntax: "@^ID TEXT",
    doc: "The line counts only where the configuration id is another one.",
  },
  {
    name: "$NAME=",
    syntax: "$NAME=VALUE",
    doc: "Defines NAME from here on, in all files. No blank before `=`. A value that ends with a backslash goes on in the next line.",
  },
  {
    name: "$NAME",
    syntax: "$NAME or ${NAME}",
    doc: "Stands for the value. Without braces, a blank, a comma, `)` or the end of the line must follow. An unknown name stays as it is.",
  },
  {
    name: "~SEQ",
    syntax: "~SEQ(NAME, [START, [STEP,]] END) TEXT",
    doc: "The rest of the line once for each number, which is `$NAME` in it.",
  },
  {
    name: "~SEQx",
    syntax: "~SEQx(NAME, [START, [STEP,]] END) TEXT",
    doc: "The same with hexadecimal numbers.",
  },
  {
    name: "~LST",
    syntax: "~LST(NAME, VALUE, ...) TEXT or ~LST({NAME, ...}, {VALUE, ...}, ...) TEXT",
    doc: "The rest of the line once for each value or set of values.",
  },
  {
    name: "${_PWD}",
    syntax: "${_PWD}",
    doc: "The directory in force: that of the file, if it was named with a directory.",
  },
  { name: "${_INSTANCE}", syntax: "${_INSTANCE}", doc: "The configuration id." },
  {
    name: "${_RANDOM}",
    syntax: "${_RANDOM [MIN [MAX]]}",
    doc: "A random number from MIN (0) to MAX (32767), another one at each use; see `random_seed`.",
  },
  {
    name: "${_ENV}",
    syntax: "${_ENV NAME}",
    doc: "A variable of the daemon's environment; empty when it is not set.",
  },
  { name: "${_HASH}", syntax: "${_HASH}", doc: "The character `#`; useful inside double quotes." },
  { name: "${_BANG}", syntax: "${_BANG}", doc: "The character `!`; useful inside double quotes." },
];

/** What somebody who has never seen a configuration needs first. */
export function introduction(): Part[] {
  return [...basics(), ...reuse(), ...scripts(), ...trouble()];
}

function basics(): Part[] {
  return [
    section("The language"),
    text(
      "A configuration is a list of lines. A line is a keyword and its arguments, separated by blanks. A keyword that opens a block is followed by `{`, and `}` closes it; braces may stand on the line of the keyword, on a line of their own, or several on one line. Keywords are lower or upper case as written here.",
    ),
    example(`
vrrp_instance web {
    interface eth0
    virtual_router_id 51
    priority 150
    virtual_ipaddress {
        192.0.2.80/24
    }
}`),
    text(
      "Some blocks hold a list instead of keywords: one entry per line for addresses, routes, rules and trackers, and any number of words per line for names.",
    ),
    subsection("Comments and quotes"),
    text(
      "`#` and `!` begin a comment that runs to the end of the line, wherever they stand; write `\\#` or `\\!` for the characters themselves. A word with blanks, braces or these characters is put between double quotes, inside of which nothing but `$` is special. A quote must be closed on its line, and a line holds at most 1023 bytes.",
    ),
    example(`
global_defs {
    router_id "rack 7 #2"        # a comment
    notification_email { ops@example.org "Night shift <night@example.org>" }
}`),
    subsection("Numbers, times and addresses"),
    text(
      "`<1-255>` stands for a whole number from 1 to 255; where the unit is seconds and the limits have decimals, up to six decimals may be written. Switches take on, true, yes, off, false or no, and alone they mean on; a keyword without argument switches on, whatever follows it. IPADDR is an IPv4 address in full or an IPv6 address, without brackets or zone. `ADDR/LEN` gives the length of the prefix.",
    ),
    text(
      "Service groups take ranges of addresses: `192.0.2.10-20` counts in the last byte, `2001:db8::10-2f` in the last group, and `192.0.2.8/29` is a whole network.",
    ),
    subsection("A keyword twice"),
    text("Unless something else is said, the last one counts. Lists and blocks add up."),
  ];
}

function reuse(): Part[] {
  const named = (...names: string[]): Part[] =>
    constructs.filter(({ name }) => names.includes(name)).map(({ syntax, doc }) => term(syntax, "", doc));
  return [
    subsection("Several files"),
    ...named("include", "includer", "includem", "includew", "includeb", "includea"),
    text(
      "A relative name starts from the directory of the file it stands in. See `include_check` in `global_defs` and option -e for stricter checks everywhere.",
    ),
    subsection("One file for several machines"),
    ...named("@ID", "@^ID"),
    example(`
vrrp_instance web {
    @left  priority 150
    @^left priority 100
    interface eth0
    ...
}`),
    subsection("Definitions"),
    ...named("$NAME=", "$NAME"),
    example(`
$IF=eth0
$COMMON=\\
    interface $IF \\
    advert_int 0.5
vrrp_instance web {
    $COMMON
    virtual_router_id 51
    ...
}`),
    text("These are there from the start:"),
    ...named("${_PWD}", "${_INSTANCE}", "${_RANDOM}", "${_ENV}", "${_HASH}", "${_BANG}"),
    subsection("Sequences"),
    ...named("~SEQ", "~SEQx", "~LST"),
    example(`
virtual_ipaddress {
    ~SEQ(N, 10, 12) 192.0.2.\${N}/24
    ~LST({HOST, DEV}, {7, eth1}, {8, eth2}) 198.51.100.\${HOST}/24 dev $DEV
}`),
  ];
}

function scripts(): Part[] {
  return [
    subsection("Scripts"),
    text(
      "SCRIPT is a command. With arguments it is put between quotes as a whole; inside, arguments with blanks are quoted with the other kind of quotes. A backslash protects the next character; `\\n`, `\\t`, `\\x41` and `\\101` work as in C. USER and GROUP after it say who runs it, else `script_user` does.",
    ),
    example(`
notify_master "/etc/keepalived/take-over.sh 'the blue one'" keepalived_script`),
    text(
      "Put `enable_script_security` into `global_defs`: a script that would run as root is then refused when anybody else can change it. A configuration that has scripts without it does not pass a test.",
    ),
  ];
}

function trouble(): Part[] {
  return [
    section("Finding mistakes"),
    text(
      "`keepalived -t` reads a file as the daemon would and says everything that is wrong with it, with the place. `keepalived -t --json` says the same to programs. `keepalived -t --dump-conf` prints what is in force after includes, conditions, definitions and sequences, as a configuration.",
    ),
  ];
}
