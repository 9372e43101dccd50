/** reload_file: a file that is there while a reload reads the configuration, so that tools know when not to edit it. */
import { closeSync, constants, fchmodSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ReloadSettings } from "../config/global-model.js";
import { type PathSettings, runDirectory } from "./run-paths.js";

const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
const MODE = 0o644;

/** @returns undefined when none is wanted; an empty name stands for the usual one. */
export function markerFile({ markerFile: wanted }: ReloadSettings, paths: PathSettings): string | undefined {
  if (wanted !== "") return wanted;
  const suffix = paths.instance === undefined ? "" : `_${paths.instance}`;
  return join(runDirectory(paths), `keepalived${suffix}.reload`);
}

/** Reads with the file in place. One that cannot be made is no reason not to read: `refused` hears of it. */
export function whileMarked<T>(
  path: string | undefined,
  read: () => T,
  refused: (reason: string) => void,
): T {
  if (path === undefined) return read();
  try {
    const fd = openSync(path, FLAGS, MODE);
    fchmodSync(fd, MODE);
    closeSync(fd);
  } catch (error) {
    refused(String(error));
  }
  try {
    return read();
  } finally {
    rmSync(path, { force: true });
  }
}
