/** A process that is not root: runs a script as itself, then as root. Prints one line of JSON per run. */
import { loadAddon } from "../../../src/native/load.js";
import { ownIdentity } from "../../../src/platform/accounts.js";
import { type RunOutcome, ScriptRunner } from "../../../src/platform/script-runner.js";

const [script = ""] = process.argv.slice(2);
const runner = new ScriptRunner(loadAddon());
for (const identity of [ownIdentity(), { uid: 0, gid: 0 }]) {
  const outcome = await new Promise<RunOutcome>((done) => runner.run({ args: [script], identity }, done));
  console.log(JSON.stringify(outcome));
}
