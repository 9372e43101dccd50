/** Blocks whose head says an address, a mark or a group, not a name: `virtual_server` and `real_server`. */
import { quoted } from "../diagnostic.js";
import { Block, Complaint, custom, missingArgument, type Row, type Site, type Table } from "../schema.js";
import { decodeBytes, type Word } from "../text.js";
import { integer } from "../values/number.js";
import { readServiceAddress, type ServiceAddress } from "../values/service-address.js";

/** A block that knows what it is about. */
export class ServiceBlock<S, H> extends Block<S> {
  constructor(
    table: Table<S>,
    readonly at: Word,
    args: readonly Word[],
    readonly service: H,
  ) {
    super(table, at, args);
  }
}

/** The head of a virtual server as written; groups are looked up in `meaning/`. */
export type ServiceHead =
  | ({ kind: "address" } & ServiceAddress)
  | { kind: "mark"; mark: number }
  | { kind: "group"; name: Word };

/** A repeatable block; one whose head is wrong is skipped. */
export function serviceBlock<S, H>(
  inner: Table<S>,
  doc: string,
  head: { syntax: string; read(site: Site): H | undefined },
): Row<ServiceBlock<S, H>[]> {
  return {
    syntax: `${head.syntax} { ... }`,
    doc,
    default: [],
    repeat: "accumulates",
    opens: true,
    inner,
    read: (site, previous) => {
      const service = head.read(site);
      if (service === undefined) {
        site.tree.skipBlockOf(site.head);
        return undefined;
      }
      const list = previous?.value ?? [];
      const into = new ServiceBlock(inner, site.head, site.words.slice(1), service);
      site.tree.readBlock(into, site.head, true);
      if (site.tree.takers.get(inner)?.(into) !== true) list.push(into);
      return list;
    },
  };
}

/** IPADDR [PORT]. */
export const serverHead = {
  syntax: "IPADDR [PORT]",
  read: (site: Site): ServiceAddress | undefined => readAddressWords(site, "the block is skipped"),
};

const mark = integer(0, 0xffffffff);

/** IPADDR [PORT], fwmark N or group NAME. */
export const serviceHead = {
  syntax: "IPADDR [PORT] | fwmark <0-4294967295> | group NAME",
  read(site: Site): ServiceHead | undefined {
    const [, first, second] = site.words;
    if (first?.text === "group") {
      if (second === undefined) return missingArgument(site, "the name of a group");
      noteExtra(site, 3);
      return { kind: "group", name: second };
    }
    if (first?.text === "fwmark") {
      if (second === undefined) return missingArgument(site, "a firewall mark");
      noteExtra(site, 3);
      const number = mark.read(second.text);
      if (typeof number === "number") return { kind: "mark", mark: number };
      const message = number instanceof Complaint ? number.message : "";
      site.tree.diagnostics.report(
        "invalidNumber",
        second,
        `'fwmark' ${message}, not ${quoted(second.text)}; the block is skipped`,
      );
      return undefined;
    }
    const address = readAddressWords(site, "the block is skipped");
    return address && { kind: "address", ...address };
  },
};

/** The address and port after the keyword, or what is wrong with them. */
export function readAddressWords(site: Site, consequence: string): ServiceAddress | undefined {
  const [, address, port] = site.words;
  if (address === undefined) return missingArgument(site, "an IP address");
  const result = readServiceAddress(address, port);
  if ("complaint" in result) {
    const { complaint, at } = result;
    const message = `${quoted(at.text)} ${complaint.message}; ${consequence}`;
    site.tree.diagnostics.report(complaint.kind, at, message);
    return undefined;
  }
  noteExtra(site, 3);
  return result;
}

function noteExtra(site: Site, expected: number): void {
  const extra = site.words[expected];
  if (extra === undefined) return;
  site.tree.diagnostics.report("logged", extra, `${quoted(extra.text)} is ignored here`);
}

/** A text that must be one word: neither none nor more. */
export function exactlyOne(doc: string, options: { notActedOn?: boolean } = {}): Row<string | undefined> {
  return custom<string | undefined>(
    {
      syntax: "STRING",
      doc,
      default: undefined,
      read: (site) => {
        const [head, word, extra] = site.words;
        if (word !== undefined && extra === undefined) return decodeBytes(word.text);
        const hint = word === undefined ? "" : "; quote a text with blanks";
        const message = `'${site.head.text}' needs exactly one argument${hint}; the line is ignored`;
        site.tree.diagnostics.report("general", extra ?? head, message);
        return undefined;
      },
    },
    options,
  );
}
