/**
 * Proportional set size of all processes, with one instance and with 200, as master.
 * The program runs from a copy of its executable: otherwise it would share the pages of Node with this benchmark
 * (and other daemons on the machine), which would make it look smaller than it is when it runs alone.
 */
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { undoAtExit } from "../test/lab/harness/left-behind.js";
import { proportionalMebibytes } from "./processes.js";
import { PATIENCE_MS, Session } from "./session.js";
import type { Program, Samples, Subject } from "./subject.js";
import { sleep } from "./feed.js";

const MANY = 200;
const SETTLE_MS = 4000;
const ELF = 0x464c457f;

/** @returns the executable file a command means, undefined when there is none. */
function findExecutable(name: string): string | undefined {
  const folders = name.includes("/") ? [""] : (process.env["PATH"] ?? "").split(":");
  return folders
    .map((folder) => (folder === "" ? name : join(folder, name)))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function isBinary(path: string): boolean {
  const file = openSync(path, "r");
  const start = new Uint8Array(4);
  readSync(file, start);
  closeSync(file);
  return new DataView(start.buffer).getUint32(0, true) === ELF;
}

/** A copy looks like the original to whoever compares size and time. */
function copyProgram(from: string, to: string): void {
  const { mtimeMs } = statSync(from);
  copyFileSync(from, to);
  chmodSync(to, 0o755);
  utimesSync(to, mtimeMs / 1000, mtimeMs / 1000);
}

/**
 * @returns the program run from a copy of its executable, and what removes the copy. Our command works where it was built
 * only, and becomes the `node` in PATH: of that there is a copy. A script is left as it is.
 */
function copied(program: Program): { program: Program; remove: () => void } {
  const [name = "", ...rest] = program.command;
  const path = findExecutable(name);
  if (path === undefined || !isBinary(path)) return { program, remove: () => {} };
  const folder = mkdtempSync(join(dirname(fileURLToPath(import.meta.url)), "copy-"));
  const remove = undoAtExit(() => rmSync(folder, { recursive: true, force: true }));
  const becomesNode = existsSync(`${realpathSync(path)}.js`);
  const copy = join(folder, becomesNode ? "node" : basename(path));
  copyProgram(becomesNode ? process.execPath : path, copy);
  const command = becomesNode ? ["env", `PATH=${folder}:${process.env["PATH"] ?? ""}`, path] : [copy];
  return { program: { ...program, command: [...command, ...rest] }, remove };
}

async function settledSize(program: Program, instances: number): Promise<number> {
  return Session.run(async (session) => {
    const { left } = session.lab;
    const present = new Set<number>();
    const complete = session
      .addresses(left)
      .feed.first(
        ({ kind, address }) => kind === "added" && present.add(address).size === instances,
        PATIENCE_MS,
        "master",
      );
    const router = session.start(program, left, { priority: 200, advertInterval: 0.1, instances });
    await router.expect(complete);
    await sleep(SETTLE_MS);
    return proportionalMebibytes(router.pids);
  });
}

async function measure(program: Program): Promise<Samples> {
  const { program: copy, remove } = copied(program);
  try {
    return { "memory.one": [await settledSize(copy, 1)], "memory.many": [await settledSize(copy, MANY)] };
  } finally {
    remove();
  }
}

export const memory: Subject = {
  name: "memory",
  about: "PSS of all processes with one instance and with 200",
  rounds: 1,
  metrics: [
    { id: "memory.one", title: "PSS of all processes, 1 instance", unit: "MiB" },
    { id: "memory.many", title: `PSS of all processes, ${MANY} instances`, unit: "MiB" },
  ],
  measure,
};
