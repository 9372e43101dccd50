/**
 * Typical slips, and what somebody is told who makes them for the first time. Each file of test/data/config/slips holds
 * a configuration, a line of "=====" with the exit status of a test, and the messages. With RECORD_SLIPS=1 in the environment they
 * are written anew: read what changed as a new user would.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { repository } from "../../setup/repository.js";
import { messages, read } from "./fake-files.js";

const folder = join(repository, "test", "data", "config", "slips");
const recording = process.env["RECORD_SLIPS"] === "1";

/** A host with one interface, and one script that nobody may execute. */
const host = {
  interfaceExists: (name: string) => name === "eth0" || name === "lo",
  interfaceNames: () => ["eth0", "lo"],
  userExists: (user: string) => user === "root",
  scriptStatus: (path: string) =>
    path.endsWith("plain-file.sh")
      ? {
          status: "notExecutable" as const,
          reason: `'${path}' (mode 0644, owner 0, group 0) cannot be executed`,
        }
      : ("missing" as const),
};

const names = readdirSync(folder).filter((name) => name.endsWith(".txt"));

for (const name of names) {
  test(`slip: ${name.replace(".txt", "").replaceAll("-", " ")}`, () => {
    const file = join(folder, name);
    const recorded = readFileSync(file, "utf8");
    const [text = ""] = recorded.split(/^===== .*\n/m);
    const result = read(text, host);
    const now = `${text}===== keepalived -t, status ${result.testStatus}\n${messages(result)}\n`;
    if (recording) writeFileSync(file, now);
    else assert.equal(now, recorded);
    assert.notEqual(messages(result), "", "a slip must not go unnoticed");
  });
}

test("the ten slips are there", () => {
  assert.equal(names.length, 10);
});
