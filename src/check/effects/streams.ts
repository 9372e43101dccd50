/**
 * A conversation over TCP, with or without TLS: connected by `Connections` (mark, interface, source address), then an
 * ordinary Node stream on the descriptor. One conversation at a time; no event comes after `cancel`.
 */
import { Socket } from "node:net";
import { connect, type SecureContext, type TLSSocket } from "node:tls";
import type { ConnectOutcome, Connection, Connections, ConnectPlan } from "./connections.js";

/** How TLS is spoken. */
export interface TlsSettings {
  /** What is brought along and trusted: asked for at every connection. */
  context(): SecureContext;
  /** Name sent as SNI; absent: none is sent. */
  serverName?: string;
  /** Ends with close_notify. */
  compliant: boolean;
}

/** Why a conversation ended before the other side did. */
export type StreamProblem =
  /** The other side, or the way to it, refused the connection (an errno by name). */
  | { kind: "refused"; code: string }
  /** Our own side: nothing was asked of the server. */
  | { kind: "notRun"; call: string; code: string }
  /** After the connection: reset and the like (an errno by name). */
  | { kind: "broken"; code: string }
  /** The handshake failed, in OpenSSL's words. */
  | { kind: "tls"; text: string };

export interface StreamEvents {
  /** Connected, and the handshake is over; `tls` to look at the certificate. */
  connected(tls: TLSSocket | undefined): void;
  data(bytes: Uint8Array): void;
  /** The other side has said everything. */
  ended(): void;
  failed(problem: StreamProblem): void;
}

export class Stream {
  readonly #events: StreamEvents;
  readonly #tls: TlsSettings | undefined;
  readonly #connection: Connection;
  #socket: Socket | undefined;
  /** Under the TLS socket: it is ours to destroy, or the descriptor stays open. */
  #carrier: Socket | undefined;

  constructor(
    connections: Connections,
    plan: ConnectPlan,
    tls: TlsSettings | undefined,
    events: StreamEvents,
  ) {
    this.#events = events;
    this.#tls = tls;
    this.#connection = connections.prepare({ ...plan, keep: true }, (outcome) => this.#onOutcome(outcome));
  }

  start(): void {
    this.#connection.start();
  }

  write(text: string): void {
    this.#socket?.write(text);
  }

  /** Ends the conversation at once. */
  cancel(): void {
    this.#connection.cancel();
    this.#letGo();
  }

  /** Ends it as agreed: with close_notify where that is wanted. */
  finish(): void {
    if (this.#tls?.compliant === true && this.#socket !== undefined) {
      const socket = this.#socket;
      const carrier = this.#carrier;
      this.#forget();
      socket.end(() => {
        socket.destroy();
        carrier?.destroy();
      });
      return;
    }
    this.cancel();
  }

  close(): void {
    this.cancel();
    this.#connection.close();
  }

  #forget(): void {
    this.#socket?.removeAllListeners();
    // An error that nobody listens to would be an exception.
    this.#socket?.on("error", () => {});
    this.#socket = undefined;
    this.#carrier = undefined;
  }

  #letGo(): void {
    const socket = this.#socket;
    const carrier = this.#carrier;
    this.#forget();
    socket?.destroy();
    carrier?.destroy();
  }

  #onOutcome(outcome: ConnectOutcome): void {
    if (outcome.kind !== "connected") return this.#events.failed(outcome);
    const carrier = new Socket({ fd: outcome.fd, readable: true, writable: true });
    carrier.on("error", () => {});
    if (this.#tls === undefined) {
      this.#listen(carrier);
      this.#events.connected(undefined);
      return;
    }
    this.#carrier = carrier;
    this.#shakeHands(carrier, this.#tls);
  }

  #shakeHands(carrier: Socket, settings: TlsSettings): void {
    const { serverName } = settings;
    const tls = connect({
      socket: carrier,
      secureContext: settings.context(),
      // What is to be verified is looked at after the handshake, so that the reason can be told.
      rejectUnauthorized: false,
      ...(serverName !== undefined && { servername: serverName }),
    });
    let secure = false;
    this.#listen(tls, () => secure);
    tls.once("secureConnect", () => {
      secure = true;
      this.#events.connected(tls);
    });
  }

  #listen(socket: Socket, secure: () => boolean = () => true): void {
    this.#socket = socket;
    socket.on("data", (bytes: Uint8Array) => this.#events.data(bytes));
    socket.once("end", () => {
      if (secure()) this.#events.ended();
      else this.#events.failed({ kind: "tls", text: "the server ended the connection during the handshake" });
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      this.#events.failed(problemOf(error, secure()));
    });
  }
}

function problemOf(error: NodeJS.ErrnoException, secure: boolean): StreamProblem {
  const code = error.code ?? "";
  if (/^E[A-Z]+$/.test(code) && code !== "EPROTO") return { kind: "broken", code };
  if (!secure && code === "ECONNRESET") return { kind: "broken", code };
  return { kind: "tls", text: tlsWords(error.message) };
}

/** OpenSSL's reason without its addresses in memory and source lines. */
function tlsWords(message: string): string {
  const parts = message.trim().split(":");
  return (parts[5] ?? message).trim();
}
