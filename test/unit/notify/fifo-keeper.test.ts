/** The FIFOs as files, and their readers: one at a time, also when a reload names another; and what can go wrong. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { FifoSetting } from "../../../src/config/model.js";
import { FifoKeeper } from "../../../src/core/fifo-keeper.js";
import { Accounts } from "../../../src/platform/accounts.js";
import type { RunOutcome, RunRequest } from "../../../src/platform/script-runner.js";

const position = { file: "test", line: 1, column: 1 };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function scene(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "keepalived-keeper-"));
  /** What happens to scripts, in order. */
  const story: string[] = [];
  const said: string[] = [];
  const ends = new Map<string, () => void>();
  const keeper = new FifoKeeper({
    addon: { makeFifo: (path) => void execFileSync("mkfifo", [path]) },
    runner: {
      run({ args: [name = ""] }: RunRequest, done: (outcome: RunOutcome) => void) {
        story.push(`${name} starts`);
        ends.set(name, () => {
          story.push(`${name} ends`);
          done({ timedOut: false, status: 0, stderr: "" });
        });
        return {
          terminate: () => void story.push(`${name} TERM`),
          kill: () => void story.push(`${name} KILL`),
        };
      },
    },
    accounts: () => new Accounts("", ""),
    log: (_level, text) => void said.push(text),
  });
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const setting = (path: string, script?: string): FifoSetting => ({
    path,
    ...(script !== undefined && { script: { args: [script], position } }),
  });
  return { folder, story, said, keeper, setting, end: (name: string) => ends.get(name)?.() };
}

test("a reader whose script a reload changes leaves before the next one begins, and at once", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { folder, story, keeper, setting, end } = scene(t);
  const path = join(folder, "f");
  keeper.take([setting(path, "/a")]);
  await turn();
  keeper.take([setting(path, "/b")]);
  await turn();
  t.mock.timers.tick(0);
  keeper.take([setting(path, "/c")]);
  await turn();
  assert.deepEqual(story, ["/a starts", "/a TERM"]);
  end("/a");
  await turn();
  assert.deepEqual(story.slice(2), ["/a ends", "/c starts"]);
  const ended = keeper.end();
  t.mock.timers.tick(499);
  assert.deepEqual(story.slice(4), [], "at the end of the FIFO it may leave by itself");
  t.mock.timers.tick(1);
  end("/c");
  await ended;
  assert.deepEqual(story.slice(4), ["/c TERM", "/c ends"]);
  assert.equal(existsSync(path), false);
});

test("a reader that even KILL does not end does not keep the daemon from ending", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { folder, story, said, keeper, setting } = scene(t);
  keeper.take([setting(join(folder, "f"), "/a")]);
  await turn();
  const ended = keeper.end();
  t.mock.timers.tick(3000);
  await ended;
  assert.deepEqual(story, ["/a starts", "/a TERM", "/a KILL"]);
  assert.match(said.join(), /its script cannot be killed/);
});

test("a folder that has become something strange is said, and is no reason to end", async (t) => {
  const { folder, said, keeper, setting } = scene(t);
  const inner = join(folder, "inner");
  mkdirSync(inner);
  const path = join(inner, "f");
  keeper.take([setting(path)]);
  renameSync(inner, join(folder, "away"));
  symlinkSync("inner", inner);
  keeper.take([setting(path)]);
  assert.equal(said.length, 1);
  assert.match(said[0] ?? "", /FIFO .*\/inner\/f cannot be used: /);
  await keeper.end();
});
