/** Servers that end rudely, never, or in the middle: what the check says, and that nothing of it stays open. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer as createTcp, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createServer as createTls, TLSSocket } from "node:tls";
import type { CheckerConfig } from "../../../src/config/check-model.js";
import { brief, probe, SCHEDULE, target } from "./probe.js";
import { http, raw, url, withServer } from "./servers.js";

const folder = mkdtempSync(join(tmpdir(), "hostile-"));
after(() => rmSync(folder, { recursive: true }));

let identity: { key: string; cert: string };
before(() => {
  const words =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out cert -subj /CN=x -days 2";
  execFileSync("openssl", words.split(" "), { cwd: folder, stdio: "pipe" });
  identity = {
    key: readFileSync(join(folder, "key"), "utf8"),
    cert: readFileSync(join(folder, "cert"), "utf8"),
  };
});

const PAGE = "HTTP/1.0 200 OK\r\n\r\nsecure";
const ssl = (tlsCompliant = false, millis = 2000): CheckerConfig =>
  http([url({ tlsCompliant })], { kind: "ssl", target: target(millis) });
const smtp: CheckerConfig = { kind: "smtp", schedule: SCHEDULE, target: target(60), heloName: "x" };

/** Speaks TLS, says this, and resets the connection. */
const rude = (text: string): Server =>
  createTcp((carrier) => {
    const socket = new TLSSocket(carrier, { isServer: true, ...identity });
    socket.on("error", () => {});
    socket.once("data", () => socket.write(text, () => setTimeout(() => carrier.resetAndDestroy(), 50)));
  });

test("4.5: SSL_GET: a reset after the header is the end of the answer, one before it is a failure", async () => {
  const of = async (text: string): Promise<string> =>
    brief(await withServer(rude(text), (at) => probe(ssl(), at)));
  assert.equal(await of(PAGE), "passed");
  assert.match(await of("HTTP/1.0 500 no\r\n\r\n"), /^status: status code 500/);
  assert.match(await of("HTTP/1.0 200 OK\r\nServer: x"), /^(reset|tls): /);
});

test("4.6: SMTP_CHECK: a line that drips in is no answer", async () => {
  const drip = createTcp((socket) => {
    const timer = setInterval(() => socket.write("2"), 20);
    socket.on("close", () => clearInterval(timer));
  });
  assert.equal(
    brief(await withServer(drip, (at) => probe(smtp, at))),
    "timeout: the greeting did not come within 0.06 s",
  );
});

test("HTTP_GET: sizes that are others each time are not told of for ever", async () => {
  let size = 0;
  const server = createTcp((socket) => {
    socket.once("data", () => socket.end(`HTTP/1.0 200 OK\r\nContent-Length: ${100 + size++}\r\n\r\nx`));
  });
  const { warnings } = await withServer(server, (at) => probe(http(), at, { times: 20 }));
  assert.equal(warnings.length, 8);
});

test("no descriptor stays open, whatever ended the check", async () => {
  const silent = (): Server => createTcp((socket) => void socket.resume());
  const reset = (): Server => createTcp((socket) => void socket.resetAndDestroy());
  const secure = (): Server => createTls(identity, (socket) => socket.once("data", () => socket.end(PAGE)));
  const plain = http([url()], { target: target(60) });
  const scenes: Array<[string, Server, CheckerConfig]> = [
    ["HTTP, silence", silent(), plain],
    ["HTTP, reset", reset(), plain],
    ["TLS, silence in the handshake", silent(), ssl(true, 60)],
    ["TLS, reset in the handshake", reset(), ssl(true)],
    ["TLS, no TLS at all", raw(PAGE), ssl(true)],
    ["TLS, close_notify", secure(), ssl(true)],
    ["TLS, quiet", secure(), ssl()],
    ["TLS, reset in the body", rude(PAGE), ssl(true)],
    ["SMTP, silence", silent(), smtp],
  ];
  for (const [name, server, config] of scenes) {
    await withServer(server, async (at) => {
      const descriptors = (): number => readdirSync("/proc/self/fd").length;
      const connections = (): Promise<number> =>
        new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
      const before = descriptors();
      await probe(config, at, { times: 10 });
      let ours = 1;
      for (const until = Date.now() + 2000; ours > 0 && Date.now() < until; ) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        ours = descriptors() - before - (await connections());
      }
      assert.ok(ours <= 0, `${name}: ${ours} descriptors are open`);
    });
  }
});
