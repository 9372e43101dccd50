/** Where the dumps go: names from the configuration, or the usual ones in the directory for temporary files. Pure. */
import { basename, dirname, extname, isAbsolute, join } from "node:path";

/** The part of the configuration that names them. */
interface DumpSettings {
  files: {
    stateDump?: string;
    statisticsDump?: string;
    jsonDump?: string;
    /** Namespace and instance in the names of state dumps. */
    dumpsWithInstance: boolean;
  };
  daemon: { netNamespace?: string; instance?: string };
}

/** A relative name is one in `folder`; a slash at its end leaves the usual name. */
function place(folder: string, wanted: string | undefined, usual: string): string {
  if (wanted === undefined) return join(folder, usual);
  const path = wanted.endsWith("/") ? join(wanted, usual) : wanted;
  return isAbsolute(path) ? path : join(folder, path);
}

/** `role`: which process, like "check"; empty for VRRP. It stands before the extension, then namespace and instance. */
export function stateDumpPath(folder: string, { files, daemon }: DumpSettings, role: string): string {
  const path = place(folder, files.stateDump, "keepalived.data");
  const where = [daemon.netNamespace, daemon.instance].filter((word) => word !== undefined).join("_");
  const extension = extname(path);
  const name = `${basename(path, extension)}${role && `_${role}`}`;
  return join(dirname(path), `${name}${files.dumpsWithInstance && where ? `.${where}` : ""}${extension}`);
}

export const statisticsDumpPath = (folder: string, { files }: DumpSettings): string =>
  place(folder, files.statisticsDump, "keepalived.stats");

export const jsonDumpPath = (folder: string, { files }: DumpSettings): string =>
  place(folder, files.jsonDump, "keepalived.json");
