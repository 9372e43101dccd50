/** `MISC_CHECK`: a script whose exit status decides. */
import { custom, flag, missingArgument, type Row, setting, table } from "../../schema.js";
import type { Word } from "../../text.js";
import { wholeSeconds } from "../../values/number.js";
import { readScript, type ScriptEntry } from "../../values/script.js";
import { scheduleRows } from "./timing.js";

interface RunAs {
  user: Word;
  group: Word | undefined;
}

export const miscCheck = table("MISC_CHECK", {
  ...scheduleRows,
  misc_path: custom<ScriptEntry | undefined>({
    syntax: "SCRIPT",
    doc: "Command to run; quote it as a whole to pass arguments.",
    default: undefined,
    read: (site) => readScript(site, true),
  }),
  misc_timeout: setting(
    wholeSeconds(0, 4294),
    "Time after which the script has failed; 0 is the virtual server's delay_loop.",
    { default: 0, unit: "s" },
  ),
  misc_dynamic: flag("Exit status 2 to 255 is a success, and sets the weight to the status minus 2."),
  user: runAs(),
});

/** USER [[:]GROUP]. */
function runAs(): Row<RunAs | undefined> {
  return custom<RunAs | undefined>({
    syntax: "USER [[:]GROUP]",
    doc: "Who runs the script; script_user by default.",
    default: undefined,
    read: (site) => {
      const [, user, group] = site.words;
      if (user === undefined) return missingArgument(site, "a user", true);
      return { user, group };
    },
  });
}
