/** What BFD_CHECK, FILE_CHECK, SMTP_CHECK and MISC_CHECK have of their own: sessions, files, hosts, scripts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { checker, SECURITY, virtualServer } from "./check-texts.js";
import { brief, good, read } from "./fake-files.js";

test("BFD_CHECK follows a session that is defined before it, once", () => {
  const session = "bfd_instance B {\n neighbor_ip 10.0.0.2\n source_ip 10.0.0.1\n}\n";
  const check = "BFD_CHECK {\nname B\nalpha\n}\n";
  assert.deepEqual(checker("bfd", session + virtualServer("", check)), {
    kind: "bfd",
    session: "B",
    alpha: true,
  });
  assert.match(brief(read(virtualServer("", check) + session)).join(), /defined only further down/);
  assert.match(
    brief(read(session + virtualServer("", check + check))).join(),
    /followed by another BFD_CHECK/,
  );
});

test("FILE_CHECK follows a file that is defined before it, with its weight or its own", () => {
  const file = "track_file F {\n file /run/f\n weight 3 reverse\n}\n";
  const check = (lines: string) => virtualServer("", `FILE_CHECK {\ntrack_file F\n${lines}\n}`);
  const found = (lines: string) => checker("file", file + check(lines));
  const base = { kind: "file", trackFile: "F" };
  assert.deepEqual(found(""), { ...base, weight: 3, reverse: true });
  assert.deepEqual(found("weight -2147483647"), { ...base, weight: -2147483647, reverse: false });
  assert.deepEqual(found("weight 2147483647 noreverse"), { ...base, weight: 2147483647, reverse: false });
  assert.deepEqual(found("weight 0 reverse"), { ...base, weight: 0, reverse: true });
  assert.deepEqual(
    good(file + check("")).check.trackFiles.map(({ name, path }) => [name, path]),
    [["F", "/run/f"]],
  );
  assert.deepEqual(good(file + virtualServer()).check.trackFiles, []);
  for (const line of ["weight 2147483648", "weight x", "weight 1 backwards"]) {
    const result = read(file + check(line));
    assert.deepEqual([result.testStatus, result.diagnostics[0]?.at?.line], [5, 13], line);
  }
  assert.match(brief(read(check("") + file)).join(), /defined only further down/);
});

test("the hosts of an SMTP check are checkers of their own, and a note says so", () => {
  const text =
    "SMTP_CHECK {\nretry 4\nhelo_name h\nhost {\nconnect_ip 10.0.0.8\n}\nhost {\nconnect_port 26\nretry 5\n}\n}";
  const result = read(virtualServer("", text));
  assert.equal(result.testStatus, 0);
  const [server] = result.config.check.virtualServers;
  assert.deepEqual(
    server?.realServers[0]?.checkers.map((c) =>
      c.kind === "smtp" ? [c.target.address?.text, c.target.port, c.schedule.retry, c.heloName] : [],
    ),
    [
      ["10.0.0.8", undefined, 4, "h"],
      [undefined, 26, 5, "h"],
    ],
  );
});

test("the script of a check, and who runs it", () => {
  const text = (lines: string) =>
    SECURITY + virtualServer("", `MISC_CHECK {\nmisc_path "/bin/x 'a b' c"\n${lines}\n}`);
  const { script } = checker("misc", text("user nobody nogroup"));
  assert.deepEqual([script.args, script.user, script.group], [["/bin/x", "a b", "c"], "nobody", "nogroup"]);
  assert.equal(checker("misc", text("")).script.user, "root");
  const nobody = read(text("user nosuch"), { userExists: (user) => user !== "nosuch" });
  assert.match(brief(nobody).join(), /there is no user 'nosuch'/);
  assert.equal(nobody.testStatus, 5);
  assert.equal(good(text("")).check.virtualServers[0]?.realServers[0]?.checkers.length, 1);
});
