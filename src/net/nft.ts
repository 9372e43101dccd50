/** Runs nft(8) outside the loop. Effects only. */
import { access, constants } from "node:fs/promises";
import type { RunOutcome, ScriptRunner } from "../platform/script-runner.js";

/** Where distributions put it; PATH may not name them. */
const PLACES = ["/usr/sbin/nft", "/sbin/nft", "/usr/local/sbin/nft", "/usr/bin/nft", "/bin/nft"];
/** A transaction of ten thousand addresses takes a tenth of a second. */
const LIMIT_MILLIS = 10_000;

async function findNft(): Promise<string | undefined> {
  for (const place of PLACES) {
    try {
      await access(place, constants.X_OK);
      return place;
    } catch {
      // the next place
    }
  }
  return undefined;
}

/** @param words of the command line after `nft`. @returns in words, why it failed; undefined when it did not. Never rejects. */
export async function runNft(runner: ScriptRunner, words: readonly string[]): Promise<string | undefined> {
  const file = await findNft();
  if (file === undefined) return "nft is not installed";
  const { failure, stderr } = await new Promise<RunOutcome>((resolve) => {
    runner.run({ file, args: ["nft", ...words], timeoutMillis: LIMIT_MILLIS, killOnly: true }, resolve);
  });
  return failure === undefined ? undefined : `nft ${failure}${stderr === "" ? "" : `: ${stderr}`}`;
}
