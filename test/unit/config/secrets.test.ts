/** Secrets are masked in messages, excerpts, notes and in the dump for the log. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hideSecrets } from "../../../src/config/dump.js";
import { formatDiagnostic } from "../../../src/config/read-config.js";
import { read } from "./fake-files.js";

const shown = (text: string): string => read(text).diagnostics.map(formatDiagnostic).join("\n");

for (const [name, text, secret, kept] of [
  [
    "a password that is too long",
    "vrrp_instance A {\ninterface eth0\nvirtual_router_id 5\nauthentication {\nauth_pass supersecret\nauth_type PASS\n}\n}\n",
    "supersecret",
    "auth_pass",
  ],
  ["a bad key", "vrrp_instance A {\nauth_hmac {\nkey 1 hex:00ff0\n}\n}\n", "00ff0", "key 1"],
  ["a key without number", "vrrp_instance A {\nauth_hmac {\nkey mysecret\n}\n}\n", "mysecret", "'key' needs"],
  ["a misspelt keyword", "global_defs {\nsmtp_pasword s3cret\n}\n", "s3cret", "smtp_pasword"],
  [
    "a definition",
    "$X=supersecret\nvrrp_instance A {\ninterface eth0\nvirtual_router_id 5\nauthentication {\nauth_pass $X\nauth_type PASS\n}\n}\n",
    "supersecret",
    "auth_pass",
  ],
] as const) {
  test(`${name} does not show the secret`, () => {
    const text_ = shown(text);
    assert.ok(!text_.includes(secret), text_);
    assert.ok(text_.includes(kept), text_);
  });
}

test("the dump for the log hides every secret", () => {
  const dump = "auth_pass a1\n    key 1 hex:00\nsmtp_password b2\npassword c3\nrouter_id r1\n";
  assert.equal(
    hideSecrets(dump),
    "auth_pass ********\n    key 1 ********\nsmtp_password ********\npassword ********\nrouter_id r1\n",
  );
});

test("a thousand remarks do not hide the one error", () => {
  const text = `vrrp_instance A {\n${"priority 9 9\n".repeat(1200)}prioritty 5\n}\n`;
  assert.match(shown(text), /unknown keyword 'prioritty'/);
});

test("an include that is passed over is no error, but a running daemon does not take it", () => {
  const result = read("include nosuch.conf\nglobal_defs {\n}\n");
  assert.equal(result.testStatus, 0);
  assert.equal(result.usable, true);
  assert.equal(result.reloadable, false);
});

test("a byte order mark is no part of the first keyword", () => {
  assert.deepEqual(read("\xef\xbb\xbfglobal_defs {\n}\n").diagnostics, []);
});
