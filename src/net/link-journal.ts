/**
 * The journal of interfaces and kernel settings: a small text file of what this process makes and changes, written
 * before it does. After a crash it says what has to be removed, and what was there before:
 *
 *   link vrrp.51 kind macvlan base eth0 mac 00:00:5e:00:01:33
 *   link vrrp.52 kind ipvlan base eth0
 *   setting ipv4/conf/eth0/arp_ignore was 0 now 1 link 3
 *
 * Reading is tolerant: a line that is not understood is passed over.
 */
import { readFile, rm } from "node:fs/promises";
import type { OwnLink } from "./own-link.js";
import { writeWhole } from "./whole-file.js";

export interface LinkRecord {
  name: string;
  kind: OwnLink["kind"];
  base: string;
  /** Of a macvlan. */
  mac?: string;
}

/** A file below /proc/sys/net whose value we have changed. */
export interface HeldSetting {
  path: string;
  was: string;
  now: string;
  /** Index of the interface that it belongs to: another one of the same name has settings of its own. 0 for none. */
  link: number;
}

export interface LinkEntries {
  links: LinkRecord[];
  settings: HeldSetting[];
}

export function formatLinkJournal({ links, settings }: LinkEntries): string {
  const lines = [
    ...links.map(({ name, kind, base, mac }) => {
      return `link ${name} kind ${kind} base ${base}${mac === undefined ? "" : ` mac ${mac}`}`;
    }),
    ...settings.map(({ path, was, now, link }) => `setting ${path} was ${was} now ${now} link ${link}`),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

const LINK =
  /^link (?<name>\S+) kind (?<kind>macvlan|ipvlan) base (?<base>\S+)(?: mac (?<mac>[0-9a-f:]{17}))?$/;
/** No `..`: what is read here is written to as root. */
const SETTING =
  /^setting (?<path>ipv[46]\/(?:conf\/(?!\.{1,2}\/)[^\s/]+\/)?[a-z0-9_]+) was (?<was>-?\d+) now (?<now>-?\d+) link (?<link>\d+)$/;

export function parseLinkJournal(text: string): LinkEntries {
  const entries: LinkEntries = { links: [], settings: [] };
  for (const line of text.split("\n")) {
    const link = LINK.exec(line)?.groups;
    const setting = SETTING.exec(line)?.groups;
    if (link !== undefined) {
      const { name = "", base = "", mac } = link;
      const kind = link["kind"] === "ipvlan" ? "ipvlan" : "macvlan";
      entries.links.push({ name, kind, base, ...(mac !== undefined && { mac }) });
    } else if (setting !== undefined) {
      const { path = "", was = "", now = "" } = setting;
      entries.settings.push({ path, was, now, link: Number(setting["link"]) });
    }
  }
  return entries;
}

/** @returns nothing when there is no journal. */
export async function readLinkJournal(path: string): Promise<LinkEntries> {
  try {
    return parseLinkJournal(await readFile(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { links: [], settings: [] };
    throw error;
  }
}

/** Replaces the journal; one without entries is removed. */
export async function writeLinkJournal(path: string, entries: LinkEntries): Promise<void> {
  if (entries.links.length + entries.settings.length === 0) await rm(path, { force: true });
  else await writeWhole(path, formatLinkJournal(entries));
}

export function recordOf(wish: OwnLink): LinkRecord {
  const { name, kind, base } = wish;
  return { name, kind, base, ...(kind === "macvlan" && { mac: wish.mac }) };
}
