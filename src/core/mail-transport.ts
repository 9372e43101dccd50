/**
 * One attempt to send one mail through one relay, by nodemailer. A bundle of its own, loaded at the first alert: most
 * daemons never send one.
 */
import { readFile } from "node:fs/promises";
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

/** Recipients that the relay did not accept, with its words. */
export type Refused = string[];

export type SendMail = (
  server: MailServer,
  route: MailRoute,
  mail: Mail,
  signal: AbortSignal,
) => Promise<Refused>;

function optionsOf({ host, port }: MailServer, route: MailRoute, ca: string | undefined) {
  const { tls, verify, login, heloName, timeoutMillis } = route;
  return {
    host,
    port,
    name: heloName,
    secure: tls === "on",
    requireTLS: tls === "starttls",
    ignoreTLS: tls === "off",
    tls: { rejectUnauthorized: verify, ...(ca !== undefined && { ca }) },
    ...(login && { auth: { user: login.user, pass: login.password } }),
    connectionTimeout: timeoutMillis,
    greetingTimeout: timeoutMillis,
    socketTimeout: timeoutMillis,
    dnsTimeout: timeoutMillis,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function failureOf(error: unknown): MailFailure {
  if (!(error instanceof Error)) return new MailFailure(String(error), false);
  const code = "responseCode" in error && typeof error.responseCode === "number" ? error.responseCode : 0;
  return new MailFailure(error.message.replace(/\s+/g, " "), code >= 500);
}

export const sendMail: SendMail = async (server, route, mail, signal) => {
  const ca = route.caFile === undefined ? undefined : await readFile(route.caFile, "utf8");
  const transport = nodemailer.createTransport(optionsOf(server, route, ca));
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("no time is left")), { once: true });
  });
  try {
    const { to, ...rest } = mail;
    const sent = transport.sendMail({ ...rest, to: [...to], xMailer: "Keepalived" });
    sent.catch(() => undefined); // when aborted, nobody looks at it any more
    const { rejected } = await Promise.race([sent, aborted]);
    return rejected ?? [];
  } catch (error) {
    throw failureOf(error);
  } finally {
    transport.close();
  }
};
