/**
 * npm run bench:config: how long `-t` of large configurations takes, beside another keepalived (Debian's), alternating
 * in one run; whole process, with peak memory and growth. Takes the options of `npm run bench`.
 */
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { collect } from "./collect.js";
import { CONFIG_SUBJECTS, emptyMillis } from "./measure-config.js";
import { type Options, readOptions, USAGE } from "./options.js";
import { type Collected, rowOf, table } from "./report.js";

const STARTS = 5;

async function run(options: Options): Promise<boolean> {
  const chosen = CONFIG_SUBJECTS.filter(
    ({ name }) => options.names.length === 0 || options.names.includes(name),
  );
  console.log(`${cpus().length} x ${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(1)}`);
  for (const program of [options.peer, options.ours])
    console.log(
      `${program.side}: ${program.command.join(" ")}; empty file: ${emptyMillis(program, STARTS).toFixed(0)} ms`,
    );
  const all: Collected[] = [];
  for (const subject of chosen) all.push(...(await collect(subject, options)));
  console.log(["", ...table(all)].join("\n"));
  const rows = all.map(rowOf);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
  return rows.every(({ met }) => met !== false);
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    const list = CONFIG_SUBJECTS.map(({ name, about }) => `  ${name.padEnd(15)} ${about}`);
    console.log(
      [USAGE.replaceAll("run bench ", "run bench:config "), "Subjects (all by default):", ...list].join("\n"),
    );
  } else if (!(await run(options)) && options.check) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
