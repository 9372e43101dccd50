/**
 * config_save_dir: what was read, and the state of each process before and after a reload, as files that stay. Only root
 * may read them, whatever the umask: the text of the configuration has its passwords.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeDump } from "./dump-file.js";

/** Writes one copy; the directory is made when it is missing, its parents are not. Rejects with the system's error. */
export async function writeCopy(directory: string, name: string, text: string | Uint8Array): Promise<void> {
  await mkdir(directory, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  await writeDump(join(directory, name), text, 0o600);
}

/** The text of the start has number 0, the first reload 1. */
export const configurationCopyName = (pid: number, reload: number): string =>
  `keepalived.conf.${pid}.${reload}`;

/** `role` as in the names of dumps: "vrrp", "check". */
export const stateCopyName = (role: string, pid: number, reload: number, when: "pre" | "post"): string =>
  `keepalived_${role}.${pid}.${reload}.${when}`;
