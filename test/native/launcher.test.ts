/** The command as a program: which Node.js it becomes, with which options and under which name. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { repository } from "../setup/repository.js";

const folder = mkdtempSync(join(tmpdir(), "keepalived-launcher-"));
after(() => rmSync(folder, { recursive: true }));
const command = join(folder, "keepalived");
copyFileSync(join(repository, "dist", "keepalived"), command);
writeFileSync(
  join(folder, "keepalived.js"),
  "console.log(JSON.stringify([process.argv0, process.execArgv, process.argv.slice(2), process.argv[1]]));",
);

/** What the program behind the command sees. */
function seen(words: string[] = [], how: { program?: string; path?: string } = {}): unknown {
  const { stdout, stderr } = spawnSync(how.program ?? command, words, {
    encoding: "utf8",
    env: { PATH: how.path ?? dirname(process.execPath) },
  });
  assert.equal(stderr, "");
  return JSON.parse(stdout);
}

/** Options that are said to be for a Node.js of this size and time. @returns the content of their file */
function writeFlags({ size, mtimeMs }: { size: number; mtimeMs: number }, ...flags: string[]): string {
  const options = flags.map((flag) => `${flag}\n`).join("");
  const sum = Buffer.from(options).reduce(
    (sum, byte) => Math.imul(sum ^ byte, 16_777_619) >>> 0,
    2_166_136_261,
  );
  const content = `${size} ${Math.floor(mtimeMs / 1000)} ${sum}\n${options}`;
  writeFileSync(join(folder, "keepalived.flags"), content);
  return content;
}

const node = statSync(process.execPath);
const script = join(folder, "keepalived.js");

test("words reach the program as they are, with the options of the build before them", () => {
  writeFlags(node, "--v8-pool-size=1", "--max-semi-space-size=2");
  const flags = ["--v8-pool-size=1", "--max-semi-space-size=2"];
  assert.deepEqual(seen([]), [command, flags, [], script]);
  assert.deepEqual(seen(["-t", "--", "a b", ""]), [command, flags, ["-t", "--", "a b", ""], script]);
});

test("another Node.js than that of the build gets no options: it might not know them", () => {
  for (const other of [
    { ...node, size: node.size + 1, mtimeMs: node.mtimeMs },
    { size: node.size, mtimeMs: node.mtimeMs - 1000 },
  ]) {
    writeFlags(other, "--no-such-option");
    assert.deepEqual(seen(["-t"]), [command, [], ["-t"], script]);
  }
  rmSync(join(folder, "keepalived.flags"));
  assert.deepEqual(seen(["-t"]), [command, [], ["-t"], script]);
});

test("a damaged file of options is as good as none; of too many the first are taken", () => {
  const whole = writeFlags(node, "--v8-pool-size=1", "--max-semi-space-size=2");
  const shortened = Array.from({ length: whole.length }, (_, length) => whole.slice(0, length));
  const changed = [whole.replace("--v8", "--w8"), whole.replace("size=2", "size=3"), `${whole}/etc/passwd\n`];
  const rubbish = ["\n\n", "rubbish", `${node.size}`, "x".repeat(10_000), whole.replace("\n", "\0")];
  for (const text of [...shortened, ...changed, ...rubbish]) {
    writeFileSync(join(folder, "keepalived.flags"), text);
    assert.deepEqual(seen(["-t"]), [command, [], ["-t"], script]);
  }
  writeFlags(node, ...Array.from({ length: 40 }, () => "--no-warnings"));
  assert.deepEqual(seen(["-t"]), [
    command,
    Array.from({ length: 16 }, () => "--no-warnings"),
    ["-t"],
    script,
  ]);
});

test("a link to it finds the rest beside the program, and gives it its name", () => {
  writeFlags(node);
  const elsewhere = mkdtempSync(join(tmpdir(), "keepalived-link-"));
  const link = join(elsewhere, "other-name");
  symlinkSync(command, link);
  assert.deepEqual(seen(["-s"], { program: link }), [link, [], ["-s"], script]);
  rmSync(elsewhere, { recursive: true });
});

test("called genhash it says so in a word, as a 'node' that is a script keeps no name", () => {
  writeFlags(node, "--v8-pool-size=1");
  const elsewhere = mkdtempSync(join(tmpdir(), "keepalived-link-"));
  const link = join(elsewhere, "genhash");
  symlinkSync(command, link);
  const flags = ["--v8-pool-size=1"];
  assert.deepEqual(seen(["-s", "x"], { program: link }), [link, flags, ["-T", "-s", "x"], script]);
  writeFileSync(join(elsewhere, "node"), `#!/bin/sh\nexec ${process.execPath} "$@"\n`, { mode: 0o755 });
  const [, ...rest] = seen(["-s"], { program: link, path: elsewhere }) as unknown[];
  assert.deepEqual(rest, [[], ["-T", "-s"], script]);
  rmSync(elsewhere, { recursive: true });
});

test("a 'node' that is a link to a program of many names hears its own name", () => {
  writeFlags(node);
  const elsewhere = mkdtempSync(join(tmpdir(), "keepalived-shim-"));
  copyFileSync(process.execPath, join(elsewhere, "nodejs-20"));
  symlinkSync("nodejs-20", join(elsewhere, "node"));
  assert.deepEqual(seen([], { path: elsewhere }), [command, [], [], script]);
  rmSync(join(elsewhere, "node"));
  renameSync(join(elsewhere, "nodejs-20"), join(elsewhere, "shim"));
  symlinkSync("shim", join(elsewhere, "node"));
  assert.deepEqual(seen([], { path: elsewhere }), [join(elsewhere, "node"), [], [], script]);
  rmSync(elsewhere, { recursive: true });
});

test("a copy of it alone says what is wrong", () => {
  const elsewhere = mkdtempSync(join(tmpdir(), "keepalived-copy-"));
  copyFileSync(command, join(elsewhere, "keepalived"));
  const { status, stderr } = spawnSync(join(elsewhere, "keepalived"), ["-t"], { encoding: "utf8" });
  assert.equal(status, 1);
  assert.match(stderr, /\/keepalived\.js: No such file or directory\. .* use a link, not a copy\n$/);
  rmSync(elsewhere, { recursive: true });
});

test("without /proc it finds the rest too, by its path or by PATH", () => {
  writeFlags(node);
  for (const name of [command, "./keepalived", "keepalived"]) {
    const { stdout, stderr } = spawnSync(
      "unshare",
      ["--mount", "sh", "-c", `umount -l /proc && exec "$0"`, name],
      {
        encoding: "utf8",
        cwd: folder,
        // First ours: another one may be installed.
        env: { PATH: `${folder}:${dirname(process.execPath)}:/usr/bin:/bin` },
      },
    );
    assert.equal(stderr, "");
    assert.match(stdout, /keepalived\.js"\]\n$/);
  }
});

test("it is hardened as distributions ask for: position-independent, bound at load, stack protected", () => {
  const read = (option: string): string =>
    spawnSync("readelf", ["--wide", option, command], { encoding: "utf8" }).stdout;
  assert.match(read("--dynamic"), /FLAGS_1\).* NOW PIE/);
  assert.match(read("--segments"), /GNU_RELRO/);
  assert.match(read("--dyn-syms"), /__stack_chk_fail/);
});

test("node is the first program of that name in PATH, and never one of the current folder", () => {
  const decoy = join(folder, "decoy");
  rmSync(decoy, { recursive: true, force: true });
  spawnSync("mkdir", ["-p", join(decoy, "node")]); // a folder is no program
  const notExecutable = join(folder, "plain");
  spawnSync("mkdir", ["-p", notExecutable]);
  writeFileSync(join(notExecutable, "node"), "#!/bin/sh\necho wrong\n");
  const path = ["", decoy, notExecutable, "/nonexistent", "", dirname(process.execPath)].join(":");
  const { stdout } = spawnSync(command, [], { encoding: "utf8", env: { PATH: path }, cwd: notExecutable });
  assert.match(stdout, /keepalived\.js/);
  chmodSync(join(notExecutable, "node"), 0o755);
  const none = spawnSync(command, [], { encoding: "utf8", env: { PATH: "::" }, cwd: notExecutable });
  assert.deepEqual([none.status, none.stdout], [1, ""]);
  assert.match(none.stderr, /there is no 'node' in PATH/);
});

test("the command runs with what the build wrote", () => {
  const [first = "", ...flags] = readFileSync(join(repository, "dist", "keepalived.flags"), "utf8").split(
    "\n",
  );
  assert.match(first, /^\d+ \d+ \d+$/);
  assert.ok(flags.includes("--v8-pool-size=1"));
  const { status, stderr } = spawnSync(join(repository, "dist", "keepalived"), ["--version"], {
    encoding: "utf8",
    env: { PATH: dirname(process.execPath) },
  });
  assert.equal(status, 0, stderr);
  assert.match(stderr, /^Keepalived v/);
  // The sum of the build is that of the launcher.
  copyFileSync(join(repository, "dist", "keepalived.flags"), join(folder, "keepalived.flags"));
  const [size, seconds] = first.split(" ", 2).map(Number);
  const isSame = size === node.size && seconds === Math.floor(node.mtimeMs / 1000);
  assert.deepEqual(seen(), [command, isSame ? flags.slice(0, -1) : [], [], script]);
});
