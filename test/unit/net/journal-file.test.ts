/** The journal of a running process: whatever was asked for is in the file, by the shortest way. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { JournalFile } from "../../../src/net/journal-file.js";
import { address } from "./settings.js";

/** These addresses of 10.0.0.0/24. */
const entries = (...numbers: number[]) => ({
  addresses: numbers.map((number) => address(`10.0.0.${number}/32`)),
  routes: [],
  rules: [],
});

async function inFolder(use: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "journal-"));
  try {
    await use(join(folder, "vrrp.journal"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The numbers of the addresses in the file, in its order; undefined when there is none. */
async function numbersIn(path: string): Promise<number[] | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  return text?.match(/10\.0\.0\.\d+/g)?.map((found) => Number(found.slice(7)));
}

const inode = async (path: string): Promise<number> => (await stat(path)).ino;

test("any steps, asked for at once: in the end the file holds what it should", async () => {
  const numbers = fc.uniqueArray(fc.nat(9), { maxLength: 4 });
  const step = fc.record({ verb: fc.constantFrom("include" as const, "replace" as const), numbers });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
      await inFolder(async (path) => {
        const file = new JournalFile(path);
        let wanted = new Set<number>();
        const done = steps.map(({ verb, numbers: some }) => {
          wanted = new Set(verb === "include" ? [...wanted, ...some] : some);
          return file[verb](entries(...some));
        });
        await Promise.all(done);
        const sorted = (list: Iterable<number>): number[] => [...list].sort((a, b) => a - b);
        assert.deepEqual(sorted((await numbersIn(path)) ?? []), sorted(wanted));
        if (wanted.size === 0) assert.equal(await numbersIn(path), undefined, "no file for nothing");
      });
    }),
    { numRuns: 30 },
  );
});

test("one more is one line more in the same file; what is in it already is not written again", () =>
  inFolder(async (path) => {
    const file = new JournalFile(path);
    await file.replace(entries(1, 2));
    const before = await inode(path);
    await file.include(entries(2, 3));
    assert.deepEqual(await numbersIn(path), [1, 2, 3]);
    await file.replace(entries(3, 2, 1));
    assert.deepEqual(await numbersIn(path), [1, 2, 3]);
    assert.equal(await inode(path), before);
  }));

test("a file that somebody has removed is written whole", () =>
  inFolder(async (path) => {
    const file = new JournalFile(path);
    await file.replace(entries(1));
    await rm(path);
    await file.include(entries(2));
    assert.deepEqual(await numbersIn(path), [1, 2]);
  }));

test("a step that failed is made good by the next one", () =>
  inFolder(async (path) => {
    const there = join(path, "below");
    const file = new JournalFile(there);
    await assert.rejects(file.replace(entries(1)), /ENOENT/);
    await mkdir(path);
    await file.include(entries(2));
    assert.deepEqual(await numbersIn(there), [1, 2]);
  }));

test("a file that somebody has removed is written again though nothing has changed", () =>
  inFolder(async (path) => {
    const file = new JournalFile(path);
    await file.replace(entries(1, 2));
    await rm(path);
    await file.replace(entries(1, 2));
    assert.deepEqual(await numbersIn(path), [1, 2]);
  }));
