/** genhash against servers on loopback, beside Debian's where that is installed (check reference, 11). */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { repository } from "../../setup/repository.js";

const OURS = [join(repository, "dist", "keepalived"), "-T"];
const DEBIAN = "/usr/bin/genhash";
const BODY = `hello world, this is a body\n${"\u0000\u00ff".repeat(20)}`;

interface Outcome {
  status: number;
  stdout: string;
  stderr: string;
}

function run(program: readonly string[], ...words: string[]): Promise<Outcome> {
  const [file = "", ...first] = program;
  return new Promise((resolve) => {
    execFile(file, [...first, ...words], { encoding: "latin1" }, (error, stdout, stderr) => {
      resolve({ status: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
  });
}

/** A server that says the same to everybody. @returns its port. */
async function serve(
  t: TestContext,
  answer: string,
  heard: (text: string) => void = () => {},
): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (request: Buffer) => {
      heard(request.toString());
      socket.end(Buffer.from(answer, "latin1"));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  t.after(() => server.close());
  return String((server.address() as AddressInfo).port);
}

const PAGE = `HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n${BODY}`;
const md5 = (text: string): string => createHash("md5").update(Buffer.from(text, "latin1")).digest("hex");

test("the digest of the body is printed", async (t) => {
  const requests: string[] = [];
  const port = await serve(t, PAGE, (text) => requests.push(text));
  const words = ["-s", "127.0.0.1", "-p", port, "-u", "/a"];
  assert.deepEqual(await run(OURS, ...words), { status: 0, stdout: `${md5(BODY)}\n`, stderr: "" });
  await run(OURS, ...words, "--use-virtualhost", "www.example", "-P", "1.1");
  assert.deepEqual(requests, [
    `GET /a HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: 127.0.0.1:${port}\r\n\r\n`,
    "GET /a HTTP/1.1\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: www.example\r\n\r\n",
  ]);
});

test("with -v header, body and digest are shown as Debian's shows them", async (t) => {
  if (!existsSync(DEBIAN)) {
    t.skip(`${DEBIAN} is not installed`);
    return;
  }
  const port = await serve(t, PAGE);
  const words = ["-v", "-s", "127.0.0.1", "-p", port, "-u", "/a"];
  const timeless = ({ stdout }: Outcome): string => stdout.replace(/= \d+ usecs/, "= N usecs");
  assert.equal(timeless(await run(OURS, ...words)), timeless(await run([DEBIAN], ...words)));
});

test("no more of the body counts than Content-Length says", async (t) => {
  const port = await serve(t, "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello world");
  const { stdout } = await run(OURS, "-s", "127.0.0.1", "-p", port, "-u", "/");
  assert.equal(stdout, `${md5("hello")}\n`);
});

test("trouble with the server is one line and status 0, as scripts know it; bad usage is status 1", async (t) => {
  const port = await serve(t, "");
  const silent = await run(OURS, "-s", "127.0.0.1", "-p", port, "-u", "/");
  assert.deepEqual(silent, { status: 0, stdout: "", stderr: "No data received\n" });
  const refused = await run(OURS, "-s", "127.0.0.1", "-p", "1", "-u", "/");
  assert.deepEqual(refused, { status: 0, stdout: "", stderr: "Connection failed: ECONNREFUSED\n" });
  const usage = await run(OURS, "-s", "localhost", "-p", "1");
  assert.equal(usage.status, 1);
  assert.match(usage.stderr, /--url is missing\ngenhash: --server must be an address.*\nUsage: genhash/);
});
