/** Waiting for file systems: one that does not answer must hold up neither a start nor a reload. */
import type { Loop } from "../../net/loop.js";

/** Much longer than an answer takes, and well within the limits of core. */
const LIMIT_MICROS = 2_000_000;

/** @returns whether the work is done; when it is not, it goes on by itself */
export function waitPatiently(loop: Loop, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const cancel = loop.at(loop.now() + LIMIT_MICROS, () => resolve(false));
    work.then(() => {
      cancel();
      resolve(true);
    }, reject);
  });
}
