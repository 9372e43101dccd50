/** `lvs_method`: how packets get to a real server, with the settings of its tunnel (check reference, 2.5). */
import type { Forwarding } from "../check-model.js";
import { didYouMean } from "../did-you-mean.js";
import { quoted } from "../diagnostic.js";
import { custom, type Row, type Site } from "../schema.js";
import type { Word } from "../text.js";

const METHODS = ["NAT", "DR", "TUN"] as const;
const TUNNELS = ["ipip", "gue", "gre"] as const;
const CHECKSUMS = ["nocsum", "csum", "remcsum"] as const;
const OPTIONS = ["type", "port", ...CHECKSUMS];

const METHOD_SYNTAX = "NAT|DR|TUN [type ipip|gue|gre] [port <1-65535>] [nocsum|csum|remcsum]";

export function forwarding(doc: string): Row<Forwarding | undefined> {
  return custom<Forwarding | undefined>({
    syntax: METHOD_SYNTAX,
    doc,
    default: undefined,
    read: readForwarding,
  });
}

interface TunnelWords {
  type: (typeof TUNNELS)[number];
  port: Word | undefined;
  portNumber: number | undefined;
  checksum: (typeof CHECKSUMS)[number] | undefined;
}

function readForwarding(site: Site): Forwarding | undefined {
  const { head, words, tree } = site;
  const word = words[1];
  if (word === undefined) {
    tree.missingParameter(head, `'${head.text}' needs ${METHODS.join(", ")}`);
    return undefined;
  }
  const method = METHODS.find((choice) => choice === word.text);
  if (method === undefined) {
    const message = `'${head.text}' must be ${METHODS.join(", ")}, not ${quoted(word.text)}; the line is ignored`;
    tree.diagnostics.report("general", word, message + didYouMean(word.text, METHODS));
    return undefined;
  }
  const plain: Forwarding = method === "TUN" ? { method, tunnel: "ipip", checksum: "nocsum" } : { method };
  if (words.length === 2) return plain;
  const wrong = (at: Word, message: string): Forwarding => {
    tree.diagnostics.report("general", at, `${message}; the tunnel settings of this line are ignored`);
    return plain;
  };
  const options = readTunnel(words, wrong);
  if ("method" in options) return options;
  if (method !== "TUN") return wrong(words[2] ?? word, `only TUN has tunnel settings, not ${method}`);
  const { type, port, portNumber, checksum } = options;
  if (type === "gue" && portNumber === undefined) return wrong(word, "a gue tunnel needs 'port'");
  if (type !== "gue" && port !== undefined) return wrong(port, `an ${type} tunnel has no port, only gue has`);
  if (type === "ipip" && checksum !== undefined) return wrong(word, "an ipip tunnel has no checksum option");
  if (type === "gre" && checksum === "remcsum") return wrong(word, "a gre tunnel has no remcsum");
  return {
    method,
    tunnel: type,
    ...(portNumber !== undefined && { port: portNumber }),
    checksum: checksum ?? "nocsum",
  };
}

function readTunnel(
  words: readonly Word[],
  wrong: (at: Word, message: string) => Forwarding,
): TunnelWords | Forwarding {
  const result: TunnelWords = { type: "ipip", port: undefined, portNumber: undefined, checksum: undefined };
  for (let i = 2; i < words.length; i++) {
    const word = words[i];
    if (word === undefined) break;
    const checksum = CHECKSUMS.find((choice) => choice === word.text);
    if (checksum !== undefined) {
      result.checksum = checksum;
      continue;
    }
    if (word.text !== "type" && word.text !== "port")
      return wrong(word, `unknown tunnel option ${quoted(word.text)}${didYouMean(word.text, OPTIONS)}`);
    const value = words[++i];
    if (value === undefined) return wrong(word, `'${word.text}' needs a value`);
    if (word.text === "type") {
      const type = TUNNELS.find((choice) => choice === value.text);
      if (type === undefined) return wrong(value, `'type' must be one of ${TUNNELS.join(", ")}`);
      result.type = type;
    } else {
      const number = /^\d{1,5}$/.test(value.text) ? Number(value.text) : 0;
      if (number < 1 || number > 65535) return wrong(value, "'port' must be a number from 1 to 65535");
      result.port = word;
      result.portNumber = number;
    }
  }
  return result;
}
