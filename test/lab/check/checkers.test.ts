/**
 * Every checker against a real server on loopback: what passes, and each failure with its own reason. DNS, SMTP and the
 * web servers are real programs' protocols spoken by Node; the certificates are made here with openssl.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttp, type RequestListener } from "node:http";
import { createServer as createTcp, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createServer as createTls } from "node:tls";
import type { CheckerConfig, UrlCheck } from "../../../src/config/check-model.js";
import { http, raw, url, withServer } from "./servers.js";
import { brief, probe, SCHEDULE, type Target, target } from "./probe.js";

const LOOPBACK = "127.0.0.1";
const folder = mkdtempSync(join(tmpdir(), "checkers-"));
after(() => rmSync(folder, { recursive: true }));

/** A port on which nobody listens. */
async function deadPort(): Promise<Target> {
  return withServer(createTcp(), (at) => Promise.resolve(at));
}

const answering = (listener: RequestListener) => createHttp(listener);
test("TCP_CHECK: open passes, closed is refused", async () => {
  const tcp: CheckerConfig = { kind: "tcp", schedule: SCHEDULE, target: target() };
  assert.equal(brief(await withServer(createTcp(), (at) => probe(tcp, at, { times: 3 }))), "passed");
  assert.equal(brief(await probe(tcp, await deadPort())), "refused: connection refused");
});

test("TCP_CHECK: a source address that is not ours is no failure of the server", async () => {
  const tcp: CheckerConfig = {
    kind: "tcp",
    schedule: SCHEDULE,
    target: target(400, { bindAddress: "192.0.2.77" }),
  };
  assert.equal(brief(await withServer(createTcp(), (at) => probe(tcp, at))), "notRun: bind: EADDRNOTAVAIL");
});

test("HTTP_GET: what a web server answers to upstream's request", async () => {
  const seen: string[] = [];
  const server = answering((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers["user-agent"]} ${request.headers.host}`);
    response.end("hello");
  });
  await withServer(server, async (at) => {
    const wanted = url({
      digest: createHash("md5").update("hello").digest("hex"),
      virtualHost: "www.example.com",
    });
    assert.equal(brief(await probe(http([wanted]), at)), "passed");
    assert.equal(brief(await probe(http(), at, { times: 2 })), "passed");
    assert.equal(seen[0], "GET / KeepAliveClient www.example.com");
    assert.equal(seen[1], `GET / KeepAliveClient ${LOOPBACK}:${at.port}`);
  });
});

test("HTTP_GET: each failure has its own reason", async () => {
  const of = async (server: Server, config = http()): Promise<string> =>
    brief(await withServer(server, (at) => probe(config, at)));
  assert.equal(brief(await probe(http(), await deadPort())), "refused: connection refused");
  assert.equal(
    await of(createTcp(() => {})),
    "timeout: waiting for the answer: nothing for 0.4 s",
    "accepts and says nothing",
  );
  assert.equal(
    await of(raw("HTTP/1.0 200 OK\r\n\r\nhalf", () => {})),
    "timeout: in the middle of the answer: nothing for 0.4 s",
    "keeps the connection open",
  );
  assert.equal(
    await of(raw("HTTP/1.0 200 OK\r\n\r\nhalf", (socket) => setTimeout(() => socket.resetAndDestroy(), 50))),
    "reset: connection reset in the middle of the answer",
  );
  assert.equal(await of(raw("")), "noAnswer: the server ended without an answer (/)");
  assert.equal(await of(raw("HTTP/1.0 500 Broken\r\n\r\n")), "status: status code 500 (/)");
  assert.equal(await of(raw("HTTP/1.0 302 Found\r\nLocation: /\r\n\r\n")), "status: status code 302 (/)");
  const digest = http([url({ path: "/d", digest: "00".repeat(16) })]);
  assert.match(
    await of(raw("HTTP/1.0 200 OK\r\n\r\nx"), digest),
    /^digest: the body's MD5 digest is [0-9a-f]+, not 00.* \(\/d\)$/,
  );
  const body = http([url({ body: { pattern: "^OK", options: [], inverted: false, minOffsetBytes: 0 } })]);
  assert.equal(await of(raw("HTTP/1.0 200 OK\r\n\r\nNOT"), body), "body: the body does not match regex (/)");
});

test("HTTP_GET: an endless body is given up at its limit, a slow drip after ten limits", async () => {
  const piece = Buffer.alloc(1 << 20, "x");
  const flood = raw("HTTP/1.0 200 OK\r\n\r\n", (socket) => {
    const pour = (): void => {
      while (!socket.destroyed && socket.write(piece));
    };
    socket.on("drain", pour);
    pour();
  });
  const endless = await withServer(flood, (at) => probe(http([url()], { target: target(4000) }), at));
  assert.equal(brief(endless), "tooLong: the body is longer than 64 MiB and does not end (/)");
  const drip = raw("HTTP/1.0 200 OK\r\n\r\n", (socket) => {
    const timer = setInterval(() => socket.write("x"), 20);
    socket.on("close", () => clearInterval(timer));
  });
  const slow = await withServer(drip, (at) => probe(http([url()], { target: target(100) }), at));
  assert.equal(brief(slow), "tooSlow: the answer is not complete after 1 s");
});

test("HTTP_GET: a size other than Content-Length is told once, and is no failure", async () => {
  const server = raw("HTTP/1.0 200 OK\r\nContent-Length: 99\r\n\r\nshort");
  const outcome = await withServer(server, (at) => probe(http(), at, { times: 3 }));
  assert.equal(brief(outcome), "passed");
  assert.deepEqual(outcome.warnings, ["tested: Content-Length of / says 99 bytes, 5 came"]);
});

test("HTTP_GET: a URL with a regex that JavaScript cannot say, which the reading of the configuration names, is judged without it", async () => {
  const body = { pattern: "a++", options: [], inverted: false, minOffsetBytes: 0 };
  const outcome = await withServer(raw("HTTP/1.0 200 OK\r\n\r\nb"), (at) => probe(http([url({ body })]), at));
  assert.equal(brief(outcome), "passed");
});

interface Certificates {
  ca: string;
  good: { key: string; cert: string };
  expired: { key: string; cert: string };
}
let made: Certificates;

function openssl(...args: string[]): void {
  execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
}

/** What `openssl ca` needs: it is the command that takes dates of the past, with OpenSSL 3.0 as with 3.5. */
const AUTHORITY = `
[ca]
default_ca = test
[test]
certificate = ca.pem
private_key = ca.key
database = index.txt
new_certs_dir = .
rand_serial = yes
unique_subject = no
default_md = sha256
copy_extensions = copy
policy = any
[any]
commonName = supplied
`;

/** A new key, and what is asked for it: `out`, a request or a certificate. */
function request(key: string, out: string, ...words: string[]): void {
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl("req", ...kind, "-keyout", key, "-out", out, ...words);
}

function issue(name: string, dates: string[]): { key: string; cert: string } {
  const names = ["-subj", "/CN=www.example.com", "-addext", "subjectAltName=DNS:www.example.com"];
  request(`${name}.key`, `${name}.csr`, ...names);
  const files = ["-config", "ca.conf", "-in", `${name}.csr`, "-out", `${name}.pem`];
  openssl("ca", "-batch", "-notext", ...files, ...dates);
  const read = (file: string): string => readFileSync(join(folder, file), "utf8");
  return { key: read(`${name}.key`), cert: read(`${name}.pem`) };
}

before(() => {
  request("ca.key", "ca.pem", "-x509", "-subj", "/CN=Test CA", "-days", "2");
  writeFileSync(join(folder, "ca.conf"), AUTHORITY);
  writeFileSync(join(folder, "index.txt"), "");
  made = {
    ca: readFileSync(join(folder, "ca.pem"), "utf8"),
    good: issue("good", ["-days", "2"]),
    expired: issue("expired", ["-startdate", "20200101000000Z", "-enddate", "20200102000000Z"]),
  };
});

const page = "HTTP/1.0 200 OK\r\n\r\nsecure";
const secure = (identity: { key: string; cert: string }, names: (string | false)[] = []): Server =>
  createTls(identity, (socket) => {
    names.push(socket.servername ?? false);
    socket.on("error", () => {});
    socket.once("data", () => socket.end(page));
  });
const ssl = (changes: Partial<UrlCheck> = {}, verify = false): CheckerConfig =>
  http([url(changes)], { kind: "ssl", target: target(2000), ...(verify && { verify }) });

test("SSL_GET: passes whatever the certificate says, and sends a server name only when told to", async () => {
  const names: (string | false)[] = [];
  await withServer(secure(made.expired, names), async (at) => {
    assert.equal(brief(await probe(ssl(), at)), "passed");
    assert.equal(
      brief(await probe(ssl({ serverName: "www.example.com", tlsCompliant: true }), at)),
      "passed",
    );
  });
  assert.deepEqual(names, [false, "www.example.com"]);
});

test("SSL_GET with tls_verify: authority, dates and name, each with its words", async () => {
  const named = { serverName: "www.example.com" };
  const trusting = { ca: made.ca };
  await withServer(secure(made.good), async (at) => {
    assert.equal(brief(await probe(ssl(named, true), at, trusting)), "passed");
    assert.match(
      brief(await probe(ssl(named, true), at)),
      /^certificate: certificate of www\.example\.com: its issuer is not among the trusted authorities/,
    );
    assert.equal(
      brief(await probe(ssl({ serverName: "other.example.com" }, true), at, trusting)),
      "certificate: certificate of www.example.com: it is not for other.example.com",
    );
  });
  const old = await withServer(secure(made.expired), (at) => probe(ssl(named, true), at, trusting));
  assert.match(
    brief(old),
    /^certificate: certificate of www\.example\.com: it has expired \(valid from .* to .*\)$/,
  );
});

test("SSL_GET: no TLS at all, and an end during the handshake", async () => {
  assert.match(brief(await withServer(raw(page), (at) => probe(ssl(), at))), /^tls: TLS: /);
  const closing = createTcp((socket) => socket.once("data", () => socket.end()));
  assert.match(brief(await withServer(closing, (at) => probe(ssl(), at))), /^(tls|reset): /);
  const silent = await withServer(
    createTcp(() => {}),
    (at) => probe(http([url()], { kind: "ssl" }), at),
  );
  assert.equal(brief(silent), "timeout: no connection within 0.4 s");
});

/** An SMTP server that says these lines, one for the greeting and one per command. */
const mailServer = (heard: string[], ...lines: string[]): Server =>
  createTcp((socket) => {
    socket.write(`${lines[0]}\r\n`);
    let next = 1;
    socket.on("data", (bytes) => {
      heard.push(bytes.toString().trim());
      const line = lines[next++];
      if (line === undefined) socket.end();
      else socket.write(`${line}\r\n`);
    });
  });
const smtp: CheckerConfig = {
  kind: "smtp",
  schedule: SCHEDULE,
  target: target(),
  heloName: "checker.example.com",
};

test("SMTP_CHECK: greeting, HELO, QUIT; each wrong answer has its words", async () => {
  const heard: string[] = [];
  const of = async (...lines: string[]): Promise<string> =>
    brief(await withServer(mailServer(heard, ...lines), (at) => probe(smtp, at)));
  assert.equal(await of("220 ready", "250 hello", "221 bye"), "passed");
  assert.deepEqual(heard, ["HELO checker.example.com", "QUIT"]);
  assert.equal(await of("220 ready", "250 hello", "500 what"), "passed", "any answer ends it");
  assert.equal(await of("554 no"), "code: the greeting is '554 no', not 220");
  assert.equal(await of("220 ready", "250-more"), "code: the answer to HELO is '250-more', not 250");
  assert.equal(await of("220 ready"), "noAnswer: the server ended before the answer to HELO");
  assert.equal(
    brief(
      await withServer(
        createTcp(() => {}),
        (at) => probe(smtp, at),
      ),
    ),
    "timeout: the greeting did not come within 0.4 s",
  );
});

/** Runs `body` with a UDP server; `answer` gives the datagrams to send back. */
async function withDatagrams<T>(
  answer: (message: Buffer) => Uint8Array[],
  body: (at: Target) => Promise<T>,
): Promise<T> {
  const socket = createSocket("udp4");
  socket.on("message", (message, from) => {
    for (const reply of answer(message)) socket.send(reply, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, LOOPBACK, resolve));
  try {
    return await body({ address: LOOPBACK, port: socket.address().port });
  } finally {
    await new Promise<void>((resolve) => socket.close(resolve));
  }
}

async function deadDatagramPort(): Promise<Target> {
  return withDatagrams(
    () => [],
    (at) => Promise.resolve(at),
  );
}

const udp = (changes = {}): CheckerConfig => ({
  kind: "udp",
  schedule: SCHEDULE,
  target: target(),
  replyRequired: false,
  minReplyBytes: 0,
  maxReplyBytes: 255,
  ...changes,
});

test("UDP_CHECK: silence, replies and unreachable ports", async () => {
  const heard: string[] = [];
  const echo = (message: Buffer): Uint8Array[] => {
    heard.push(message.toString("hex"));
    return [message];
  };
  const silent = (): Uint8Array[] => [];
  assert.equal(
    brief(await withDatagrams(echo, (at) => probe(udp({ payload: "0102ff" }), at, { times: 2 }))),
    "passed",
  );
  assert.deepEqual(heard, ["0102ff", "0102ff"]);
  assert.equal(brief(await withDatagrams(silent, (at) => probe(udp(), at))), "passed");
  assert.equal(
    brief(await withDatagrams(silent, (at) => probe(udp({ replyRequired: true }), at))),
    "noReply: no reply within 0.4 s",
  );
  assert.equal(brief(await probe(udp(), await deadDatagramPort())), "refused: the port is unreachable");
  const pattern = { payload: "01", replyRequired: true, reply: { bytes: "02", mask: "ff" } };
  assert.equal(
    brief(await withDatagrams(echo, (at) => probe(udp(pattern), at))),
    "reply: byte 0 of the reply differs",
  );
});

const dns: CheckerConfig = {
  kind: "dns",
  schedule: SCHEDULE,
  target: target(),
  type: "SOA",
  name: "example.com",
};

test("DNS_CHECK: any reply without an error passes; others' replies are passed over", async () => {
  const reply =
    (code: number) =>
    (question: Buffer): Uint8Array[] => {
      const answer = Buffer.from(question);
      answer[2] = 0x81;
      answer[3] = 0x80 | code;
      const stranger = Buffer.from(answer);
      stranger[0] = (stranger[0] ?? 0) ^ 1;
      return [stranger, question, answer];
    };
  assert.equal(brief(await withDatagrams(reply(0), (at) => probe(dns, at, { times: 2 }))), "passed");
  assert.equal(
    brief(await withDatagrams(reply(2), (at) => probe(dns, at))),
    "response: the server says SERVFAIL",
  );
  assert.equal(
    brief(await withDatagrams(reply(3), (at) => probe(dns, at))),
    "response: the server says NXDOMAIN",
  );
  assert.equal(
    brief(
      await withDatagrams(
        () => [],
        (at) => probe(dns, at),
      ),
    ),
    "noReply: no reply within 0.4 s",
  );
  assert.equal(brief(await probe(dns, await deadDatagramPort())), "refused: the port is unreachable");
});

const misc = (script: string, changes = {}): CheckerConfig => ({
  kind: "misc",
  schedule: SCHEDULE,
  script: { file: script, args: [script, "an argument"], position: { file: "test", line: 1, column: 1 } },
  timeoutMicros: 400_000,
  dynamic: false,
  ...changes,
});

function script(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

test("MISC_CHECK: exit status, dynamic weight, stderr in the words, limit, signal, a file that is not there", async () => {
  const anywhere = { address: LOOPBACK, port: 0 };
  const of = async (config: CheckerConfig): Promise<string> => brief(await probe(config, anywhere));
  assert.equal(await of(misc(script("ok.sh", '[ "$1" = "an argument" ]'))), "passed");
  assert.equal(
    await of(misc(script("bad.sh", "echo oh no >&2; exit 3"))),
    "status: the script exited with status 3 (oh no)",
  );
  const dynamic = await probe(misc(script("nine.sh", "exit 9"), { dynamic: true }), anywhere);
  assert.deepEqual(dynamic.result, { verdict: "passed", weight: { kind: "instead", weight: 7 } });
  assert.match(await of(misc(script("slow.sh", "sleep 30"))), /^timeout: the script timed out/);
  assert.match(await of(misc(script("killed.sh", "kill -9 $$"))), /^signal: the script ended by signal 9/);
  assert.match(await of(misc(join(folder, "absent.sh"))), /^(signal|notStarted|status): /);
});

test("PING_CHECK: an echo over IPv4 and IPv6, on one socket as long as answers come", async (t) => {
  const range = readFileSync("/proc/sys/net/ipv4/ping_group_range", "utf8").trim();
  if (/^1\s+0$/.test(range)) return t.skip(`ping sockets are forbidden here (ping_group_range ${range})`);
  const ping: CheckerConfig = { kind: "ping", schedule: SCHEDULE, target: target() };
  assert.equal(brief(await probe(ping, { address: LOOPBACK, port: 0 }, { times: 3 })), "passed");
  assert.equal(brief(await probe(ping, { address: "::1", port: 0 }, { times: 3 })), "passed");
});
