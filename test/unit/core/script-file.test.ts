/** Which scripts may run, and which would let somebody else act as root. Ownership can only be set up by root. */
import assert from "node:assert/strict";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import type { Identity } from "../../../src/platform/accounts.js";
import { examineScript } from "../../../src/platform/script-file.js";

const folder = mkdtempSync(join(tmpdir(), "keepalived-scripts-"));
after(() => rmSync(folder, { recursive: true }));
chmodSync(folder, 0o755);
const skip = process.getuid?.() === 0 ? false : "needs root to set owners";
const ROOT = { uid: 0, gid: 0 };
const USER = { uid: 1234, gid: 1234 };

function scriptStatus(name: string, user: Identity, path: string | undefined): string {
  return examineScript(name, user, path).status;
}

function script(name: string, mode: number): string {
  const path = join(folder, name);
  writeFileSync(path, "#!/bin/sh\n");
  chmodSync(path, mode);
  return path;
}

test("a script of root's own is fine, and found by its name in PATH", { skip }, () => {
  const path = script("good", 0o755);
  assert.equal(scriptStatus(path, ROOT, undefined), "ok");
  assert.equal(scriptStatus("good", ROOT, `/nowhere:${folder}`), "ok");
  assert.equal(scriptStatus("good", ROOT, "/nowhere"), "missing");
});

test("what is not there or cannot be executed by its user is told apart", { skip }, () => {
  assert.equal(scriptStatus(join(folder, "nothing"), ROOT, undefined), "missing");
  assert.equal(scriptStatus(script("plain", 0o644), ROOT, undefined), "notExecutable");
  assert.equal(scriptStatus(script("roots-only", 0o700), USER, undefined), "notExecutable");
  assert.equal(scriptStatus(folder, ROOT, undefined), "notExecutable");
  const theirs = script("theirs", 0o100);
  chownSync(theirs, USER.uid, 0);
  assert.equal(scriptStatus(theirs, USER, undefined), "ok");
  assert.equal(scriptStatus(theirs, { uid: 99, gid: 99 }, undefined), "notExecutable");
});

test("root must not run what others may change", { skip }, () => {
  assert.equal(scriptStatus(script("open", 0o777), ROOT, undefined), "insecure");
  assert.equal(
    scriptStatus(join(folder, "open"), USER, undefined),
    "ok",
    "as that user it is their own affair",
  );
  const group = script("group", 0o775);
  assert.equal(scriptStatus(group, ROOT, undefined), "ok", "root's group is root");
  chownSync(group, 0, USER.gid);
  assert.equal(scriptStatus(group, ROOT, undefined), "insecure");
  const foreign = script("foreign", 0o755);
  chownSync(foreign, USER.uid, 0);
  assert.equal(scriptStatus(foreign, ROOT, undefined), "insecure");
});

test("nor what lies in a folder that others may change, unless it is sticky", { skip }, () => {
  const open = join(folder, "open-folder");
  mkdirSync(open);
  writeFileSync(join(open, "x"), "#!/bin/sh\n");
  chmodSync(join(open, "x"), 0o755);
  chmodSync(open, 0o777);
  assert.equal(scriptStatus(join(open, "x"), ROOT, undefined), "insecure");
  chmodSync(open, 0o1777);
  assert.equal(scriptStatus(join(open, "x"), ROOT, undefined), "ok");
});

test("links are followed, and both ways to the script count", { skip }, () => {
  const good = script("target", 0o755);
  const bad = join(folder, "bad-folder");
  mkdirSync(bad);
  symlinkSync(good, join(bad, "link"));
  assert.equal(scriptStatus(join(bad, "link"), ROOT, undefined), "ok");
  chmodSync(bad, 0o777);
  assert.equal(scriptStatus(join(bad, "link"), ROOT, undefined), "insecure");
  symlinkSync(join(folder, "gone"), join(folder, "dangling"));
  assert.equal(scriptStatus(join(folder, "dangling"), ROOT, undefined), "missing");
});

test("a link that leads to a link counts with the folder in between", { skip }, () => {
  const good = script("far-target", 0o755);
  const between = join(folder, "between");
  mkdirSync(between);
  symlinkSync(good, join(between, "second"));
  symlinkSync("between/second", join(folder, "first"));
  symlinkSync("between/", join(folder, "way"));
  symlinkSync("way/../between/second", join(folder, "crooked"));
  const ways = [join(folder, "first"), join(folder, "way", "second"), join(folder, "crooked")];
  for (const way of ways) assert.equal(scriptStatus(way, ROOT, undefined), "ok", way);
  chmodSync(between, 0o777);
  for (const way of ways) {
    const { status, reason = "" } = examineScript(way, ROOT, undefined);
    assert.equal(status, "insecure", way);
    assert.ok(reason.startsWith(`'${between}' (mode 0777,`), reason);
  }
});

test("the finding names the very component that is unsafe, its mode and owner, and what would be run", {
  skip,
}, () => {
  const open = join(folder, "named");
  mkdirSync(open);
  writeFileSync(join(open, "x"), "#!/bin/sh\n");
  chmodSync(join(open, "x"), 0o755);
  chmodSync(open, 0o777);
  symlinkSync(join(open, "x"), join(folder, "to-named"));
  const finding = examineScript(join(folder, "to-named"), ROOT, undefined);
  assert.deepEqual(finding, {
    status: "insecure",
    file: join(open, "x"),
    reason: `'${open}' (mode 0777, owner 0, group 0) can be written by everybody`,
  });
  chmodSync(open, 0o770);
  chownSync(open, 0, USER.gid);
  assert.match(
    examineScript(join(open, "x"), ROOT, undefined).reason ?? "",
    /named' \(mode 0770, owner 0, group 1234\) can be written by its group/,
  );
  assert.match(
    examineScript(join(open, "x"), { uid: 77, gid: 77 }, undefined).reason ?? "",
    /named' .* cannot be searched/,
  );
  assert.equal(scriptStatus(join(open, "x"), { uid: 77, gid: 77, groups: [USER.gid] }, undefined), "ok");
});

test("set-id programs of root are root's, whoever starts them", { skip }, () => {
  assert.equal(scriptStatus(script("setuid", 0o4777), USER, undefined), "insecure");
});
