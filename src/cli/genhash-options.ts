/** The command line of genhash (command-line reference, 3). Pure. */
import { canonicalAddress } from "../net/ip-address.js";
import { type OptionShape, readGnuWords } from "./gnu-words.js";

export interface GenhashSettings {
  /** Canonical text. */
  address: string;
  port: number;
  path: string;
  tls: boolean;
  /** TLS server name; absent: none is sent. */
  serverName?: string;
  /** Host header; absent: address and port. */
  virtualHost?: string;
  protocol: "1.0" | "1.0C" | "1.1";
  /** Of the outgoing packets; 0 for none. */
  mark: number;
  timeoutMillis: number;
  verbose: boolean;
}

const OPTIONS: readonly OptionShape[] = [
  { short: "S", long: "use-ssl", value: "none" },
  { short: "I", long: "use-sni", value: "none" },
  { short: "s", long: "server", value: "required" },
  { short: "p", long: "port", value: "required" },
  { short: "u", long: "url", value: "required" },
  { short: "V", long: "use-virtualhost", value: "required" },
  { short: "v", long: "verbose", value: "none" },
  { short: "h", long: "help", value: "none" },
  { short: "m", long: "fwmark", value: "required" },
  { short: "P", long: "protocol", value: "required" },
  { short: "t", long: "timeout", value: "required" },
];

export const GENHASH_USAGE = `Usage: genhash COMMAND [OPTIONS]
Commands:
   -s server-address -p port -u url
   -S -s server-address -p port -u url
   -h

Options:
Either long or short options are allowed.
   --use-ssl         -S       Connect by TLS; the certificate is not verified.
   --use-sni         -I       Send the virtual host (see -V) as TLS server name.
   --server          -s       Address of the server.
   --port            -p       Port of the server.
   --url             -u       Path of the page.
   --use-virtualhost -V       Name of the host in the request.
   --verbose         -v       Show header and body too.
   --help            -h       Show this text.
   --fwmark          -m       Firewall mark of the packets.
   --protocol        -P       HTTP protocol: 1.0, 1.0c (1.0 with 'Connection: close') or 1.1.
   --timeout         -t       Seconds to wait for the connection and for each part of the answer.
`;

const PROTOCOLS: Readonly<Record<string, GenhashSettings["protocol"]>> = {
  "1.0": "1.0",
  "1.0c": "1.0C",
  "1.0C": "1.0C",
  "1.1": "1.1",
};
const DEFAULT_TIMEOUT_SECONDS = 5;
const LARGEST_MARK = 2 ** 32 - 1;
const LONGEST_TIMEOUT_SECONDS = 86_400;

/** @returns the settings, or what is wrong, one line each; nothing wrong and no settings is a wish for the usage. */
export function readGenhash(argv: readonly string[]): { settings?: GenhashSettings; problems: string[] } {
  const { words, operands, problems } = readGnuWords(argv, OPTIONS);
  const given = new Map<string, string>();
  for (const word of words) {
    const [, name = "", value = ""] = /^--([^=]+)=?([\s\S]*)$/.exec(word) ?? [];
    given.set(name, value);
  }
  if (given.has("help")) return { problems: [] };
  for (const operand of operands) problems.push(`unexpected argument '${operand}'`);
  for (const name of ["server", "port", "url"]) if (!given.has(name)) problems.push(`--${name} is missing`);
  const settings = settingsOf(given, problems);
  return problems.length > 0 ? { problems } : { settings, problems };
}

function settingsOf(given: ReadonlyMap<string, string>, problems: string[]): GenhashSettings {
  const number = (name: string, least: number, most: number, otherwise: number): number => {
    const text = given.get(name);
    if (text === undefined) return otherwise;
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most))
      problems.push(`--${name} must be a number from ${least} to ${most}, not '${text}'`);
    return value;
  };
  const server = given.get("server");
  const address = server === undefined ? undefined : canonicalAddress(server);
  if (server !== undefined && address === undefined)
    problems.push(`--server must be an address, not '${server}'`);
  const version = given.get("protocol") ?? "1.0";
  const protocol = PROTOCOLS[version];
  if (protocol === undefined) problems.push(`--protocol must be 1.0, 1.0c or 1.1, not '${version}'`);
  const virtualHost = given.get("use-virtualhost");
  return {
    address: address ?? "",
    port: number("port", 1, 65_535, 0),
    path: given.get("url") ?? "",
    tls: given.has("use-ssl"),
    protocol: protocol ?? "1.0",
    mark: number("fwmark", 0, LARGEST_MARK, 0),
    timeoutMillis: number("timeout", 1, LONGEST_TIMEOUT_SECONDS, DEFAULT_TIMEOUT_SECONDS) * 1000,
    verbose: given.has("verbose"),
    ...(virtualHost !== undefined && { virtualHost }),
    ...(virtualHost !== undefined && given.has("use-sni") && { serverName: virtualHost }),
  };
}
