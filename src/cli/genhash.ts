/** genhash: fetches a page as HTTP_GET and SSL_GET do, and prints the digest for their `digest` (check reference, 11). */
import { createHash } from "node:crypto";
import { Socket } from "node:net";
import { connect } from "node:tls";
import { httpRequest } from "../check/checkers/http-request.js";
import { Connections } from "../check/effects/connections.js";
import { loadAddon } from "../native/load.js";
import { parseAddress } from "../net/ip-address.js";
import { sockaddrOf } from "../net/socket-address.js";
import { GENHASH_USAGE, type GenhashSettings, readGenhash } from "./genhash-options.js";

const BAD_USAGE = 1;
const END_OF_HEADER = Buffer.from("\r\n\r\n");
const LARGEST_ANSWER_BYTES = 64 << 20;
const BYTES_PER_LINE = 16;

/** @returns the exit status: trouble with the server is 0 too, as scripts are used to. */
export async function genhash(argv: readonly string[]): Promise<number> {
  const { settings, problems } = readGenhash(argv);
  if (settings === undefined) {
    for (const problem of problems) process.stderr.write(`genhash: ${problem}\n`);
    process.stderr.write(GENHASH_USAGE);
    return BAD_USAGE;
  }
  const began = process.hrtime.bigint();
  try {
    const answer = await fetchPage(settings);
    const micros = (process.hrtime.bigint() - began) / 1000n;
    process.stdout.write(report(settings, answer, micros));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
  }
  return 0;
}

async function fetchPage(settings: GenhashSettings): Promise<Buffer> {
  const plain = new Socket({ fd: await connected(settings) });
  const { address, port, path, tls, serverName, virtualHost, protocol, timeoutMillis } = settings;
  const name = serverName === undefined ? {} : { servername: serverName };
  const socket = tls ? connect({ socket: plain, rejectUnauthorized: false, ...name }) : plain;
  const endpoint = address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
  const host = virtualHost === undefined ? {} : { virtualHost };
  socket.write(httpRequest({ path, statusCodes: [], tlsCompliant: false, ...host }, protocol, endpoint));
  const chunks: Buffer[] = [];
  let size = 0;
  await new Promise<void>((resolve, reject) => {
    socket.setTimeout(timeoutMillis, () => socket.destroy(new Error("Timed out waiting for the answer")));
    socket.on("error", (error: Error) => {
      // A server that ends TLS without a word has said all it had to say.
      if (size > 0 && (error as NodeJS.ErrnoException).code === "ECONNRESET") resolve();
      else reject(new Error(tls && size === 0 ? `TLS failed: ${error.message}` : error.message));
    });
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > LARGEST_ANSWER_BYTES) socket.destroy(new Error("The answer is larger than 64 MiB"));
    });
    socket.on("end", resolve);
    socket.on("close", () => {
      resolve();
    });
  });
  socket.destroy();
  if (size === 0) throw new Error("No data received");
  return Buffer.concat(chunks);
}

/** @returns the descriptor of a connection. */
function connected({ address, port, mark, timeoutMillis }: GenhashSettings): Promise<number> {
  const destination = sockaddrOf(parseAddress(address) ?? new Uint8Array(4), port);
  return new Promise((resolve, reject) => {
    const connections = new Connections(loadAddon());
    const connection = connections.prepare({ destination, mark, keep: true }, (outcome) => {
      clearTimeout(limit);
      setImmediate(() => {
        connections.close();
      });
      if (outcome.kind === "connected") resolve(outcome.fd);
      else reject(new Error(`Connection failed: ${outcome.code}`));
    });
    const limit = setTimeout(() => {
      connection.cancel();
      connections.close();
      reject(new Error("Connection failed: timed out"));
    }, timeoutMillis);
    connection.start();
    connections.flush();
  });
}

function report({ path, verbose }: GenhashSettings, answer: Buffer, micros: bigint): string {
  const end = answer.indexOf(END_OF_HEADER);
  const header = end < 0 ? answer : answer.subarray(0, end + END_OF_HEADER.length);
  const body = bodyOf(header.toString("latin1"), answer.subarray(header.length));
  const digest = createHash("md5").update(body).digest();
  const hash = `${digest.toString("hex")}\n`;
  if (!verbose) return hash;
  return [
    `-----------------------[    HTTP Header Buffer    ]-----------------------\n${hexDump(header)}`,
    `-----------------------[ HTTP Header Ascii Buffer ]-----------------------\n${header.toString("latin1")}\n`,
    `-----------------------[        HTML Buffer        ]-----------------------\n${hexDump(body)}\n`,
    `-----------------------[    HTML hash resulting    ]-----------------------\n${hexDump(digest)}`,
    `-----------------------[ HTML hash final resulting ]-----------------------\n${hash}\n`,
    `Global response time for [${path}] = ${micros} usecs\n`,
  ].join("");
}

/** At most as long as Content-Length says. */
function bodyOf(header: string, rest: Buffer): Buffer {
  const length = /^Content-Length:[ \t]*(\d+)\r?$/m.exec(header)?.[1];
  return length === undefined ? rest : rest.subarray(0, Number(length));
}

/** 16 bytes a line: decimal offset, two groups of 8, and what is printable. */
function hexDump(bytes: Buffer): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += BYTES_PER_LINE) {
    const line = [...bytes.subarray(at, at + BYTES_PER_LINE)];
    const group = (from: number): string =>
      Array.from({ length: 8 }, (_, i) => {
        const byte = line[from + i];
        return byte === undefined ? "  " : byte.toString(16).padStart(2, "0");
      }).join(" ");
    const printable = line.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "."));
    text += `${String(at).padStart(4, "0")}  ${group(0)} - ${group(8)}   ${printable.join("").padEnd(BYTES_PER_LINE)}\n`;
  }
  return text;
}
