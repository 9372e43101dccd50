/** How mistakes are shown: place, excerpt, carets, hint, and the way through includes and definitions. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest } from "../../../src/config/did-you-mean.js";
import { brief, instance, messages, read, readFiles } from "./fake-files.js";

test("a misspelt keyword is shown with the line, carets and a suggestion", () => {
  const result = read(
    "vrrp_instance V {\n    priorty 150\n interface eth0\n virtual_router_id 1\n virtual_ipaddress { 10.0.0.1 }\n}\n",
  );
  assert.equal(
    messages(result),
    [
      "keepalived.conf:2:5: error: unknown keyword 'priorty'; did you mean 'priority'?",
      "      priorty 150",
      "      ^^^^^^^",
    ].join("\n"),
  );
});

test("all mistakes come in one run, in the order of the text", () => {
  const result = read(instance("priority 0\nadvert_int x\nfoo bar\nnopreemt"));
  assert.deepEqual(
    result.diagnostics.map((d) => `${d.at?.line}:${d.at?.column}`),
    ["4:10", "5:12", "6:1", "7:1"],
  );
});

test("a mistake in an included file names both files", () => {
  const result = readFiles({
    "keepalived.conf": "include conf.d/*.conf\n",
    "conf.d/a.conf": "\n  garbage 1\n",
  });
  assert.equal(
    messages(result),
    [
      "conf.d/a.conf:2:3: error: unknown keyword 'garbage'",
      "    garbage 1",
      "    ^^^^^^^",
      "note: included from keepalived.conf:1",
    ].join("\n"),
  );
});

test("a substituted value is shown where it is used and where it comes from", () => {
  const result = read(`$PRIO=300\n${instance("\tpriority ${PRIO}")}`);
  assert.equal(
    messages(result),
    [
      "keepalived.conf:5:11: error: 'priority' must be a whole number from 1 to 255, not '300'; 100 is used",
      "  \tpriority ${PRIO}",
      "  \t         ^^^^^^^",
      "keepalived.conf:1:7: note: '$PRIO' is defined here",
      "  $PRIO=300",
      "        ^^^",
    ].join("\n"),
  );
});

test("words beside a substitution keep their own place", () => {
  const result = read(`$A=eth1\n${instance("track_interface {\n $A weight 999\n}")}`);
  assert.deepEqual(brief(result), [
    "6:12 error '999' must be a whole number from -254 to 254; the option is ignored",
  ]);
});

test("a line of a multi-line definition is shown in the definition, with its use", () => {
  const result = read(`$M=\\\n  priority 300 \\\n  debug 1\n${instance("$M")}`);
  assert.equal(
    messages(result),
    [
      "keepalived.conf:2:12: error: 'priority' must be a whole number from 1 to 255, not '300'; 100 is used",
      "    priority 300 \\",
      "             ^^^",
      "keepalived.conf:7:1: note: '$M' is used here",
      "  $M",
      "  ^^",
    ].join("\n"),
  );
});

test("a value of a sequence points at the sequence", () => {
  const result = read(instance("~SEQ(P,254,256) priority $P"));
  assert.deepEqual(brief(result), [
    "4:26 error 'priority' must be a whole number from 1 to 255, not '256'; 100 is used",
  ]);
  assert.match(
    messages(result),
    /keepalived.conf:4:1: note: '\$P' is defined here\n {2}~SEQ\(P,254,256\) priority \$P\n {2}\^{15}\n?/,
  );
});

test("columns count characters, not bytes", () => {
  const text = Buffer.from(instance('track_interface {\n "äöü" wieght 1\n}'), "utf8").toString("latin1");
  const result = read(text);
  assert.deepEqual(
    brief(result)[0],
    "5:8 error unknown option 'wieght'; it is ignored; did you mean 'weight'?",
  );
});

test("control characters do not reach the terminal, long lines are cut around the mistake", () => {
  const escape = messages(read("\x1b[31mred\n"));
  assert.ok(!escape.includes("\x1b"));
  const long = messages(
    read(instance(`track_interface {\n eth1 ${"reverse ".repeat(60)}weihgt ${"reverse ".repeat(30)}\n}`)),
  );
  for (const line of long.split("\n")) assert.ok(line.length < 140, line);
  assert.match(long, /\.\.\..*weihgt.*\.\.\.\n +\^{6}\n?/);
});

test("a misspelt block is skipped as a block, without a cascade", () => {
  const result = read(instance("autentication {\n auth_type PASS\n auth_pass x\n}\npriority 5"));
  assert.deepEqual(brief(result), [
    "4:1 error unknown keyword 'autentication'; did you mean 'authentication'?",
  ]);
  assert.equal(result.config.vrrp.instances[0]?.priority, 5);
});

test("a keyword in the wrong block is told where it belongs", () => {
  assert.deepEqual(brief(read("virtual_router_id 5\n")), [
    "1:1 error unknown keyword 'virtual_router_id'; it belongs in 'vrrp_instance'",
  ]);
});

test("words that every object has are no keywords", () => {
  assert.deepEqual(brief(read("constructor\n__proto__ x\ntoString {\n}\n")), [
    "1:1 error unknown keyword 'constructor'",
    "2:1 error unknown keyword '__proto__'",
    "3:1 error unknown keyword 'toString'",
  ]);
});

test("a missing } is found at the next block of the root", () => {
  const text = `vrrp_instance A {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress { 10.0.0.9 }\n${instance("")}`;
  const result = read(text);
  assert.deepEqual(brief(result), [
    "5:1 error a '}' is missing before 'vrrp_instance': 'vrrp_instance' is still open",
  ]);
  assert.equal(result.config.vrrp.instances.length, 2);
});

test("a missing } of a list of addresses is found at the next keyword", () => {
  const result = read(
    "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 10.0.0.9\n priority 7\n}\n",
  );
  assert.deepEqual(brief(result), [
    "6:2 error a '}' is missing before 'priority': 'virtual_ipaddress' is still open",
  ]);
  assert.equal(result.config.vrrp.instances[0]?.priority, 7);
});

test("a missing } at the end points at the block", () => {
  assert.deepEqual(brief(read(instance("").slice(0, -2))), [
    "1:1 error 'vrrp_instance V' is never closed: a '}' is missing",
  ]);
});

test("braces too many, too few, and where none belongs", () => {
  assert.deepEqual(brief(read("}\n")), ["1:1 error this '}' closes nothing"]);
  assert.deepEqual(brief(read("global_defs\n router_id x\n}\n")), [
    "1:1 error 'global_defs' needs a '{' after it",
  ]);
  assert.deepEqual(brief(read(instance("priority 5 {\n state BACKUP\n}"))), [
    "4:12 error no '{' is expected here; everything up to its '}' is skipped",
  ]);
});

test("a hundred thousand braces are one clear error", () => {
  const result = read(`SSL {\n${"{".repeat(1000)}\n`.replace("{\n", `${"{\n".repeat(100_000)}`));
  assert.ok(brief(result).some((line) => line.endsWith("blocks are nested more than 100 deep")));
});

test("a missing argument ends a test with status 2 and forbids a start", () => {
  const result = read(instance("priority"));
  assert.deepEqual(brief(result), ["4:1 error 'priority' needs <1-255>"]);
  assert.deepEqual([result.testStatus, result.usable, result.exitStatus], [2, false, 2]);
});

test("words too many are mentioned and do not count", () => {
  const result = read(instance("state BACKUP\nnopreempt no\npriority 5 6"));
  assert.equal(result.testStatus, 0);
  assert.deepEqual(brief(result), [
    "5:11 note 'nopreempt' takes no argument: 'no' is ignored",
    "6:12 note '6' is ignored: 'priority' takes one argument",
  ]);
});

test("thousands of mistakes are cut off", () => {
  const result = read("x\n".repeat(5000));
  assert.equal(result.diagnostics.length, 1001);
  assert.equal(result.diagnostics.at(-1)?.message, "4000 more problems are not shown");
});

test("a suggestion needs a near word", () => {
  assert.equal(nearest("priorty", ["priority", "state"]), "priority");
  assert.equal(nearest("PRIORITY", ["priority"]), "priority");
  assert.equal(nearest("intreface", ["interface"]), "interface");
  assert.equal(nearest("completely", ["priority", "state"]), undefined);
});
