/** Sockets of this process in other network namespaces: a socket stays in the one in which it was made. */
import { connect, type Server, type Socket } from "node:net";
import { loadAddon } from "../../../src/native/load.js";

const addon = loadAddon();
const CLONE_NEWNET = 0x40000000;
const OWN = "/proc/1/ns/net";
const CONNECT_LIMIT_MS = 5000;

/** One at a time is elsewhere. */
let last: Promise<unknown> = Promise.resolve();

/** Does `work`, until its promise settles, in the namespace with this path. */
export function within<T>(path: string, work: () => Promise<T>): Promise<T> {
  const run = last.then(async () => {
    addon.enterNamespace(path, CLONE_NEWNET);
    try {
      return await work();
    } finally {
      addon.enterNamespace(OWN, CLONE_NEWNET);
    }
  });
  last = run.catch(() => {});
  return run;
}

/** Resolves when the server listens. */
export function listening(server: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => {
      resolve();
    });
  });
}

/** A connection from `from` to a service. */
export function connected(address: string, port: number, from: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, localAddress: from });
    const limit = setTimeout(
      () => socket.destroy(new Error(`no connection to ${address}`)),
      CONNECT_LIMIT_MS,
    );
    socket.once("error", reject);
    socket.once("connect", () => {
      clearTimeout(limit);
      socket.off("error", reject);
      resolve(socket);
    });
  });
}
