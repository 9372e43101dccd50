/** Servers on loopback that a check is made against, and the checks of the web for them. */
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from "node:net";
import type { CheckerConfig, UrlCheck } from "../../../src/config/check-model.js";
import { SCHEDULE, type Target, target } from "./probe.js";

const LOOPBACK = "127.0.0.1";

/** Runs `body` with a listening server, and ends it with all its connections. */
export async function withServer<T>(server: Server, body: (at: Target) => Promise<T>): Promise<T> {
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  try {
    return await body({ address: LOOPBACK, port: (server.address() as AddressInfo).port });
  } finally {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

export const url = (changes: Partial<UrlCheck> = {}): UrlCheck => ({
  path: "/",
  statusCodes: [],
  tlsCompliant: false,
  ...changes,
});

export function http(
  urls: UrlCheck[] = [url()],
  changes: Partial<Extract<CheckerConfig, { kind: "http" | "ssl" }>> = {},
): CheckerConfig {
  return {
    kind: "http",
    schedule: SCHEDULE,
    target: target(),
    protocol: "1.0",
    fastRecovery: false,
    urls,
    ...changes,
  };
}

/** A server that answers any request with these bytes, and then does as told. */
export const raw = (bytes: string, then: (socket: Socket) => void = (socket) => socket.end()): Server =>
  createTcp((socket) => {
    socket.once("data", () => {
      socket.write(bytes);
      then(socket);
    });
  });
