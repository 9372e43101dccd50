/** Servers of a lab that a balancer checks: sockets that listen, and tell who came. */
import type { Lab } from "../harness/lab.js";
import type { Host } from "../harness/network.js";
import type { Program } from "../harness/program.js";

const LISTEN = `
const [address, port] = process.argv.slice(1);
require("node:net").createServer((socket) => {
  console.log("from " + socket.remoteAddress + " " + socket.remotePort);
  socket.on("error", () => {});
  socket.end();
}).listen({ host: address, port: Number(port), backlog: 1024 }, () => console.log("listening"));
`;

/** Starts a server that accepts every connection and closes it; resolves when it listens. */
export async function startServer(lab: Lab, host: Host, address: string, port: number): Promise<Program> {
  const server = lab.run(`server ${address}:${port}`, {
    namespace: host.namespace,
    command: [process.execPath, "-e", LISTEN, address, String(port)],
  });
  await lab.waitFor(() => server.output.find(/^listening/), 5_000, `the server ${address}:${port}`);
  return server;
}

/** Ends a server and waits until its port is closed. */
export async function stopServer(lab: Lab, server: Program): Promise<void> {
  server.kill("SIGKILL");
  await lab.waitFor(() => server.exit !== undefined, 2_000, "the server to end");
}
