/** Five minutes of random trouble, with the growth of memory judged. */
import { labTest } from "./harness/lab-test.js";
import { soak } from "./soak/soak.js";

const MINUTES = 5;

labTest(
  "five minutes of random trouble: at most one reachable holder, one within the deadline, memory flat",
  ["ours", "debian"],
  (lab, t) => soak(lab, t, MINUTES * 60_000),
  (MINUTES + 2) * 60_000,
);
