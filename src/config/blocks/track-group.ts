/** Keywords of `track_group`, the instances that fail when a static address, route or rule is lost. */
import { names, table } from "../schema.js";

export const trackGroup = table("track_group", {
  group: names("Instances that go to fault when something of the group is lost.", {
    what: "INSTANCE",
    repeat: "first wins",
  }),
});
