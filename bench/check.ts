/**
 * npm run bench:check: health checks and IPVS beside another keepalived (Debian's), alternating in one run inside
 * user-mode Linux, where both have the same kernel with IPVS; then, on this machine's own kernel, how many checks a
 * second of processor time pays for. Takes the options of `npm run bench`.
 */
import { copyFileSync, existsSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { EXCHANGE, missingKernel, runInGuest } from "../test/uml/harness/guest.js";
import { makeTemporaryFolder } from "../test/lab/harness/left-behind.js";
import { collect } from "./collect.js";
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
/** File of the rows, in the folder that the guest shares. */
const RESULTS = "check.json";

/** What the run came to; also the exit status with --check, `failed` always. */
const OUTCOME = { goalsMet: 0, goalsMissed: 1, failed: 2 } as const;

function chosenOf({ names }: Options): readonly Subject[] {
  const unknown = names.find((name) => !SUBJECTS.some((subject) => subject.name === name));
  if (unknown !== undefined)
    throw new Error(`no subject '${unknown}'; there are: ${SUBJECTS.map(({ name }) => name).join(", ")}`);
  return names.length === 0 ? SUBJECTS : SUBJECTS.filter(({ name }) => names.includes(name));
}

/** The subject, with a line for each measurement: all of them take minutes. */
function withProgress(subject: Subject): Subject {
  return {
    ...subject,
    async measure(program, conditions) {
      const samples = await subject.measure(program, conditions);
      const figures = Object.entries(samples).map(
        ([id, values]) => `${id.split(".")[1]} ${values.map((value) => value.toPrecision(4)).join(" ")}`,
      );
      const { round, rounds } = conditions;
      console.log(`${subject.name} ${round + 1}/${rounds} ${program.side}: ${figures.join(", ")}`);
      return samples;
    },
  };
}

/** In the guest. A subject that fails leaves its rows out and spares the others. @returns the exit status */
async function measureHere(options: Options): Promise<number> {
  const all: Collected[] = [];
  const failed: string[] = [];
  readSoon();
  for (const subject of chosenOf(options)) {
    try {
      all.push(...(await collect(withProgress(subject), options)));
    } catch (error) {
      failed.push(subject.name);
      console.log(error instanceof Error ? error.message : String(error));
    }
  }
  const rows = all.map(rowOf);
  console.log(["", ...table(all)].join("\n"));
  if (options.json !== undefined)
    writeFileSync(join(EXCHANGE, RESULTS), `${JSON.stringify(rows, null, 2)}\n`);
  if (failed.length > 0) {
    console.log(`not measured, because it failed: ${failed.join(", ")}`);
    return OUTCOME.failed;
  }
  return rows.every(({ met }) => met !== false) ? OUTCOME.goalsMet : OUTCOME.goalsMissed;
}

/** @returns exit status of the run inside */
async function measureInGuest({ json }: Options, words: readonly string[]): Promise<number> {
  const missing = missingKernel();
  if (missing !== undefined) {
    console.error(`not measured beside the peer: ${missing}`);
    return OUTCOME.failed;
  }
  const { path: exchange } = makeTemporaryFolder("exchange");
  const { status, console: lastWords } = await runInGuest({
    command: [process.execPath, "--enable-source-maps", process.argv[1] ?? "", ...words],
    limitS: GUEST_LIMIT_S,
    environment: { [INSIDE]: "1" },
    exchange,
    memoryMb: GUEST_MEMORY_MB,
    live: (text) => process.stdout.write(text),
  });
  if (status === undefined) console.error(`the guest ended without a result:\n${lastWords}`);
  if (json !== undefined && existsSync(join(exchange, RESULTS))) copyFileSync(join(exchange, RESULTS), json);
  return status ?? OUTCOME.failed;
}

async function run(options: Options, words: readonly string[]): Promise<number> {
  if (process.env[INSIDE] !== undefined) return measureHere(options);
  chosenOf(options);
  console.log(`${cpus().length} x ${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(1)}`);
  compileCheckServer();
  const status = await measureInGuest(options, words);
  if (options.names.length > 0) return status;
  const checks = await checksPerProcessorSecond(options.ours, NATIVE_SERVERS);
  console.log(
    `\n${NATIVE_SERVERS} servers with TCP_CHECK on this kernel: ${checks.toFixed(0)} checks per CPU second`,
  );
  return status;
}

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
    process.exitCode = options.check || status === OUTCOME.failed ? status : 0;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = OUTCOME.failed;
}
process.exit();
