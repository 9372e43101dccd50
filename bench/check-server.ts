/**
 * Program: a server for health checks on every loopback address. Words: "tcp" or "http", the port. Prints "listening",
 * and for each line that it reads the largest number of connections that came within 100 ms since the last, and all of them.
 */
import { createServer as createHttp } from "node:http";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

const SLICE_MS = 100;
const [kind, port] = process.argv.slice(2);

let slice = 0;
let inSlice = 0;
let largest = 0;
let total = 0;
const count = (): void => {
  const now = Math.floor(performance.now() / SLICE_MS);
  if (now !== slice) inSlice = 0;
  slice = now;
  inSlice += 1;
  total += 1;
  largest = Math.max(largest, inSlice);
};

const server =
  kind === "http"
    ? createHttp((_, response) => response.end("well\n"))
    : createServer({ pauseOnConnect: true }, (socket) => {
        socket.on("error", () => {});
        socket.destroy();
      });
server.on("connection", count);
server.listen({ host: "0.0.0.0", port: Number(port), backlog: 4096 }, () => console.log("listening"));
createInterface({ input: process.stdin }).on("line", () => {
  console.log(`${largest} ${total}`);
  largest = 0;
  total = 0;
});
