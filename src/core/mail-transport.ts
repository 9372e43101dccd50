/**
 * One attempt to send one mail through one relay, by nodemailer. A bundle of its own, loaded at the first alert: most
 * daemons never send one.
 */
import { lookup } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import nodemailer from "nodemailer";
import type { Mail, MailRoute, MailServer } from "../notify/mail-route.js";

/** Why an attempt failed, and whether another would too. */
export class MailFailure extends Error {
  constructor(
    message: string,
    readonly permanent: boolean,
  ) {
    super(message);
  }
}

/** A recipient that the relay did not accept while it took the mail for others. */
export interface Refusal {
  /** As in the envelope. */
  recipient: string;
  /** The relay's words. */
  reply: string;
  permanent: boolean;
}

export type SendMail = (
  server: MailServer,
  route: MailRoute,
  mail: Mail,
  signal: AbortSignal,
) => Promise<readonly Refusal[]>;

/**
 * Of a relay, as the system looks names up, /etc/hosts included: nodemailer would ask name servers alone, and they may
 * be what there is an alert about.
 */
async function addressesOf(host: string, timeoutMillis: number): Promise<string[]> {
  if (isIP(host) !== 0) return [host];
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the lookup of ${host} timed out`)), timeoutMillis);
  });
  try {
    const found = await Promise.race([lookup(host, { all: true }), late]);
    return found.map(({ address }) => address);
  } finally {
    clearTimeout(timer);
  }
}

function optionsOf(address: string, { host, port }: MailServer, route: MailRoute, ca: string | undefined) {
  const { tls, verify, login, heloName, timeoutMillis } = route;
  const servername = isIP(host) === 0 && { servername: host };
  return {
    host: address,
    port,
    name: heloName,
    secure: tls === "on",
    requireTLS: tls === "starttls",
    ignoreTLS: tls === "off",
    tls: { rejectUnauthorized: verify, ...servername, ...(ca !== undefined && { ca }) },
    ...(login && { auth: { user: login.user, pass: login.password } }),
    connectionTimeout: timeoutMillis,
    greetingTimeout: timeoutMillis,
    socketTimeout: timeoutMillis,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function failureOf(error: unknown): MailFailure {
  if (!(error instanceof Error)) return new MailFailure(String(error), false);
  const code = "responseCode" in error && typeof error.responseCode === "number" ? error.responseCode : 0;
  return new MailFailure(error.message.replace(/\s+/g, " "), code >= 500);
}

type Options = ReturnType<typeof optionsOf>;

async function sendBy(options: Options, mail: Mail, aborted: Promise<never>): Promise<Refusal[]> {
  const transport = nodemailer.createTransport(options);
  try {
    const { to, ...rest } = mail;
    const sent = transport.sendMail({ ...rest, to: [...to], xMailer: "Keepalived" });
    sent.catch(() => undefined); // when aborted, nobody looks at it any more
    const { rejectedErrors = [] } = await Promise.race([sent, aborted]);
    return rejectedErrors.map(({ recipient = "", response = "", responseCode = 0 }) => ({
      recipient,
      reply: response.replace(/\s+/g, " "),
      permanent: responseCode >= 500,
    }));
  } finally {
    transport.close();
  }
}

/** Whether there was no connection, so that the mail cannot have arrived. */
function neverConnected(error: unknown): boolean {
  return error instanceof Error && "command" in error && error.command === "CONN";
}

export const sendMail: SendMail = async (server, route, mail, signal) => {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("no time is left")), { once: true });
  });
  aborted.catch(() => undefined); // it may come when nothing is under way
  try {
    const ca = route.caFile === undefined ? undefined : await readFile(route.caFile, "utf8");
    const addresses = await Promise.race([addressesOf(server.host, route.timeoutMillis), aborted]);
    for (const address of addresses.slice(0, -1)) {
      try {
        return await sendBy(optionsOf(address, server, route, ca), mail, aborted);
      } catch (error) {
        if (!neverConnected(error)) throw error;
      }
    }
    return await sendBy(optionsOf(addresses.at(-1) ?? server.host, server, route, ca), mail, aborted);
  } catch (error) {
    throw failureOf(error);
  }
};
