/** Names of tables and their like, from files as iproute2 has them. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { RoutingNames } from "../../../src/platform/routing-names.js";

test("the first directory that knows a name counts; what packages add is known too", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "names-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [etc, usr] = [join(folder, "etc"), join(folder, "usr")];
  mkdirSync(join(etc, "rt_tables.d"), { recursive: true });
  mkdirSync(usr);
  writeFileSync(join(etc, "rt_tables"), "# reserved\n255\tlocal\n 0x4d blue # a comment\nnonsense\n#7 no\n");
  writeFileSync(join(etc, "rt_tables.d", "green.conf"), "78 green\n");
  writeFileSync(join(etc, "rt_tables.d", "red.txt"), "79 red\n");
  writeFileSync(join(usr, "rt_tables"), "1 blue\n80 white\n");
  writeFileSync(join(usr, "rt_realms"), "9 cosmos\n");
  const names = new RoutingNames();
  const table = (name: string) => names.number("table", name, [etc, usr]);
  assert.deepEqual(["blue", "green", "white", "local"].map(table), [77, 78, 80, 255]);
  assert.deepEqual(["red", "no", "7", "nonsense"].map(table), [undefined, undefined, undefined, undefined]);
  assert.equal(names.number("realm", "cosmos", [etc, usr]), 9);
  assert.equal(names.number("realm", "cosmos", [etc]), undefined);
});
