/** What would take for ever, or is no file at all: real files in a folder of the test's own, each with a clear answer. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { formatDiagnostic, readConfig } from "../../../src/config/read-config.js";
import { fileReader } from "../../../src/platform/config-files.js";

const LIMIT_MS = 1000;
const folder = mkdtempSync(join(tmpdir(), "kalab-limits-"));
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Reads a file of the folder. */
function readFile(name: string): { status: number; text: string; tookMs: number } {
  const options = { path: join(folder, name), configId: "main", includeAll: false, hostName: "host1" };
  const before = process.cpuUsage();
  const { diagnostics, testStatus } = readConfig(fileReader(folder), options);
  const text = diagnostics.map(formatDiagnostic).join("\n");
  return {
    status: testStatus,
    text: text.replaceAll(`${folder}/`, ""),
    tookMs: process.cpuUsage(before).user / 1000,
  };
}

let count = 0;

function file(content: string | Uint8Array): string {
  const name = `file${count++}`;
  writeFileSync(join(folder, name), content);
  return name;
}

interface Hard {
  name: string;
  /** What half a million lines may take. */
  limitMs?: number;
  content: string | Uint8Array;
  status: number;
  says: RegExp;
}

const hard: readonly Hard[] = [
  {
    name: "a definition of itself",
    content: "$A=a $A\nglobal_defs {\n  router_id $A\n}\n",
    status: 5,
    says: /^file\d+:3:13: error: the definition of '\$A' refers to itself$/m,
  },
  {
    name: "definitions of each other",
    content: "$A=${B}x\n$B=${A}x\nglobal_defs {\n  router_id $A\n}\n",
    status: 5,
    says: /:4:13: error: the definition of '\$A' refers to itself$/m,
  },
  {
    name: "a multi-line definition of itself",
    content: "$A=\\\nx\\\n$A\n$A\n",
    status: 5,
    says: /error: (the definition of '\$A' refers to itself|sequences and definitions are nested more than 100 deep)$/m,
  },
  {
    name: "definitions that double",
    content: `$A0=xx\n${Array.from({ length: 60 }, (_, i) => `$A${i + 1}=\${A${i}}\${A${i}}`).join("\n")}\nk $A60\n`,
    status: 5,
    says: /error: (too many substitutions in one line|the line would grow beyond 1023 bytes by '\$A\d+'.*)$/m,
  },
  {
    name: "100,000 open braces",
    content: `vrrp_instance V {\n${"{\n".repeat(100_000)}`,
    status: 5,
    says: /error: blocks are nested more than 100 deep$/m,
  },
  {
    name: "100,000 open braces on 100 lines",
    content: `vrrp_instance V {\n${`${"{".repeat(1000)}\n`.repeat(100)}`,
    status: 5,
    says: /error: blocks are nested more than 100 deep$/m,
  },
  {
    name: "100,000 closing braces",
    content: "}\n".repeat(100_000),
    status: 5,
    says: /:1:1: error: this '}' closes nothing$/m,
  },
  {
    name: "100,000 blocks inside each other",
    content: "vrrp_instance V {\n".repeat(100_000),
    status: 5,
    says: /error: a '}' is missing before 'vrrp_instance'/,
  },
  {
    name: "a line of 10 MB",
    content: `global_defs {\n  router_id x\n}\n${"y".repeat(10_000_000)}\n`,
    status: 5,
    says: /:4:1: error: the line is 10000000 bytes long, more than 1022; it is ignored$/m,
  },
  {
    name: "a comment of 10 MB",
    content: `#${"y".repeat(10_000_000)}\n`,
    status: 5,
    says: /:1:1: error: the line is 10000001 bytes long/,
  },
  {
    name: "a NUL byte",
    content: "global_defs {\n  router_id a\0b\n}\n",
    status: 5,
    says: /:2:14: error: the line holds a NUL byte; it is ignored$/m,
  },
  {
    name: "1 MB of NUL bytes",
    content: new Uint8Array(1_000_000),
    status: 5,
    says: /:1:1: error: the line is 1000000 bytes long/,
  },
  {
    name: "100,000 lines with a NUL byte",
    content: "a\0\n".repeat(100_000),
    status: 5,
    says: /:1:2: error: the line holds a NUL byte; it is ignored$/m,
  },
  {
    name: "invalid UTF-8",
    content: Buffer.from("vrrp_instanc\xff\xfe V {\n}\n", "latin1"),
    status: 5,
    says: /:1:1: error: unknown keyword 'vrrp_instancÿþ'; did you mean 'vrrp_instance'\?$/m,
  },
  {
    name: "a byte order mark in the middle",
    content: "\n\ufeffglobal_defs {\n}\n",
    status: 5,
    says: /:2:1: error: unknown keyword '\ufeffglobal_defs'/,
  },
  {
    name: "escape sequences for the terminal",
    content: "\x1b[31mred\x07 {\n}\n",
    status: 5,
    says: /error: unknown keyword '\ufffd\[31mred\ufffd'/,
  },
  {
    name: "sequences of sequences",
    content: "~SEQ(A,99999) ~SEQ(B,99999) x\n",
    limitMs: 4000,
    status: 5,
    says: /error: sequences and definitions make more than 500000 lines; the rest is ignored$/m,
  },
  {
    name: "alternatives of alternatives",
    content: `include ${"{a,b}".repeat(30)}\n`,
    status: 0,
    says: /warning: no file /,
  },
];

for (const { name, content, status, says, limitMs = LIMIT_MS } of hard) {
  test(`bounded: ${name}`, () => {
    const result = readFile(file(content));
    assert.match(result.text, says);
    assert.equal(result.status, status);
    assert.ok(result.tookMs < limitMs, `${Math.round(result.tookMs)} ms`);
    assert.ok(!/[\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(result.text), "control characters reach the terminal");
  });
}

/** Makes what is to be opened. @returns its name, relative or absolute. */
const odd: readonly { name: string; make: () => string; says: string }[] = [
  { name: "a missing file", make: () => "nosuch", says: "there is no file 'nosuch'" },
  {
    name: "a directory",
    make: () => {
      mkdirSync(join(folder, "directory"));
      return "directory";
    },
    says: "cannot read 'directory': it is a directory",
  },
  {
    name: "a FIFO",
    make: () => {
      execFileSync("mkfifo", [join(folder, "fifo")]);
      return "fifo";
    },
    says: "cannot read 'fifo': it is not a regular file",
  },
  {
    name: "an endless device",
    make: () => "/dev/zero",
    says: "cannot read '/dev/zero': it is not a regular file",
  },
  { name: "a terminal", make: () => "/dev/tty", says: "cannot read '/dev/tty': " },
  {
    name: "a link that leads nowhere",
    make: () => {
      symlinkSync("nosuch", join(folder, "dangling"));
      return "dangling";
    },
    says: "cannot read 'dangling': it does not exist",
  },
  {
    name: "a link to itself",
    make: () => {
      symlinkSync("loop", join(folder, "loop"));
      return "loop";
    },
    says: "cannot read 'loop': too many symbolic links",
  },
  {
    name: "an executable file",
    make: () => {
      const made = file("# nothing\n");
      chmodSync(join(folder, made), 0o755);
      return made;
    },
    says: "it is executable",
  },
  {
    name: "a file of a terabyte",
    make: () => {
      const made = file("");
      truncateSync(join(folder, made), 2 ** 40);
      return made;
    },
    says: "it is larger than 64 MiB",
  },
];

for (const { name, make, says } of odd) {
  test(`${name} instead of a file, as top file and as include`, () => {
    const made = make();
    if (!made.startsWith("/")) {
      const top = readFile(made);
      assert.ok(top.text.includes(says), top.text);
      assert.equal(top.status, 4);
      assert.ok(top.tookMs < LIMIT_MS, `${Math.round(top.tookMs)} ms`);
    }
    const strict = readFile(file(`includea ${made}\n`));
    assert.ok(strict.text.includes(`:1:10: error: `) && strict.text.includes(says), strict.text);
    assert.equal(strict.status, 6);
    const lenient = readFile(file(`include ${made}\n`));
    assert.ok(lenient.text.includes(`:1:9: warning: `) && lenient.text.includes(says), lenient.text);
    assert.equal(lenient.status, 0);
  });
}

test("a file that includes itself, directly and by another", () => {
  writeFileSync(join(folder, "itself"), "include itself\n");
  assert.match(
    readFile("itself").text,
    /itself:1:9: error: cannot read 'itself': the file includes itself$/m,
  );
  writeFileSync(join(folder, "one"), "include two\n");
  writeFileSync(join(folder, "two"), "include ./one\n");
  const { text, status } = readFile("one");
  assert.match(text, /two:1:9: error: cannot read '.\/one': the file includes itself$/m);
  assert.match(text, /note: included from one:1$/m);
  assert.equal(status, 5);
});

test("a file that includes itself under ever new names", () => {
  mkdirSync(join(folder, "sub"));
  writeFileSync(join(folder, "deeper"), "include sub/../deeper\n");
  const { text, status, tookMs } = readFile("deeper");
  assert.match(text, /error: cannot read 'sub\/..\/deeper': files are nested more than 50 deep$/m);
  assert.equal(status, 5);
  assert.ok(tookMs < LIMIT_MS, `${Math.round(tookMs)} ms`);
});
