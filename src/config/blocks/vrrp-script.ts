/** Keywords of `vrrp_script`. */
import { Adjusted, Complaint, custom, flag, type Row, setting, table, type Value } from "../schema.js";
import type { Word } from "../text.js";
import { decimal, integer, seconds } from "../values/number.js";
import { readScript, type ScriptEntry } from "../values/script.js";
import { scriptWeight } from "./tracking.js";
import { weightRow } from "./weight.js";

/** USER [[:]GROUP]. */
export interface Identity {
  user: Word;
  group: Word | undefined;
}

const runs = integer(1, 2147483647);
const SECOND = 1_000_000;
const time = milliseconds(seconds("0", "4294.967"));

export const vrrpScript = table("vrrp_script", {
  script: trackedScript(),
  interval: setting(time, "Time between two runs.", { default: SECOND, unit: "s" }),
  timeout: setting(time, "Time after which a run counts as failed; the interval by default.", { unit: "s" }),
  weight: weightRow(scriptWeight, "Default weight; 0 means fault on failure.", { default: 0 }),
  rise: setting(runs, "Successes in a row that make it good.", { default: 1, wrong: 1, unit: "runs" }),
  fall: setting(runs, "Failures in a row that make it bad.", { default: 1, wrong: 1, unit: "runs" }),
  user: identity("Who runs it; script_user by default."),
  init_fail: flag("Taken as failing until its first result."),
});

/** The identity comes from `user`, not from this line. */
function trackedScript(): Row<ScriptEntry | undefined> {
  return custom<ScriptEntry | undefined>({
    syntax: "SCRIPT",
    doc: "Command to run; quote it as a whole to pass arguments. '< /PATH' only tests that the file opens.",
    default: undefined,
    read: (site) => {
      const entry = readScript(site, true);
      if (entry?.user === undefined) return entry;
      const message = `'script' takes one word: quote a command with arguments as a whole, and name the user with 'user'`;
      site.tree.diagnostics.report("logged", entry.user, message, { severity: "warning" });
      return { ...entry, user: undefined, group: undefined };
    },
  });
}

function identity(doc: string): Row<Identity | undefined> {
  return custom<Identity | undefined>({
    syntax: "USER [[:]GROUP]",
    doc,
    default: undefined,
    read: (site) => {
      const [, user, group] = site.words;
      if (user === undefined) site.tree.missingParameter(site.head, `'${site.head.text}' needs a user`);
      return user && { user, group };
    },
  });
}

/** Seconds with three decimals, never 0. */
function milliseconds(inner: Value<number>): Value<number> {
  const used = (micros: number, why: string) =>
    new Adjusted(micros, `${why}; ${decimal(micros, 6)} is used`, "warning", "invalidNumber");
  return {
    syntax: inner.syntax,
    read: (text) => {
      const read = inner.read(text);
      if (read instanceof Complaint) return read;
      const micros = read instanceof Adjusted ? read.value : read;
      if (micros === 0) return used(SECOND, "must not be 0");
      if (!/\.\d{4}/.test(text)) return micros;
      return used(Math.max(1000, Math.floor(micros / 1000 + 0.5) * 1000), "has more than three decimals");
    },
    write: (micros) => decimal(micros, 6),
  };
}
