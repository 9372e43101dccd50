/**
 * User and group names to numbers, from the text of passwd(5) and group(5).
 * Files only (no NSS): the daemon reads them when it takes a configuration, never in its loop.
 */
import { readFileSync } from "node:fs";

/** Who runs a script. */
export interface Identity {
  uid: number;
  gid: number;
}

function field(text: string, name: string, index: number): number | undefined {
  for (const line of text.split("\n")) {
    const parts = line.split(":");
    if (parts[0] === name) {
      const value = Number(parts[index]);
      return Number.isInteger(value) ? value : undefined;
    }
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

  constructor(passwd = read("/etc/passwd"), group = read("/etc/group")) {
    this.#passwd = passwd;
    this.#group = group;
  }

  /** @returns uid and gid (the login group unless `group` is named); undefined when either is unknown. */
  identity(user: string, group?: string): Identity | undefined {
    const uid = field(this.#passwd, user, 2);
    const gid = group === undefined ? field(this.#passwd, user, 3) : field(this.#group, group, 2);
    return uid === undefined || gid === undefined ? undefined : { uid, gid };
  }
}
