/**
 * User and group names to numbers, from the text of passwd(5) and group(5).
 * Files only (no NSS). Core reads them when it reads a configuration; a child reads them without waiting
 * (`loadAccounts`) when it takes one, never in its loop.
 */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

/** Who runs a script. */
export interface Identity {
  uid: number;
  gid: number;
  /** Supplementary groups; none when absent. */
  groups?: number[];
}

/** An account as configured. */
interface AccountNames {
  user?: string;
  group?: string;
  /** With the user's supplementary groups. */
  supplementaryGroups?: boolean;
}

const PASSWD = "/etc/passwd";
const GROUP = "/etc/group";

/** One below 2³²: that value leaves a process who it is, in setresuid(2) and its like. */
const LARGEST_ID = 0xffff_fffe;

/** Digits and nothing else: an empty field is nobody, and above all not root. */
function idOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  const id = Number(text);
  return id <= LARGEST_ID ? id : undefined;
}

function field(text: string, name: string, index: number): number | undefined {
  for (const line of text.split("\n")) {
    const parts = line.split(":");
    if (parts[0] === name) return idOf(parts[index]);
  }
  return undefined;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Looks accounts up in the files as they were when it was made. */
export class Accounts {
  readonly #passwd: string;
  readonly #group: string;

  constructor(passwd = read(PASSWD), group = read(GROUP)) {
    this.#passwd = passwd;
    this.#group = group;
  }

  /** @returns uid and gid (the login group unless `group` is named); undefined when either is unknown. */
  identity(user: string, group?: string): Identity | undefined {
    const uid = field(this.#passwd, user, 2);
    const gid = group === undefined ? field(this.#passwd, user, 3) : field(this.#group, group, 2);
    return uid === undefined || gid === undefined ? undefined : { uid, gid };
  }

  /** Who is meant; `fallback` when no user is named. Undefined when there is no such account. */
  resolve(names: AccountNames, fallback: Identity | undefined): Identity | undefined {
    const { user, group, supplementaryGroups } = names;
    if (user === undefined) return fallback;
    const found = this.identity(user, group);
    if (found === undefined || supplementaryGroups !== true) return found;
    return { ...found, groups: this.#groupsOf(user, found.gid) };
  }

  /** As initgroups(3): every group that lists the user, and the given one. */
  #groupsOf(user: string, gid: number): number[] {
    const groups = new Set([gid]);
    for (const line of this.#group.split("\n")) {
      const [, , number, members = ""] = line.split(":");
      const value = idOf(number);
      if (value !== undefined && members.split(",").includes(user)) groups.add(value);
    }
    return [...groups];
  }
}

/** Reads the files without blocking. */
export async function loadAccounts(): Promise<Accounts> {
  const text = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");
  return new Accounts(...(await Promise.all([text(PASSWD), text(GROUP)])));
}

/** The identity of this process. */
export function ownIdentity(): Identity {
  return { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
}
