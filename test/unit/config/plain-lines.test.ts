/**
 * The short way for plain lines and repeated bodies gives what the pipeline gives. A `$` anywhere in a file, even in a
 * comment, leaves all of its lines to the pipeline: so the same text can be read both ways.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { messages, readFiles } from "./fake-files.js";

const RUNS = 1500;

function bothWays(text: string): void {
  const files = { other: "TCP_CHECK {\n retry 2\n}\n" };
  const short = readFiles({ ...files, "keepalived.conf": `${text}\n# end\n` });
  const long = readFiles({ ...files, "keepalived.conf": `${text}\n# $nd\n` });
  assert.equal(messages(short), messages(long).replaceAll("$nd", "end"));
  assert.deepEqual(short.config, long.config);
  assert.deepEqual([short.testStatus, short.usable], [long.testStatus, long.usable]);
}

const words = [
  ..."virtual_server real_server TCP_CHECK HTTP_GET url path / weight retry delay_loop alpha 10.0.0.1 10.0.0.2 80 1".split(
    " ",
  ),
  ..."protocol TCP lvs_sched rr lvs_method NAT connect_ip bindto ::1 fe80::1 vrrp_instance V state interface i".split(
    " ",
  ),
  ...'include other @main @x a"b c"d " \' \\ \\# # ! x#y {{ }} ~SEQ \x0b \0 é'.split(" "),
];
const token = fc.constantFrom(...words, "{", "{", "}", "}", "}");
const gap = fc.constantFrom(
  " ",
  " ",
  "\n",
  "\n",
  "\n",
  "\t",
  "",
  "\r\n",
  " \n",
  "\n\n",
  " # remark\n",
  "\n#x\n",
  "\n  !\n",
);
const tokens = fc.array(fc.tuple(token, gap), { maxLength: 100 }).map((list) => list.flat().join(""));

test("random words", () => {
  fc.assert(fc.property(tokens, bothWays), { numRuns: RUNS });
});

const value = fc.constantFrom("1", "1", "2", "x", "-1");
const check = fc
  .tuple(
    fc.constantFrom("TCP_CHECK", "TCP_CHECK", "UDP_CHECK"),
    fc.array(
      fc.constantFrom(
        "retry 2",
        "retry x",
        "alpha",
        "bindto ::1",
        "connect_ip fe80::1",
        "connect_port 9",
        "nonsense",
        "include other",
        "# remark",
        "",
        "delay_loop 3 4",
        'payload "00"',
        "min_reply_length 300",
      ),
      { maxLength: 3 },
    ),
  )
  .map(([name, lines]) => `  ${name} {\n${lines.map((line) => `    ${line}\n`).join("")}  }\n`);
const server = fc
  .tuple(
    fc.nat(5),
    value,
    fc.array(check, { maxLength: 2 }),
    fc.constantFrom("", "}\n", "lvs_method DR\n", "smtp_alert\n"),
  )
  .map(
    ([n, weight, checks, odd]) =>
      ` real_server 10.0.1.${n} 80 {\n  weight ${weight}\n${checks.join("")}${odd} }\n`,
  );
const service = fc
  .tuple(fc.nat(9), fc.array(server, { maxLength: 5 }), fc.constantFrom("TCP", "UDP", "x"))
  .map(
    ([n, servers, protocol]) =>
      `virtual_server 10.0.0.${n} 80 {\n lvs_sched rr\n lvs_method NAT\n protocol ${protocol}\n${servers.join("")}${servers.join("").replaceAll("10.0.1.", "10.0.2.")}}\n`,
  );

test("virtual servers whose servers repeat each other", () => {
  fc.assert(
    fc.property(fc.array(service, { maxLength: 4 }), (services) => bothWays(services.join(""))),
    { numRuns: RUNS },
  );
});

test("places in a body that repeats another inside a body that is repeated", () => {
  const check = "TCP_CHECK {\n connect_ip fe80::1\n}\n";
  const server = (n: number, lines: string) => `real_server 10.0.1.${n} 80 {\n${lines}}\n`;
  const two = `TCP_CHECK {\n}\n${check}`;
  bothWays(
    `virtual_server 10.0.0.1 80 {\nlvs_sched rr\nlvs_method NAT\nprotocol TCP\n${server(1, check)}${server(2, two)}${server(3, two)}}\n`,
  );
});

test("many servers that differ, then many that do not, and one that is wrong", () => {
  const server = (n: number, weight: number, more = "") =>
    ` real_server 10.0.${n >> 8}.${n & 255} 80 {\n  weight ${weight}\n  TCP_CHECK {\n${more}  }\n }\n`;
  const list = Array.from({ length: 400 }, (_, n) => server(n, Math.min(n, 200)));
  list.push(server(401, 200, "   connect_ip fe80::1\n"), server(402, 200), server(402, 200));
  bothWays(`virtual_server 10.0.0.1 80 {\nlvs_sched rr\nlvs_method NAT\nprotocol TCP\n${list.join("")}}\n`);
});

test("odd ends of lines and files", () => {
  const body = "weight 3\n TCP_CHECK {\n  retry 7\n }\n}";
  const server = (n: number) => `real_server 10.0.1.${n} 80 {\n ${body}`;
  const start = "virtual_server 10.0.0.1 80 {\nlvs_sched rr\nlvs_method NAT\nprotocol TCP\n";
  for (const text of [
    `${start}${server(1)}\n${server(2)}\n}`,
    `${start}${server(1)}\n${server(2)}}`,
    `${start}${server(1)}\n${server(2)} }`,
    `${start}${server(1)}\n${server(2)} weight 3\n}`,
    `${start}${server(1)}\n${server(2)}`,
    `${start}${server(1)}\n${server(2).slice(0, -4)}`,
    `${start}${server(1)}\r\n${server(2)}\r\n}`,
    `${start}# ${"x".repeat(1100)}\n${server(1)}\n}`,
    `${start}${" ".repeat(1100)}\n${server(1)}\n}`,
    `${start}${"weight ".repeat(200)}\n${server(1)}\n}`,
    `${start}${server(1)}\n${server(1)}\n}`,
    `${start} { ${server(1)}\n } {\n}\n}\n}`,
    `${start}${server(1)}\n@x ${server(2)}\n}`,
    `${start}${server(1)}\n# \0\n${server(2)}\n}`,
  ])
    bothWays(text);
});
