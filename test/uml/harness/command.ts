/** npm run uml -- COMMAND [ARGUMENT...]: one command in a guest, from the top of the repository; its status is ours. */
import { missingKernel, runInGuest } from "./guest.js";

const command = process.argv.slice(2);
const obstacle = command.length === 0 ? "usage: npm run uml -- COMMAND [ARGUMENT...]" : missingKernel();
if (obstacle !== undefined) {
  console.error(obstacle);
  process.exit(125);
}
const limitS = Number(process.env["UML_LIMIT_S"] ?? 600);
const { status, console: words } = await runInGuest({
  command,
  limitS,
  live: (text) => process.stdout.write(text),
});
if (status === undefined) console.error(`the guest ended without a result:\n${words}`);
process.exit(status ?? 125);
