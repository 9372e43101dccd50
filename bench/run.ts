/**
 * npm run bench: this keepalived beside another one (Debian's), alternating in one run; medians, ratios and goals.
 * Needs root. What it makes (namespaces, processes, a folder in memory) is gone at the end, also after Ctrl-C.
 */
import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release } from "node:os";
import { addresses } from "./measure-addresses.js";
import { cpuBackup, cpuMaster } from "./measure-cpu.js";
import { failover } from "./measure-failover.js";
import { gap } from "./measure-gap.js";
import { memory } from "./measure-memory.js";
import { busy } from "./measure-busy.js";
import { reload500, reload2000 } from "./measure-reload.js";
import { start } from "./measure-start.js";
import { stop } from "./measure-stop.js";
import { type MeasuringError, observeMeasuringError } from "./measuring-error.js";
import { type Options, USAGE, readOptions } from "./options.js";
import { type Collected, rowOf, table } from "./report.js";
import type { Program, Samples, Subject } from "./subject.js";
import { readSoon } from "./watch.js";

const SUBJECTS: readonly Subject[] = [
  start,
  stop,
  failover,
  addresses,
  gap,
  reload500,
  reload2000,
  cpuMaster,
  cpuBackup,
  memory,
  busy,
];

/** Attempts at one measurement before the whole run fails: a busy machine may spoil one. */
const ATTEMPTS = 2;

function help(): string {
  const names = SUBJECTS.map(({ name, about, rounds }) => `  ${name.padEnd(15)} ${about} (${rounds} rounds)`);
  return `${USAGE}\nSubjects (all by default):\n${names.join("\n")}`;
}

function selected(names: readonly string[]): readonly Subject[] {
  const unknown = names.find((name) => !SUBJECTS.some((subject) => subject.name === name));
  if (unknown !== undefined)
    throw new Error(`no subject '${unknown}'; there are: ${SUBJECTS.map(({ name }) => name).join(", ")}`);
  return names.length === 0 ? SUBJECTS : SUBJECTS.filter(({ name }) => names.includes(name));
}

function versionOf({ command: [file = "", ...args] }: Program): string {
  const { stdout, stderr, error } = spawnSync(file, [...args, "-v"], { encoding: "utf8" });
  if (error !== undefined) throw new Error(`cannot run ${file}: ${error.message}`);
  return `${stderr}\n${stdout}`.split("\n").find((line) => line.trim() !== "") ?? "says no version";
}

function checkMachine({ peer, ours }: Options): void {
  if (process.getuid?.() !== 0) throw new Error("network namespaces need root: type it again as root");
  for (const { command } of [peer, ours]) {
    const missing = command.find((word) => word.startsWith("/") && !existsSync(word));
    if (missing !== undefined) throw new Error(`${missing} does not exist`);
  }
}

/** Measures once, again when it fails; a spoiled attempt is reported. */
async function attempt(
  subject: Subject,
  program: Program,
  round: number,
  options: Options,
): Promise<Samples> {
  const conditions = {
    round,
    rounds: options.rounds ?? subject.rounds,
    neutral: options.peer,
    cpuSeconds: options.cpuSeconds,
  };
  for (let left = ATTEMPTS - 1; ; left -= 1) {
    try {
      return await subject.measure(program, conditions);
    } catch (error) {
      const message = `${subject.name}, round ${round + 1}, ${program.side}: ${error instanceof Error ? error.message : String(error)}`;
      if (left === 0) throw new Error(message);
      console.error(`${message}\nonce more`);
    }
  }
}

/** All rounds of a subject: peer, ours, peer, ours, ... */
async function measureAlternating(subject: Subject, options: Options): Promise<Collected[]> {
  const samples = { peer: new Map<string, number[]>(), ours: new Map<string, number[]>() };
  const rounds = options.rounds ?? subject.rounds;
  for (let round = 0; round < rounds; round += 1) {
    for (const program of [options.peer, options.ours]) {
      const figures = Object.entries(await attempt(subject, program, round, options));
      const lists = samples[program.side];
      for (const [id, values] of figures) lists.set(id, [...(lists.get(id) ?? []), ...values]);
      const words = figures.map(
        ([id, values]) => `${id.split(".")[1]} ${values.map((value) => value.toPrecision(4)).join(" ")}`,
      );
      console.log(`${subject.name} ${round + 1}/${rounds} ${program.side}: ${words.join(", ")}`);
    }
  }
  const of = (side: "peer" | "ours", id: string): number[] => samples[side].get(id) ?? [];
  return subject.metrics.map((metric) => ({
    metric,
    peer: of("peer", metric.id),
    ours: of("ours", metric.id),
  }));
}

function machine(): string {
  const load = loadavg().map((value) => value.toFixed(2));
  return `${cpus().length} cores (${cpus()[0]?.model.trim()}), Linux ${release()}, Node ${process.version}, load ${load.join(" ")}`;
}

function inWords({ packets, median, p99, longest }: MeasuringError): string {
  const [middle, late, latest] = [median, p99, longest].map((value) => value.toFixed(0));
  return `measuring error: events are read ${middle} µs after the kernel's stamp (p99 ${late}, longest ${latest}; ${packets} packets)`;
}

/** What the run came to; also the exit status with --check, `failed` always. */
const OUTCOME = { goalsMet: 0, goalsMissed: 1, failed: 2 } as const;

/** Measures every subject; one that fails leaves its rows out and does not spare the others. */
async function run(options: Options): Promise<number> {
  const subjects = selected(options.names);
  checkMachine(options);
  console.log(machine());
  for (const program of [options.peer, options.ours]) {
    console.log(`${program.side}: ${program.command.join(" ")} (${versionOf(program)})`);
  }
  const errorBefore = await observeMeasuringError(options.peer);
  console.log(inWords(errorBefore));
  const all: Collected[] = [];
  const failed: string[] = [];
  for (const subject of subjects) {
    try {
      all.push(...(await measureAlternating(subject, options)));
    } catch (error) {
      failed.push(subject.name);
      console.error(error instanceof Error ? error.message : String(error));
    }
  }
  const rows = all.map(rowOf);
  console.log(["", machine(), inWords(errorBefore), "", ...table(all)].join("\n"));
  if (options.json !== undefined) {
    const report = {
      machine: machine(),
      peer: options.peer.command,
      ours: options.ours.command,
      measuringErrorMicros: errorBefore,
    };
    const figures = rows.map((row, index) => ({
      ...row,
      samples: { peer: all[index]?.peer, ours: all[index]?.ours },
    }));
    writeFileSync(options.json, `${JSON.stringify({ ...report, figures }, null, 2)}\n`);
  }
  const goals = rows.filter(({ met }) => met !== undefined);
  const missed = goals.filter(({ met }) => met === false);
  console.log(`\n${goals.length - missed.length} of ${goals.length} goals met`);
  if (failed.length === 0) return missed.length === 0 ? OUTCOME.goalsMet : OUTCOME.goalsMissed;
  console.log(`not measured, because it failed: ${failed.join(", ")}`);
  return OUTCOME.failed;
}

readSoon();
try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(help());
  else {
    const outcome = await run(options);
    process.exitCode = options.check || outcome === OUTCOME.failed ? outcome : 0;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = OUTCOME.failed;
}
process.exit();
