/** Entries of `virtual_server_group`: addresses, ranges, networks and firewall marks, one per line. */
import type { GroupEntry } from "../check-model.js";
import { quoted } from "../diagnostic.js";
import { Complaint, type Row, type Site } from "../schema.js";
import type { Word } from "../text.js";
import { type AddressRange, cutRange, MOST_ADDRESSES, readAddressRange } from "../values/address-range.js";
import { parsePort } from "../values/service-address.js";
import { integer } from "../values/number.js";

/** An entry, and where it stands. */
interface PlacedEntry {
  entry: GroupEntry;
  at: Word;
}

export interface GroupEntries {
  name: Word;
  entries: PlacedEntry[];
}

const mark = integer(0, 0xffffffff);

const groupEntry = {
  syntax: "IPADDR[-END|/LEN] [PORT] | fwmark <0-4294967295> [inet|inet6]",
  options: {
    fwmark: {
      syntax: "<0-4294967295> [inet|inet6]",
      doc: "Packets with this firewall mark; the family is that of the servers when none is given.",
    },
  },
  read: readEntry,
};

/** A repeatable block with a name and a list of entries. */
export function virtualServerGroup(doc: string): Row<GroupEntries[]> {
  return {
    syntax: `NAME { ${groupEntry.syntax} ... }`,
    doc,
    default: [],
    repeat: "accumulates",
    opens: true,
    options: groupEntry.options,
    read: (site, previous) => {
      const { tree, head, words } = site;
      const name = words[1];
      if (name === undefined) {
        tree.missingParameter(head, `'${head.text}' needs a name`);
        tree.skipBlockOf(head);
        return undefined;
      }
      tree.noteExtraWords(site, 2);
      const entries: PlacedEntry[] = [];
      tree.readEntries({ ...site, words: [head] }, true, (line) => {
        const entry = readEntry(line, site);
        if (entry !== undefined) entries.push(entry);
        return entry !== undefined;
      });
      const list = previous?.value ?? [];
      list.push({ name, entries });
      return list;
    },
  };
}

function readEntry(words: readonly Word[], site: Site): PlacedEntry | undefined {
  const [first, second, extra] = words;
  if (first === undefined) return undefined;
  if (first.text === "fwmark") return readMark(first, second, extra, site);
  const range = readAddressRange(first.text);
  if (range instanceof Complaint) return complain(first, range, site);
  const port = second === undefined ? 0 : parsePort(second.text);
  if (port === undefined)
    return complain(second ?? first, new Complaint("is not a port from 1 to 65535", "invalidNumber"), site);
  if (extra !== undefined) noteIgnored(extra, site);
  return { entry: { kind: "range", ...(bounded(first, range, site) ?? range), port }, at: first };
}

/** Only the beginning of a range that holds too many addresses. */
function bounded(word: Word, range: AddressRange, site: Site): AddressRange | undefined {
  const cut = cutRange(range);
  if (cut === undefined) return undefined;
  const message = `${quoted(word.text)} holds more than ${MOST_ADDRESSES} addresses, each a service of the kernel: those up to ${cut.last} are used`;
  site.tree.diagnostics.report("general", word, message, { severity: "warning" });
  return cut;
}

function readMark(
  head: Word,
  number: Word | undefined,
  family: Word | undefined,
  site: Site,
): PlacedEntry | undefined {
  if (number === undefined) {
    site.tree.missingParameter(head, "'fwmark' needs a firewall mark");
    return undefined;
  }
  const value = mark.read(number.text);
  if (typeof value !== "number") {
    const complaint = value instanceof Complaint ? value : new Complaint("");
    return complain(number, new Complaint(complaint.message, "invalidNumber"), site);
  }
  if (family?.text === "inet") return { entry: { kind: "mark", mark: value, family: 4 }, at: head };
  if (family?.text === "inet6") return { entry: { kind: "mark", mark: value, family: 6 }, at: head };
  if (family !== undefined) noteIgnored(family, site);
  return { entry: { kind: "mark", mark: value }, at: head };
}

function complain(word: Word, { message, kind }: Complaint, site: Site): undefined {
  site.tree.diagnostics.report(kind, word, `${quoted(word.text)} ${message}; the entry is ignored`);
}

function noteIgnored(word: Word, site: Site): void {
  const message = `${quoted(word.text)} is ignored: an entry has an address and a port, or a mark and its family`;
  site.tree.diagnostics.report("logged", word, message);
}
