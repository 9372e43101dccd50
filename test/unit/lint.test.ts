/** The lint rules refuse what the architecture forbids: imports upwards, the world in pure files, any. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ESLint } from "eslint";
import { repository } from "../setup/repository.js";

const eslint = new ESLint({ cwd: repository });

/** @returns the names of the rules that `code` breaks as a file of `room`. */
async function broken(room: string, code: string): Promise<string[]> {
  const results = await eslint.lintText(code, { filePath: `src/${room}/lint-sample.ts` });
  return results.flatMap((result) => result.messages.map((message) => message.ruleId ?? message.message));
}

const refused: [name: string, room: string, code: string, rule: string][] = [
  ["an import upwards", "net", `export * from "../vrrp/events.js";`, "project/import-order"],
  ["an import upwards of a type", "config", `export type * from "../core/x.js";`, "project/import-order"],
  [
    "an import upwards by import()",
    "net",
    `export const x = import("../core/x.js");`,
    "project/import-order",
  ],
  ["an import of a neighbour", "vrrp", `export type * from "../check/schedule.js";`, "project/import-order"],
  ["node:fs in a pure file", "config", `export { readFileSync } from "node:fs";`, "project/pure-imports"],
  ["fs without prefix in a pure file", "vrrp", `export { readFileSync } from "fs";`, "project/pure-imports"],
  [
    "the addon in a pure file",
    "vrrp",
    `export { loadAddon } from "../native/load.js";`,
    "project/pure-imports",
  ],
  [
    "the random bytes of node:crypto in a pure file",
    "vrrp/auth",
    `import { createHmac, randomBytes } from "node:crypto";\nexport const x = [createHmac, randomBytes];`,
    "project/pure-imports",
  ],
  [
    "all of node:crypto in a pure file",
    "vrrp/auth",
    `import * as crypto from "node:crypto";\nexport const x = crypto;`,
    "project/pure-imports",
  ],
  [
    "a digest outside the authentication",
    "vrrp",
    `import { createHmac } from "node:crypto";\nexport const x = createHmac;`,
    "project/pure-imports",
  ],
  ["an impure neighbour in a pure file", "vrrp", `export * from "./runtime.js";`, "project/pure-imports"],
  ["Date in a pure file", "vrrp", `export const now = Date.now();`, "no-restricted-syntax"],
  ["new Date() in a pure file", "vrrp", `export const now = new Date();`, "no-restricted-syntax"],
  ["setTimeout in a pure file", "bfd", `setTimeout(() => 1, 1);`, "no-restricted-globals"],
  ["process in a pure file", "netlink", `export const x = process.pid;`, "no-restricted-globals"],
  ["console in a pure file", "config", `console.log("x");`, "no-restricted-globals"],
  ["chance in a pure file", "vrrp", `export const x = Math.random();`, "no-restricted-properties"],
  ["any", "core", `export const x: any = 1;`, "@typescript-eslint/no-explicit-any"],
  ["a forgotten promise", "core", `async function f() {}\nf();`, "@typescript-eslint/no-floating-promises"],
  [
    "a non-null assertion",
    "core",
    `export const x = ["a"].at(0)!;`,
    "@typescript-eslint/no-non-null-assertion",
  ],
  [
    "a switch that forgets a case",
    "core",
    `export function f(x: "a" | "b") { switch (x) { case "a": return 1; } return 2; }`,
    "@typescript-eslint/switch-exhaustiveness-check",
  ],
  ["a file with two subjects", "core", `export {};\n${"// line\n".repeat(500)}`, "max-lines"],
];

for (const [name, room, code, rule] of refused) {
  test(`lint refuses ${name} in src/${room}`, async () => {
    const rules = await broken(room, code);
    assert.ok(rules.includes(rule), `reported: ${rules.join(", ") || "nothing"}`);
  });
}

const accepted: [name: string, room: string, code: string][] = [
  ["an import downwards", "core", `export type * from "../native/addon.js";`],
  ["the types of the addon in a pure file", "vrrp", `export type { Addon } from "../native/addon.js";`],
  ["the clock outside the pure files", "core", `export const now = Date.now();`],
  ["a date of an argument in a pure file", "vrrp", `export const day = (ms: number) => new Date(ms);`],
  [
    "a digest in the authentication of VRRP",
    "vrrp/auth",
    `import { createHmac } from "node:crypto";\nexport const x = createHmac;`,
  ],
  ["a pure file in a pure file", "vrrp", `export * from "../config/model.js";`],
];

for (const [name, room, code] of accepted) {
  test(`lint accepts ${name} in src/${room}`, async () => {
    const own = (await broken(room, code)).filter((rule) => /^(project|no-restricted)/.test(rule));
    assert.deepEqual(own, []);
  });
}
