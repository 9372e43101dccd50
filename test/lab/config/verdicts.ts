/** Both verdicts on one configuration: that of Debian's keepalived and ours, on the same files in the same namespace. */
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { configurationReader } from "../../../src/core/configuration.js";
import type { Addon } from "../../../src/native/addon.js";
import { makeTemporaryFolder } from "../harness/left-behind.js";
import type { CorpusCase } from "./corpus.js";

const PEER = "/usr/sbin/keepalived";
/** Some configurations make the peer loop for ever. */
const PEER_LIMIT_S = 3;

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
  const { path: folder, remove } = makeTemporaryFolder("config");
  const path = join(folder, "keepalived.conf");
  writeFileSync(path, one.text);
  for (const { name, text: content, mode } of one.files) {
    const file = join(folder, name);
    if (mode === undefined) mkdirSync(file);
    else {
      writeFileSync(file, content);
      chmodSync(file, mode);
    }
  }
  return { path, remove };
}

/** For each line of its input: `keepalived -t -f` with these words; prints the exit status. */
const ASK = `
mount -t tmpfs none /run || exit 1
ulimit -c 0
while read -r words; do
  set -- $words
  timeout -s KILL ${PEER_LIMIT_S} ${PEER} -t -f "$@" </dev/null >/dev/null 2>"$1.peer"
  echo $?
done`;

/**
 * `keepalived -t` of Debian on some written cases, one after the other, in this process's network namespace and with a
 * /run of its own. One shell for all: starting programs from here takes longer than the peer does.
 */
export async function askPeer(
  cases: readonly { path: string; options: readonly string[] }[],
): Promise<PeerVerdict[]> {
  const child = spawn("unshare", ["-m", "sh", "-c", ASK], {
    stdio: ["pipe", "pipe", "ignore"],
    cwd: "/",
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" },
  });
  child.stdin.end(cases.map(({ path, options }) => `${[path, ...options].join(" ")}\n`).join(""));
  const statuses = (await text(child.stdout)).trimEnd().split("\n");
  if (statuses.length !== cases.length)
    throw new Error(`${statuses.length} answers for ${cases.length} cases`);
  return cases.map(({ path }, i) => ({
    status: statusOf(Number(statuses[i])),
    output: readFileSync(`${path}.peer`, "utf8").trim(),
  }));
}

/** A shell's status, with a signal by name. */
function statusOf(status: number): number | string {
  const signal = Object.entries(constants.signals).find(([, number]) => number === status - 128);
  return signal === undefined ? status : signal[0];
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
  const { testStatus, problems } = configurationReader(settings, addon, false).read();
  return { status: testStatus, problems, tookMs: performance.now() - start };
}
