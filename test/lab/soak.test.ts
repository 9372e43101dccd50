/** The short form of the soak test; `npm run test:soak` runs the long one. */
import { labTest } from "./harness/lab-test.js";
import { soak } from "./soak/soak.js";

labTest(
  "a minute of random trouble: at most one reachable holder, one within the deadline",
  ["ours", "debian"],
  (lab, t) => soak(lab, t, 60_000),
);
