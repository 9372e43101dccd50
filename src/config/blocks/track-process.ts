/** Keywords of `vrrp_track_process`. */
import { decodeBytes } from "../text.js";
import { custom, flag, missingArgument, type Row, setting, table } from "../schema.js";
import { oneOf } from "../values/name.js";
import { integer, seconds } from "../values/number.js";
import { processWeight } from "./tracking.js";
import { weightRow } from "./weight.js";

const delay = seconds("0.000001", "3600");

export const vrrpTrackProcess = table("vrrp_track_process", {
  process: processRow(),
  param_match: setting(
    oneOf("initial", "partial", "exact"),
    "How parameters are compared: the same list, the first ones, or the first ones of which the last need only begin alike.",
    { alone: "exact" },
  ),
  weight: weightRow(processWeight, "Default weight; 0 means fault when the quorum is lost.", {
    default: 0,
    once: true,
    lenient: true,
  }),
  quorum: quorumRow("Least number of such processes.", 1),
  quorum_max: quorumRow("Greatest number of such processes; 0 means that none may run.", 0),
  delay: setting(delay, "Sets fork_delay and terminate_delay.", { unit: "s" }),
  terminate_delay: setting(delay, "Wait before a lost quorum counts.", { unit: "s" }),
  fork_delay: setting(delay, "Wait before a gained quorum counts.", { unit: "s" }),
  full_command: flag("Compare with the command line, not with the short name."),
});

/** NAME [PARAM...]. */
function processRow(): Row<readonly string[] | undefined> {
  return custom<readonly string[] | undefined>(
    {
      syntax: "COMMAND [PARAM ...]",
      doc: "Process to look for; with parameters its whole command line is compared.",
      default: undefined,
      read: (site, previous) => {
        if (site.words.length < 2) return missingArgument(site, "the name of a process");
        if (previous === undefined) return site.words.slice(1).map((word) => decodeBytes(word.text));
        site.tree.alreadySet(site, previous.head);
        return undefined;
      },
    },
    { repeat: "first wins" },
  );
}

function quorumRow(doc: string, least: number): Row<number | undefined> {
  return setting(integer(least, 65535), doc, { unit: "processes" });
}
