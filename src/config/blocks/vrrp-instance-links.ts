/** `use_vmac` and `use_ipvlan`: interfaces of an instance's own, whose words come in any order. */
import { quoted } from "../diagnostic.js";
import { custom, type Row, type Site } from "../schema.js";
import { decodeBytes, type Word } from "../text.js";
import { type Address, fullLength, parseAddress, parsePrefix } from "../values/address.js";
import { interfaceName } from "../values/name.js";
import { interfaceGroup, RoutingName, setNumber, type WithNames } from "../values/routing.js";

interface OwnLink extends WithNames {
  name: { text: string; at: Word } | undefined;
  group: number | undefined;
}

export interface VmacEntry extends OwnLink {
  /** Five bytes (the VRID follows) or six. */
  mac: { bytes: number[]; at: Word } | undefined;
  netlinkNotify: boolean;
}

export interface IpvlanEntry extends OwnLink {
  address: (Address & { prefixLength: number; at: Word }) | undefined;
  mode: "bridge" | "private" | "vepa" | undefined;
}

/** The words of a line with a place in it. */
interface Cursor {
  readonly words: readonly Word[];
  at: number;
}

/** Given again, it adds to what was said before. */
export function useVmac(): Row<VmacEntry | undefined> {
  return custom<VmacEntry | undefined>(
    {
      syntax: "[[name] INTERFACE] [MAC] [netlink_notify_msg] [group GROUP]",
      doc: "Use a macvlan interface with the virtual MAC address; MAC has 6 bytes, or 5 and the VRID is the sixth.",
      default: undefined,
      read: (site, previous) => {
        const none = { name: undefined, mac: undefined, group: undefined, pending: undefined };
        const entry: VmacEntry = previous?.value ?? { ...none, netlinkNotify: false };
        for (const cursor = { words: site.words, at: 1 }; cursor.at < cursor.words.length; cursor.at++) {
          const word = cursor.words[cursor.at];
          if (word === undefined) break;
          if (word.text === "netlink_notify_msg") entry.netlinkNotify = true;
          else if (word.text.includes(":")) readMac(entry, word, site);
          else readCommon(entry, cursor, word, site);
        }
        return entry;
      },
    },
    { repeat: "accumulates" },
  );
}

export function useIpvlan(): Row<IpvlanEntry | undefined> {
  return custom<IpvlanEntry | undefined>(
    {
      syntax: "[[name] INTERFACE] [IPADDR[/LEN]] [bridge|private|vepa] [group GROUP]",
      doc: "Use an ipvlan interface; with IPv4 it needs an address, the source of adverts.",
      default: undefined,
      read: (site, previous) => {
        if (previous !== undefined) {
          site.tree.alreadySet(site, previous.head);
          return undefined;
        }
        const none = { name: undefined, mode: undefined, address: undefined };
        const entry: IpvlanEntry = { ...none, group: undefined, pending: undefined };
        for (const cursor = { words: site.words, at: 1 }; cursor.at < cursor.words.length; cursor.at++) {
          const word = cursor.words[cursor.at];
          if (word === undefined) break;
          const { text } = word;
          if (text === "bridge" || text === "private" || text === "vepa") entry.mode = text;
          else if (text.includes(":") || /^[\d.]+(\/|$)/.test(text)) readAddress(entry, word, site);
          else readCommon(entry, cursor, word, site);
        }
        return entry;
      },
    },
    { repeat: "first wins" },
  );
}

/** A group, or the name of the interface. */
function readCommon(entry: OwnLink, cursor: Cursor, word: Word, site: Site): void {
  const next = cursor.words[cursor.at + 1];
  if (word.text === "group" && next !== undefined) {
    cursor.at++;
    const group = interfaceGroup.read(next.text);
    if (typeof group === "number" || group instanceof RoutingName) {
      const set = (number: number) => {
        entry.group = number;
      };
      setNumber(entry, group, next, set, "ignored");
    } else complain(site, next, `${quoted(next.text)} is no interface group`);
    return;
  }
  let at = word;
  if (word.text === "name" && next !== undefined) {
    cursor.at++;
    at = next;
  }
  const name = interfaceName.read(at.text);
  if (typeof name !== "string")
    complain(site, at, `the interface name ${quoted(at.text)} must be at most 15 plain characters`);
  else if (entry.name !== undefined)
    complain(site, at, `the interface is called '${entry.name.text}' already, not ${quoted(at.text)}`);
  else entry.name = { text: decodeBytes(name), at };
}

/** 00:00:5e:00:01 and 00:00:5e:00:02 belong to the standard. */
function readMac(entry: VmacEntry, word: Word, site: Site): void {
  if (!/^[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2}){4,5}$/.test(word.text)) {
    complain(site, word, `${quoted(word.text)} is no MAC address of 6 bytes, or 5 without the VRID`);
    return;
  }
  const bytes = word.text.split(":").map((byte) => Number.parseInt(byte, 16));
  const [first = 0, ...rest] = bytes;
  const standard = first === 0 && /^0,94,0,[12](,|$)/.test(rest.join());
  if ((first & 1) === 1) complain(site, word, "a multicast MAC address cannot be used");
  else if (standard) complain(site, word, "the MAC addresses of the standard are used when none is given");
  else entry.mac = { bytes, at: word };
}

function readAddress(entry: IpvlanEntry, word: Word, site: Site): void {
  const [text = "", length] = word.text.split("/");
  const address = parseAddress(text);
  const full = address === undefined ? 0 : fullLength(address.family);
  const prefixLength = address && length !== undefined ? parsePrefix(length, address.family) : full;
  if (address === undefined || prefixLength === undefined)
    complain(site, word, `${quoted(word.text)} is not an IP address`);
  else if (entry.address !== undefined) complain(site, word, "the address is given already");
  else entry.address = { ...address, prefixLength, at: word };
}

function complain(site: Site, at: Word, message: string): void {
  site.tree.diagnostics.report("general", at, `${message}; it is ignored`);
}
