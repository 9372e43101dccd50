/** Both verdicts on one configuration: that of Debian's keepalived and ours, on the same files in the same namespace. */
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configurationReader } from "../../../src/core/configuration.js";
import type { Addon } from "../../../src/native/addon.js";
import { removeFolderAtExit } from "../harness/left-behind.js";
import type { CorpusCase } from "./corpus.js";

const PEER = "/usr/sbin/keepalived";
/** Some configurations make the peer loop for ever. */
const PEER_LIMIT_MS = 3000;

export interface PeerVerdict {
  /** Exit status, or the signal that ended it. */
  status: number | string;
  output: string;
}

export interface OwnVerdict {
  status: number;
  problems: string[];
  tookMs: number;
}

/** Writes the files of a case into a new folder. @returns how to remove it, and the path of its keepalived.conf. */
export function writeCase(one: CorpusCase): { path: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "kalab-config-"));
  const remove = removeFolderAtExit(folder);
  const path = join(folder, "keepalived.conf");
  writeFileSync(path, one.text);
  for (const { name, text, mode } of one.files) {
    const file = join(folder, name);
    if (mode === undefined) mkdirSync(file);
    else {
      writeFileSync(file, text);
      chmodSync(file, mode);
    }
  }
  return { path, remove };
}

/** `keepalived -t` of Debian, in this process's network namespace and with a /run of its own. */
export function askPeer(path: string, options: readonly string[]): Promise<PeerVerdict> {
  const inside = 'mount -t tmpfs none /run && exec "$@"';
  const command = ["-m", "sh", "-c", inside, "sh", PEER, "-t", "-f", path, ...options];
  const child = spawn("unshare", command, {
    stdio: ["ignore", "ignore", "pipe"],
    timeout: PEER_LIMIT_MS,
    killSignal: "SIGKILL",
    cwd: "/",
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" },
  });
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      resolve({ status: code ?? signal ?? "nothing", output: output.trim() });
    });
  });
}

/** Ours, by the reader that `-t` uses. */
export function askOurs(path: string, options: readonly string[], addon: Addon): OwnVerdict {
  const idAt = options.indexOf("-i");
  const configId = idAt < 0 ? undefined : options[idAt + 1];
  const settings = {
    configFile: path,
    allIncludesMustExist: options.includes("-e"),
    dumpConfiguration: false,
    ...(configId !== undefined && { configId }),
  };
  const start = performance.now();
  const { testStatus, problems } = configurationReader(settings, addon).read();
  return { status: testStatus, problems, tookMs: performance.now() - start };
}
