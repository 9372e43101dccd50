/** Files in memory, and short ways to read a configuration from them. */
import assert from "node:assert/strict";
import type { Config } from "../../../src/config/model.js";
import {
  type FileReader,
  formatDiagnostic,
  readConfig,
  type ReadOptions,
  type ReadResult,
} from "../../../src/config/read-config.js";

export type Files = Readonly<Record<string, string | { refused: string }>>;

export function fakeReader(files: Files, more: Partial<FileReader> = {}): FileReader {
  return {
    workingDirectory: "/etc/keepalived",
    glob: (pattern, cwd) => {
      const full = pattern.startsWith("/") ? pattern : `${cwd}/${pattern}`;
      const expression = new RegExp(
        `^${full
          .replace(/[.+()]/g, "\\$&")
          .replace(/\*/g, "[^/]*")
          .replace(/\?/g, "[^/]")}$`,
      );
      const names = Object.keys(files).map((name) =>
        name.startsWith("/") ? name : `/etc/keepalived/${name}`,
      );
      const found = names.filter((name) => expression.test(name)).sort();
      return pattern.startsWith("/") ? found : found.map((name) => name.slice(cwd.length + 1));
    },
    read: (path) => {
      const file = files[path] ?? files[path.replace("/etc/keepalived/", "")];
      if (file === undefined) return { ok: false, reason: "it does not exist" };
      return typeof file === "string"
        ? { ok: true, bytes: Buffer.from(file, "latin1") }
        : { ok: false, reason: file.refused };
    },
    env: () => undefined,
    random: (min) => min,
    ...more,
  };
}

export function readFiles(
  files: Files,
  options: Partial<ReadOptions> = {},
  more: Partial<FileReader> = {},
): ReadResult {
  const all: ReadOptions = {
    path: "keepalived.conf",
    configId: "main",
    includeAll: false,
    hostName: "host1",
    ...options,
  };
  return readConfig(fakeReader(files, more), all);
}

/** Reads one file. */
export function read(
  text: string,
  options: Partial<ReadOptions> = {},
  more: Partial<FileReader> = {},
): ReadResult {
  return readFiles({ "keepalived.conf": text }, options, more);
}

/** All diagnostics as people see them. */
export function messages(result: ReadResult): string {
  return result.diagnostics.map(formatDiagnostic).join("\n");
}

/** The configuration of a text without any diagnostic. */
export function good(
  text: string,
  options: Partial<ReadOptions> = {},
  more: Partial<FileReader> = {},
): Config {
  const result = read(text, options, more);
  assert.equal(messages(result), "");
  assert.equal(result.testStatus, 0);
  return result.config;
}

/** "line:column severity message" of each diagnostic. */
export function brief(result: ReadResult): string[] {
  return result.diagnostics.map((d) => `${d.at?.line}:${d.at?.column} ${d.severity} ${d.message}`);
}

/** The instance `V` with these lines in it, and the least that makes it valid. */
export function instance(lines: string, without: "address" | "nothing" = "nothing"): string {
  const address = without === "address" ? "" : "virtual_ipaddress { 10.0.0.1/24 }\n";
  return `vrrp_instance V {\ninterface eth0\nvirtual_router_id 51\n${lines}\n${address}}\n`;
}
