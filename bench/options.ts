/** The command line of the benchmark. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Program } from "./subject.js";

export interface Options {
  readonly peer: Program;
  readonly ours: Program;
  /** Names of subjects; empty for all. */
  readonly names: readonly string[];
  /** Rounds of every subject; undefined for the subject's own number. */
  readonly rounds: number | undefined;
  readonly cpuSeconds: number;
  readonly json: string | undefined;
  readonly check: boolean;
  readonly help: boolean;
}

/** build/bench/options.js → the repository. */
const repository = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

export const USAGE = `npm run bench -- [options] [subject ...]

Measures this keepalived beside another one, alternating in one run.

  --rounds N      rounds of each subject instead of its own number
  --seconds N     length of a CPU measurement (default 5)
  --peer "CMD"    the other program (default: keepalived, as Debian installs it)
  --ours "CMD"    this program (default: dist/keepalived); --ours keepalived compares the peer with itself
  --json FILE     all samples and medians as JSON
  --check         exit with status 1 when a goal is missed
  --help          this text and the subjects
`;

const words = (command: string): string[] => command.split(/\s+/).filter(Boolean);

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} wants a number above 0, not '${text}'`);
  return value;
}

/** @returns what was asked for; throws with a sentence for the user. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: "string" },
      seconds: { type: "string", default: "5" },
      peer: { type: "string", default: "keepalived" },
      ours: { type: "string" },
      json: { type: "string" },
      check: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const ours = values.ours === undefined ? [join(repository, "dist", "keepalived")] : words(values.ours);
  return {
    peer: { side: "peer", command: words(values.peer) },
    ours: { side: "ours", command: ours },
    names: positionals,
    rounds: values.rounds === undefined ? undefined : Math.ceil(positive("rounds", values.rounds)),
    cpuSeconds: positive("seconds", values.seconds),
    json: values.json,
    check: values.check,
    help: values.help,
  };
}
