/**
 * The way into the background. Node cannot fork itself, so the first process starts a second one of the same words in
 * a session of its own, waits until that one runs or has failed, and ends with its status. The second reports over a
 * channel which it then closes.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Set in the environment of the second process only; it removes it at once, so that its children do not have it. */
const MARK = "KEEPALIVED_LAUNCHED";

const launched = process.env[MARK] !== undefined && process.send !== undefined;
delete process.env[MARK];

/** What the second process tells the first. */
type Report = { kind: "running" } | { kind: "failed"; status: number; text: string };

function isReport(message: unknown): message is Report {
  if (typeof message !== "object" || message === null || !("kind" in message)) return false;
  if (message.kind === "running") return true;
  return message.kind === "failed" && "status" in message && "text" in message;
}

/** Whether this is the process in the background. */
export function isLaunched(): boolean {
  return launched;
}

const BUG = 70;

/** Starts the daemon; this process ends when it runs (0) or has failed (its status). */
export function launch(): void {
  const { NODE_OPTIONS: _options, NODE_EXTRA_CA_CERTS: _certificates, ...environment } = process.env;
  const command = fileURLToPath(import.meta.url);
  const daemon = spawn(process.execPath, [...process.execArgv, command, ...process.argv.slice(2)], {
    argv0: process.argv0,
    detached: true,
    env: { ...environment, [MARK]: "1" },
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  daemon.on("error", (error) => {
    process.stderr.write(`keepalived: cannot start the daemon: ${error.message}\n`);
    process.exit(BUG);
  });
  daemon.on("message", (message: unknown) => {
    if (!isReport(message)) return;
    if (message.kind === "failed") process.stderr.write(`${message.text}\n`);
    process.exit(message.kind === "failed" ? message.status : 0);
  });
  daemon.on("exit", (code, signal) => {
    const giveUp = (): void => {
      process.stderr.write(`keepalived: the daemon ended while starting (${signal ?? `status ${code}`})\n`);
      process.exit(code === null || code === 0 ? BUG : code);
    };
    // Its report may still be on the way.
    if (daemon.connected) daemon.once("disconnect", giveUp);
    else giveUp();
  });
}

/** The daemon runs: the first process may go. From here on the working directory is "/". */
export function reportRunning(): void {
  if (!launched) return;
  process.chdir("/");
  tell({ kind: "running" });
}

export function reportFailure(status: number, text: string): void {
  if (launched) tell({ kind: "failed", status, text });
}

function tell(report: Report): void {
  // A launcher that was killed meanwhile is no reason to fail.
  process.on("error", () => undefined);
  process.send?.(report, undefined, undefined, () => {
    if (process.connected) process.disconnect();
  });
}
