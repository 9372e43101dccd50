/**
 * Tracked files on a real file system: written, replaced, removed, linked; their directory absent, moved, removed, on a
 * file system that tells of no changes or does not answer.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { TrackFileConfig } from "../../../src/config/model.js";
import { loadAddon } from "../../../src/native/load.js";
import { createEventLoop } from "../../../src/platform/event-loop.js";
import { DirectoryWatches } from "../../../src/track/effects/directory-watches.js";
import { FileTrackers } from "../../../src/track/effects/file-trackers.js";

const addon = loadAddon();
const position = { file: "test", line: 1, column: 1 };

/** One tracked file in a folder of its own, and every number that was told of it. */
class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), "track-"));
  readonly told: unknown[] = [];
  readonly log: string[] = [];
  readonly #watches: DirectoryWatches;
  readonly files: FileTrackers;
  #wake = (): void => {};

  constructor(
    t: TestContext,
    readonly path: string = "file",
  ) {
    const write = (text: string): void => {
      this.log.push(text);
      this.#wake();
    };
    const log = { info: write, warning: write, error: write, detail: () => {} };
    const loop = createEventLoop(addon);
    this.#watches = new DirectoryWatches(addon, loop, log);
    this.files = new FileTrackers({
      loop,
      log,
      watches: this.#watches,
      changed: (name) => {
        this.told.push(this.files.get(name)?.value);
        this.#wake();
      },
    });
    t.after(() => {
      this.files.close();
      this.#watches.close();
      rmSync(this.folder, { recursive: true });
    });
  }

  get file(): string {
    return join(this.folder, this.path);
  }
  get value(): unknown {
    return this.files.get("f")?.value;
  }

  take(changes: Partial<TrackFileConfig> = {}): Promise<void> {
    const config = { name: "f", path: this.file, weight: 1, reverse: false, position, ...changes };
    return this.files.setConfigs([config]);
  }

  async becomes(value: number, name = "f"): Promise<void> {
    await this.#until(() => this.files.get(name)?.value === value);
    assert.equal(
      this.files.get(name)?.value,
      value,
      `told ${this.told.join(", ")}; log ${this.log.join(", ")}`,
    );
  }

  async says(words: RegExp): Promise<void> {
    await this.#until(() => words.test(this.log.join("\n")));
    assert.match(this.log.join("\n"), words);
  }

  async #until(done: () => boolean): Promise<void> {
    const limit = setTimeout(() => this.#wake(), 5000);
    const until = performance.now() + 4900;
    while (!done() && performance.now() < until) await new Promise<void>((resolve) => (this.#wake = resolve));
    clearTimeout(limit);
  }
}

test("a file that is missing at the start counts as 0, and that is said once", async (t) => {
  const bench = new Bench(t, "no-such-directory/file");
  await bench.take();
  await bench.take();
  assert.equal(bench.value, 0);
  assert.deepEqual(bench.log, [`Track file f: ${bench.file} is missing; it counts as 0 until it comes`]);
});

test("what is in the file at the start is known when the configuration is taken", async (t) => {
  const bench = new Bench(t);
  writeFileSync(bench.file, "17\n");
  await bench.take();
  assert.equal(bench.value, 17);
});

test("created, written again, replaced by rename, moved away, removed", async (t) => {
  const bench = new Bench(t);
  await bench.take();
  assert.equal(bench.value, 0);
  writeFileSync(bench.file, "5");
  await bench.becomes(5);
  appendFileSync(bench.file, "1");
  await bench.becomes(51);
  writeFileSync(`${bench.file}.new`, "6");
  renameSync(`${bench.file}.new`, bench.file);
  await bench.becomes(6);
  renameSync(bench.file, `${bench.file}.old`);
  await bench.becomes(0);
  renameSync(`${bench.file}.old`, bench.file);
  await bench.becomes(6);
  rmSync(bench.file);
  await bench.becomes(0);
  assert.deepEqual(bench.told, [0, 5, 51, 6, 0, 6, 0]);
});

test("a file that is being written counts when it is closed, not before", async (t) => {
  const bench = new Bench(t);
  writeFileSync(bench.file, "5");
  await bench.take();
  const file = openSync(bench.file, "w");
  writeSync(file, "1");
  // Another file that is read later proves that the events of the unfinished one have been seen.
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(bench.value, 5);
  writeSync(file, "2");
  closeSync(file);
  await bench.becomes(12);
  assert.deepEqual(bench.told, [5, 12]);
});

test("links count at once: hard ones, symbolic ones, and the exchange of what a symbolic one leads to", async (t) => {
  const bench = new Bench(t);
  await bench.take();
  writeFileSync(join(bench.folder, "a"), "3");
  linkSync(join(bench.folder, "a"), bench.file);
  await bench.becomes(3);
  rmSync(bench.file);
  await bench.becomes(0);
  mkdirSync(join(bench.folder, "v1"));
  mkdirSync(join(bench.folder, "v2"));
  writeFileSync(join(bench.folder, "v1", "n"), "11");
  writeFileSync(join(bench.folder, "v2", "n"), "22");
  symlinkSync("v1", join(bench.folder, "current"));
  symlinkSync("current/n", bench.file);
  await bench.becomes(11);
  symlinkSync("v2", join(bench.folder, "next"));
  renameSync(join(bench.folder, "next"), join(bench.folder, "current"));
  await bench.becomes(22);
});

test("a directory that comes later, is moved away, is replaced and is removed", async (t) => {
  const bench = new Bench(t, "a/b/file");
  await bench.take();
  const made = join(bench.folder, "a", "b");
  mkdirSync(made, { recursive: true });
  writeFileSync(bench.file, "4");
  await bench.becomes(4);
  renameSync(made, `${made}.old`);
  await bench.becomes(0);
  mkdirSync(join(bench.folder, "new"));
  writeFileSync(join(bench.folder, "new", "file"), "9");
  renameSync(join(bench.folder, "new"), made);
  await bench.becomes(9);
  rmSync(join(bench.folder, "a"), { recursive: true });
  await bench.becomes(0);
  mkdirSync(made, { recursive: true });
  writeFileSync(bench.file, "8");
  await bench.becomes(8);
});

test("two files of one directory, one of them tracked by way of a symbolic link to it", async (t) => {
  const bench = new Bench(t);
  const link = `${bench.folder}-link`;
  symlinkSync(bench.folder, link);
  t.after(() => rmSync(link));
  const file = (name: string, path: string): TrackFileConfig => ({
    name,
    path,
    weight: 1,
    reverse: false,
    position,
  });
  await bench.files.setConfigs([file("f", bench.file), file("g", join(link, "g"))]);
  writeFileSync(join(bench.folder, "g"), "2");
  writeFileSync(bench.file, "1");
  await bench.becomes(1);
  await bench.becomes(2, "g");
  await bench.files.setConfigs([file("f", bench.file)]);
  writeFileSync(bench.file, "7");
  await bench.becomes(7);
});

test("a number that does not fit changes nothing, and is said", async (t) => {
  const bench = new Bench(t);
  writeFileSync(bench.file, "5");
  await bench.take();
  writeFileSync(bench.file, "99999999999");
  writeFileSync(bench.file, "99999999998");
  await bench.says(/does not fit into 32 bits; 5 counts/);
  assert.equal(bench.value, 5);
});

test("a storm of writes ends with the last number", async (t) => {
  const bench = new Bench(t);
  await bench.take();
  for (let i = 0; i <= 500; i++) writeFileSync(bench.file, String(i));
  await bench.becomes(500);
});

test("init_file: written when missing, over an existing regular file only with overwrite, and never at a reload", async (t) => {
  const bench = new Bench(t);
  await bench.take({ init: { value: 3, overwrite: false } });
  assert.equal(readFileSync(bench.file, "utf8"), "3\n");
  assert.equal(bench.value, 3);
  rmSync(bench.file);
  await bench.becomes(0);
  await bench.take({ init: { value: 3, overwrite: true } });
  assert.equal(bench.value, 0);
  const second = new Bench(t);
  writeFileSync(second.file, "8");
  await second.take({ init: { value: 3, overwrite: false } });
  assert.equal(second.value, 8);
  const third = new Bench(t);
  writeFileSync(third.file, "8");
  await third.take({ init: { value: -3, overwrite: true } });
  assert.equal(third.value, -3);
  const link = new Bench(t);
  writeFileSync(join(link.folder, "victim"), "8");
  symlinkSync("victim", link.file);
  await link.take({ init: { value: 1, overwrite: true } });
  assert.equal(link.value, 8);
  assert.match(link.log.join("\n"), /is no regular file and is not overwritten/);
});

test("/proc tells of no changes: its files are looked at every second", async (t) => {
  const bench = new Bench(t);
  const name = process.title;
  t.after(() => (process.title = name));
  process.title = "7";
  const path = `/proc/${process.pid}/comm`;
  await bench.take({ path });
  assert.equal(bench.value, 7);
  process.title = "8";
  await bench.becomes(8);
  assert.match(
    bench.log.join("\n"),
    /is on proc, which does not tell of changes: it is looked at every second/,
  );
});

const noFuse =
  process.getuid?.() !== 0 || !existsSync("/dev/fuse")
    ? "needs root and /dev/fuse to mount what never answers"
    : false;

test("a file server that does not answer holds nobody up, and other files count", {
  skip: noFuse,
}, async (t) => {
  const bench = new Bench(t);
  const hung = join(bench.folder, "hung");
  mkdirSync(hung);
  // Nobody reads the requests of this file system: every access waits until the descriptor is closed.
  const server = openSync("/dev/fuse", "r+");
  const options = "fd=3,rootmode=40000,user_id=0,group_id=0";
  const mounted = spawnSync("mount", ["-i", "-t", "fuse", "-o", options, "hung", hung], {
    stdio: ["ignore", "ignore", "inherit", server],
    timeout: 5000,
  });
  const release = (): void => {
    spawnSync("umount", ["-l", hung]);
    closeSync(server);
  };
  if (mounted.status !== 0) {
    release();
    return t.skip("the kernel mounts no FUSE here");
  }
  try {
    const file = (name: string, path: string): TrackFileConfig => {
      return { name, path, weight: 1, reverse: false, position };
    };
    writeFileSync(bench.file, "5");
    const from = performance.now();
    await bench.files.setConfigs([file("hung", join(hung, "file")), file("f", bench.file)]);
    const took = performance.now() - from;
    t.diagnostic(`the configuration was taken after ${Math.round(took)} ms`);
    assert.ok(took < 4000, `${took} ms`);
    assert.deepEqual([bench.files.get("hung")?.value, bench.value], [undefined, 5]);
    assert.match(bench.log.join("\n"), /Track file hung: reading .* takes too long/);
  } finally {
    release();
  }
});
