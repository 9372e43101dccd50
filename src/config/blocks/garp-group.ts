/** Keywords of `garp_group`, the limits of gratuitous ARP and neighbour advertisements of some interfaces. */
import { custom, missingArgument, names, type Row, setting, table } from "../schema.js";
import type { Word } from "../text.js";
import { gap } from "./global-defs-vrrp.js";

export const garpGroup = table("garp_group", {
  garp_interval: setting(gap("0"), "Least gap between gratuitous ARP messages.", {
    unit: "s",
  }),
  gna_interval: setting(gap("0"), "Least gap between unsolicited neighbour advertisements.", {
    unit: "s",
  }),
  interface: oneInterface(),
  interfaces: names("Interfaces that share the limits.", { what: "INTERFACE" }),
});

/** One more interface with each line. */
function oneInterface(): Row<readonly Word[]> {
  return custom<readonly Word[]>(
    {
      syntax: "INTERFACE",
      doc: "An interface that the limits apply to.",
      default: [],
      read: (site, previous) => {
        const word = site.words[1];
        if (word === undefined) return missingArgument(site, "an interface");
        site.tree.noteExtraWords(site, 2);
        return [...(previous?.value ?? []), word];
      },
    },
    { repeat: "accumulates" },
  );
}
