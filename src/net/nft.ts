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

interface NftFailure {
  reason: string;
  /** Nothing of the transaction was done. Otherwise it was ended, and nobody knows. */
  undone: boolean;
}

/** @param words of the command line after `nft`. @returns undefined when it succeeded. Never rejects. */
export async function runNft(
  runner: ScriptRunner,
  words: readonly string[],
): Promise<NftFailure | undefined> {
  const file = await findNft();
  if (file === undefined) return { reason: "nft is not installed", undone: true };
  const { failure, stderr, status } = await new Promise<RunOutcome>((resolve) => {
    runner.run({ file, args: ["nft", ...words], timeoutMillis: LIMIT_MILLIS, killOnly: true }, resolve);
  });
  if (failure === undefined) return undefined;
  return { reason: `nft ${failure}${stderr === "" ? "" : `: ${stderr}`}`, undone: status > 0 };
}
