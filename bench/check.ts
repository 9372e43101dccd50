/**
 * npm run bench:check: health checks and IPVS beside another keepalived (Debian's), alternating in one run inside
 * user-mode Linux, where both have the same kernel with IPVS; then, on this machine's own kernel, how many checks a
 * second of processor time pays for. Takes the options of `npm run bench`.
 */
import { cpus, loadavg } from "node:os";
import { missingKernel, runInGuest } from "../test/uml/harness/guest.js";
import { collect } from "./collect.js";
import { cleanUpOnExit } from "./lab.js";
import { compileCheckServer } from "./check-server.js";
import { checksPerProcessorSecond, httpChecks, tcpChecks } from "./measure-check.js";
import { reload } from "./measure-check-reload.js";
import { type Options, readOptions, USAGE } from "./options.js";
import { type Collected, rowOf, table } from "./report.js";
import type { Subject } from "./subject.js";
import { readSoon } from "./watch.js";

const SUBJECTS: readonly Subject[] = [tcpChecks, httpChecks, reload];

/** Set for the run inside the guest. */
const INSIDE = "KEEPALIVED_BENCH_INSIDE";
const GUEST_MEMORY_MB = 2048;
const GUEST_LIMIT_S = 5400;
const NATIVE_SERVERS = 20_000;

/** @returns whether every goal is met */
async function measureHere(options: Options): Promise<boolean> {
  const chosen = SUBJECTS.filter(({ name }) => options.names.length === 0 || options.names.includes(name));
  const all: Collected[] = [];
  readSoon();
  for (const subject of chosen) all.push(...(await collect(subject, options)));
  console.log(["", ...table(all)].join("\n"));
  return all.map(rowOf).every(({ met }) => met !== false);
}

/** @returns exit status of the run inside */
async function measureInGuest(words: readonly string[]): Promise<number> {
  const missing = missingKernel();
  if (missing !== undefined) {
    console.error(`not measured beside the peer: ${missing}`);
    return 2;
  }
  const { status, console: lastWords } = await runInGuest({
    command: [process.execPath, "--enable-source-maps", process.argv[1] ?? "", ...words],
    limitS: GUEST_LIMIT_S,
    environment: { [INSIDE]: "1" },
    memoryMb: GUEST_MEMORY_MB,
    live: (text) => process.stdout.write(text),
  });
  if (status === undefined) console.error(`the guest ended without a result:\n${lastWords}`);
  return status ?? 2;
}

async function run(options: Options, words: readonly string[]): Promise<number> {
  if (process.env[INSIDE] !== undefined) return (await measureHere(options)) ? 0 : 1;
  console.log(`${cpus().length} x ${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(1)}`);
  compileCheckServer();
  const status = await measureInGuest(words);
  if (options.names.length > 0) return status;
  const checks = await checksPerProcessorSecond(options.ours, NATIVE_SERVERS);
  console.log(
    `\n${NATIVE_SERVERS} servers with TCP_CHECK on this kernel: ${checks.toFixed(0)} checks per CPU second`,
  );
  return status;
}

cleanUpOnExit();
try {
  const words = process.argv.slice(2);
  const options = readOptions(words);
  if (options.help) {
    const list = SUBJECTS.map(({ name, about }) => `  ${name.padEnd(15)} ${about}`);
    console.log(
      [USAGE.replaceAll("run bench ", "run bench:check "), "Subjects (all by default):", ...list].join("\n"),
    );
  } else {
    const status = await run(options, words);
    process.exitCode = options.check || status > 1 ? status : 0;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
process.exit();
