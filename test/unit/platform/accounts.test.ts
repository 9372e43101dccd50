/** Names of users and groups to numbers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Accounts } from "../../../src/platform/accounts.js";

const accounts = new Accounts(
  "root:x:0:0:root:/root:/bin/sh\nscript:x:1001:1002::/:/bin/false\n",
  "root:x:0:\nadm:x:4:script\n",
);

test("the login group unless another is named", () => {
  assert.deepEqual(accounts.identity("script"), { uid: 1001, gid: 1002 });
  assert.deepEqual(accounts.identity("script", "adm"), { uid: 1001, gid: 4 });
});

test("an unknown user or group has no identity", () => {
  assert.equal(accounts.identity("nobody-here"), undefined);
  assert.equal(accounts.identity("script", "nogroup-here"), undefined);
});

test("an account is resolved as a script names it, with the user's other groups when it asks for them", () => {
  const own = { uid: 7, gid: 7 };
  assert.equal(accounts.resolve({}, own), own);
  assert.deepEqual(accounts.resolve({ user: "script" }, own), { uid: 1001, gid: 1002 });
  assert.deepEqual(accounts.resolve({ user: "script", supplementaryGroups: true }, own), {
    uid: 1001,
    gid: 1002,
    groups: [1002, 4],
  });
  assert.equal(accounts.resolve({ user: "script", group: "nogroup-here" }, own), undefined);
});

test("a line without a number makes nobody root, nor a member of root's group", () => {
  const damaged = new Accounts(
    "empty:x::100::/:/bin/sh\nblank:x: :100::/:/bin/sh\nhex:x:0x0:100::/:/bin/sh\nsame:x:4294967295:100::/:/bin/sh\nfine:x:7:8::/:/bin/sh\n",
    "open:x::fine\nkeep:x:4294967295:fine\nadm:x:4:fine\n",
  );
  for (const name of ["empty", "blank", "hex", "same"]) assert.equal(damaged.identity(name), undefined, name);
  assert.equal(damaged.identity("fine", "open"), undefined);
  assert.deepEqual(damaged.resolve({ user: "fine", supplementaryGroups: true }, undefined), {
    uid: 7,
    gid: 8,
    groups: [8, 4],
  });
});
