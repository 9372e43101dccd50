/** `global_defs`: rules in the kernel's packet filter, by nftables or iptables. */
import { quoted } from "../diagnostic.js";
import { custom, flag, once, type Row, setting } from "../schema.js";
import type { Word } from "../text.js";
import { nameUpTo } from "../values/name.js";
import { integer } from "../values/number.js";

const CHAIN = nameUpTo(27, "CHAIN");
const IPSET = nameUpTo(30, "NAME");
const TABLE = nameUpTo(255, "TABLE");
const MOST_IPSETS = 6;

const priority = integer(-0x80000000, 0x7fffffff);

export const firewallRows = {
  vrrp_iptables: once(
    namesOf(
      "[CHAIN [CHAIN]]",
      "The chains of iptables for packets to addresses that are not accepted, INPUT and OUTPUT by default; nftables is used instead, in a table of its own.",
      { most: 2, value: CHAIN, what: "chains" },
    ),
  ),
  vrrp_ipsets: namesOf(
    "[NAME [NAME6 [IF6 [IGMP [MLD [ND]]]]]]",
    "Names of the ipsets for iptables, keepalived by default; alone: use none. The sets of nftables are used instead.",
    { most: MOST_IPSETS, value: IPSET, what: "ipsets" },
  ),
  nftables: tableName("Use nftables as packet filter, in this table.", "keepalived"),
  nftables_priority: chainPriority("'nftables'"),
  nftables_ifindex: flag("Name interfaces by their index in sets of link-local addresses."),
  nftables_counters: flag("Count packets in the rules of nftables."),
  nftables_ipvs: tableName(
    "Mark the packets of a group of virtual servers by nftables, in this table.",
    "keepalived_ipvs",
  ),
  nftables_ipvs_priority: chainPriority("'nftables_ipvs'"),
  nftables_ipvs_start_fwmark: setting(integer(1, 0xffffffff), "First mark for groups of virtual servers.", {
    default: 1000,
  }),
};

function tableName(doc: string, alone: string): Row<string | undefined> {
  return once(setting(TABLE, doc, { alone }));
}

function chainPriority(table: string): Row<number> {
  return setting(priority, `Priority of the base chains in the table of ${table}.`, {
    default: -1,
  });
}

interface NamesOptions {
  most: number;
  value: typeof CHAIN;
  what: string;
}

/** Some names that differ from each other. */
function namesOf(
  syntax: string,
  doc: string,
  { most, value, what }: NamesOptions,
): Row<readonly string[] | undefined> {
  return custom<readonly string[] | undefined>({
    syntax,
    doc,
    default: undefined,
    read: (site) => {
      const list: string[] = [];
      const report = (word: Word, message: string) =>
        site.tree.diagnostics.report("general", word, `${message}; it is ignored`);
      for (const word of site.words.slice(1, most + 1)) {
        const name = value.read(word.text);
        if (typeof name !== "string") report(word, `the name ${quoted(word.text)} is too long`);
        else if (list.includes(name)) report(word, `the ${what} must differ`);
        else list.push(name);
      }
      if (site.words.length > most + 1) site.tree.noteExtraWords(site, most + 1);
      return list;
    },
  });
}
