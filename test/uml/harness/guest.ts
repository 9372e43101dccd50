/**
 * A Linux kernel of our own for one command: Debian's user-mode-linux, with this machine's file system as its root,
 * read-only, so that every program is there at the same path. It gives root, network namespaces, IPVS and kinds of
 * interfaces that this machine's kernel may lack. No packet leaves it; whatever happens, nothing of it is left.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeTemporaryFolder, undoAtExit } from "../../lab/harness/left-behind.js";
import { repository } from "../../setup/repository.js";

/** Debian's user-mode Linux. */
export const KERNEL = "/usr/bin/linux.uml";
const PROCESS_1 = join(repository, "test", "uml", "harness", "guest-init.sh");
/** Where the guest finds the folder that it shares with its caller. */
export const EXCHANGE = "/run/guest/exchange";
/** Beyond the command's own limit: for booting on a busy machine, and for powering off. */
const AROUND_S = 60;

interface GuestSettings {
  command: readonly string[];
  /** What the command may take inside the guest; then it gets TERM, and KILL 5 s later. */
  limitS: number;
  environment?: Readonly<Record<string, string>>;
  memoryMb?: number;
  /** A folder of this machine that the command can write to, as {@link EXCHANGE}. */
  exchange?: string;
  /** Path of the kernel; without it {@link KERNEL}. */
  kernel?: string;
  /** Takes what the command prints as it comes, errors and all; without it both are in the result, apart. */
  live?: (text: string) => void;
}

export interface GuestResult {
  /** Exit status of the command: 128 + n by signal n, 124 at its limit; undefined when the guest ended without one. */
  status: number | undefined;
  /** Whether the guest came as far as the command. */
  booted: boolean;
  stdout: string;
  stderr: string;
  /** The last words of the kernel: why it did not boot, or what it died of. */
  console: string;
}

/** Why no guest can run here; undefined when one may. */
export function missingKernel(kernel = KERNEL): string | undefined {
  return existsSync(kernel)
    ? undefined
    : `${kernel} is not installed (Debian package user-mode-linux, on amd64)`;
}

/** Boots a guest, runs one command in it and ends it. */
export async function runInGuest(settings: GuestSettings): Promise<GuestResult> {
  // Short, as a socket of the kernel lies in it, and without spaces, as its command line knows no quotes.
  const { path: scratch, remove } = makeTemporaryFolder("guest");
  try {
    prepare(scratch, settings);
    const console = await boot(scratch, settings);
    return {
      status: numberIn(join(scratch, "status")),
      booted: existsSync(join(scratch, "booted")),
      stdout: textOf(join(scratch, "stdout")),
      stderr: textOf(join(scratch, "stderr")),
      console,
    };
  } finally {
    remove();
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Writes what process 1 reads: settings as shell variables, and its own first line. */
function prepare(scratch: string, settings: GuestSettings): void {
  const exchange = settings.exchange ?? join(scratch, "exchange");
  // The last is where the lab writes: the guest mounts its own memory on it.
  for (const folder of [exchange, join(scratch, "uml"), join(repository, "build", "lab")])
    mkdirSync(folder, { recursive: true });
  const environment = {
    PATH: `${dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    HOME: "/tmp",
    LANG: "C.UTF-8",
    TZ: "UTC",
    ...(process.stdout.isTTY ? {} : { NO_COLOR: "1" }),
    ...settings.environment,
  };
  const lines = [
    `exchange=${quoted(exchange)}`,
    `repository=${quoted(repository)}`,
    `keep=${quoted([repository, dirname(dirname(process.execPath))].join(" "))}`,
    `limit_s=${settings.limitS}`,
    `live=${settings.live === undefined ? 0 : 1}`,
    `command=${quoted(settings.command.map(quoted).join(" "))}`,
    "environment() {",
    ...Object.entries(environment).map(([name, value]) => `  export ${name}=${quoted(value)}`),
    "}",
  ];
  writeFileSync(join(scratch, "settings"), `${lines.join("\n")}\n`);
  writeFileSync(join(scratch, "init"), `#!/bin/sh\nexec /bin/sh ${quoted(PROCESS_1)} ${quoted(scratch)}\n`, {
    mode: 0o755,
  });
}

/** Runs the kernel until it ends or its time is up. @returns the last of what it printed. */
async function boot(scratch: string, settings: GuestSettings): Promise<string> {
  const { limitS, memoryMb = 1024, live } = settings;
  const args = [
    `mem=${memoryMb}M`,
    "root=/dev/root",
    "rootfstype=hostfs",
    "rootflags=/",
    "ro",
    `init=${join(scratch, "init")}`,
    "con=null",
    "con0=fd:0,fd:1",
    `uml_dir=${join(scratch, "uml")}/`,
    "umid=guest",
    "quiet",
    "loglevel=1",
    "panic=1",
  ];
  // A process group of its own: a user-mode kernel is many processes.
  const kernel = spawn(settings.kernel ?? KERNEL, args, {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = undoAtExit(() => {
    killGroup(kernel);
  });
  const limit = setTimeout(
    () => {
      killGroup(kernel);
    },
    (limitS + AROUND_S) * 1000,
  );
  let last = "";
  const take = (chunk: string): void => {
    const text = chunk.replaceAll("\r", "").replace(/^(sysrq: Power Off|reboot: Power down)\n/gm, "");
    last = (last + text).slice(-4000);
    live?.(text);
  };
  for (const stream of [kernel.stdout, kernel.stderr]) stream.setEncoding("utf8").on("data", take);
  try {
    await new Promise<void>((resolve, reject) => {
      kernel.once("error", reject);
      kernel.once("close", () => {
        resolve();
      });
    });
  } finally {
    clearTimeout(limit);
    kill();
  }
  return last;
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // all of it has ended
  }
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

function numberIn(path: string): number | undefined {
  const text = textOf(path).trim();
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
