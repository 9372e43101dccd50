/**
 * A mail relay for tests: as much of SMTP (RFC 5321), STARTTLS (RFC 3207) and AUTH PLAIN (RFC 4954) as a client needs,
 * and the bad manners that a test asks for.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext, createServer as createTlsServer, TLSSocket } from "node:tls";

interface ReceivedMail {
  from: string;
  to: string[];
  /** Headers and body as sent, dots taken back, lines ended by LF. */
  text: string;
  encrypted: boolean;
  user: string | undefined;
}

export interface RelayManners {
  /** Offer STARTTLS ("starttls") or expect TLS from the first byte ("on"). */
  tls?: "starttls" | "on";
  certificate?: Certificate;
  /** Only whoever logs in with these may send. */
  login?: { user: string; password: string };
  /** Say nothing any more when this word comes; "greeting": from the beginning. */
  stallAt?: "greeting" | "EHLO" | "DATA" | ".";
  /** Answer a command with this instead. */
  replies?: Readonly<Record<string, string>>;
  /** Answer RCPT for these addresses with this instead. */
  recipients?: Readonly<Record<string, string>>;
  /** Host to listen on; a namespace of its own keeps it apart. */
  host?: string;
}

export interface Certificate {
  key: string;
  cert: string;
  file: string;
}

/** A certificate for 127.0.0.1 that signs itself. @returns with a function that removes its files */
export function makeCertificate(): { certificate: Certificate; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "keepalived-certificate-"));
  const key = join(folder, "key.pem");
  const file = join(folder, "cert.pem");
  const subject = ["-subj", "/CN=relay.test", "-addext", "subjectAltName=IP:127.0.0.1,DNS:relay.test"];
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", file, ...subject],
    { stdio: "pipe" },
  );
  return {
    certificate: { key: readFileSync(key, "utf8"), cert: readFileSync(file, "utf8"), file },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** One connection: reads lines, answers, and hands over what was mailed. */
class Session {
  #socket: Socket;
  #rest = "";
  #from = "";
  #to: string[] = [];
  #data: string[] | undefined;
  #user: string | undefined;

  constructor(
    socket: Socket,
    readonly manners: RelayManners,
    readonly received: (mail: ReceivedMail) => void,
  ) {
    this.#socket = socket;
    this.#listen();
    if (manners.stallAt !== "greeting") this.#say(manners.replies?.["greeting"] ?? "220 relay.test ESMTP");
  }

  #listen(): void {
    this.#socket.setEncoding("utf8");
    this.#socket.on("error", () => undefined);
    this.#socket.on("data", (chunk: string) => {
      const lines = (this.#rest + chunk).split("\r\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) this.#onLine(line);
    });
  }

  #say(text: string): void {
    this.#socket.write(`${text}\r\n`);
  }

  #onLine(line: string): void {
    if (this.#data !== undefined) return this.#onData(line);
    const word = line.split(/[ :]/, 1)[0]?.toUpperCase() ?? "";
    const { stallAt, replies = {} } = this.manners;
    if (stallAt === word) return;
    const reply = replies[word];
    if (reply !== undefined) return this.#say(reply);
    this.#onCommand(word, line);
  }

  #onCommand(word: string, line: string): void {
    const mayMail = this.manners.login === undefined || this.#user !== undefined;
    if (word === "EHLO") this.#say(["250-relay.test", ...this.#extensions(), "250 8BITMIME"].join("\r\n"));
    else if (word === "HELO") this.#say("250 relay.test");
    else if (word === "STARTTLS") this.#encrypt();
    else if (word === "AUTH") this.#login(line);
    else if (word === "MAIL" && !mayMail) this.#say("530 Authentication required");
    else if (word === "MAIL") {
      this.#from = /<(.*?)>/.exec(line)?.[1] ?? "";
      this.#say("250 ok");
    } else if (word === "RCPT") {
      const recipient = /<(.*?)>/.exec(line)?.[1] ?? "";
      const refusal = this.manners.recipients?.[recipient];
      if (refusal === undefined) this.#to.push(recipient);
      this.#say(refusal ?? "250 ok");
    } else if (word === "DATA") {
      this.#data = [];
      this.#say("354 go on");
    } else if (word === "QUIT") {
      this.#say("221 bye");
      this.#socket.end();
    } else this.#say("250 ok");
  }

  #extensions(): string[] {
    const { tls, login } = this.manners;
    const offersTls = tls === "starttls" && !(this.#socket instanceof TLSSocket);
    return [...(offersTls ? ["250-STARTTLS"] : []), ...(login && !offersTls ? ["250-AUTH PLAIN"] : [])];
  }

  #encrypt(): void {
    this.#say("220 go on");
    const plain = this.#socket;
    plain.removeAllListeners("data");
    this.#socket = new TLSSocket(plain, {
      isServer: true,
      secureContext: createSecureContext(this.manners.certificate ?? {}),
    });
    this.#listen();
  }

  #login(line: string): void {
    const [, user, password] = Buffer.from(line.split(" ")[2] ?? "", "base64")
      .toString()
      .split("\0");
    const { login } = this.manners;
    if (user === login?.user && password === login?.password) {
      this.#user = user;
      this.#say("235 welcome");
    } else this.#say("535 Authentication failed");
  }

  #onData(line: string): void {
    if (line !== ".") {
      this.#data?.push(line.replace(/^\./, ""));
      return;
    }
    const text = (this.#data ?? []).join("\n");
    this.#data = undefined;
    const reply = this.manners.replies?.["."];
    if (reply === undefined) {
      const encrypted = this.#socket instanceof TLSSocket;
      this.received({ from: this.#from, to: this.#to.splice(0), text, encrypted, user: this.#user });
    }
    if (this.manners.stallAt !== ".") this.#say(reply ?? "250 queued");
  }
}

export class Relay {
  readonly mails: ReceivedMail[] = [];
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** May be changed between mails. */
  manners: RelayManners;

  private constructor(manners: RelayManners) {
    this.manners = manners;
    const onConnection = (socket: Socket): void => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      new Session(socket, this.manners, (mail) => this.mails.push(mail));
    };
    this.#server =
      manners.tls === "on"
        ? createTlsServer(manners.certificate ?? {}, onConnection)
        : createServer(onConnection);
  }

  static async open(manners: RelayManners = {}, port = 0): Promise<Relay> {
    const relay = new Relay(manners);
    await new Promise<void>((resolve) => {
      relay.#server.listen(port, manners.host ?? "127.0.0.1", resolve);
    });
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  subjects(): string[] {
    return this.mails.map(({ text }) => /^Subject: (.*)$/m.exec(text)?.[1] ?? "");
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
