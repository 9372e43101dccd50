/** From whom, to whom and by which relays mails go, and what one mail consists of. Pure. */
import type { MailServer, MailSettings } from "../config/global-model.js";
import type { Alert } from "./mail-queue.js";

export type { MailServer };

/** What the configuration says about mails; complete. */
export interface MailRoute {
  /** Tried in this order. */
  servers: readonly MailServer[];
  from: string;
  recipients: readonly string[];
  heloName: string;
  /** For each step of the dialogue. */
  timeoutMillis: number;
  tls: MailSettings["tls"];
  /** Whether the certificate must be good. */
  verify: boolean;
  /** File of the authorities to trust instead of the system's. */
  caFile?: string;
  login?: { user: string; password: string };
}

/** One mail, ready for a transport. */
export interface Mail {
  from: string;
  to: readonly string[];
  envelope: { from: string; to: string[] };
  subject: string;
  text: string;
  date: Date;
  /** The same for every attempt, so that a relay may notice a repetition. */
  messageId: string;
}

/** "Name <a@b>" → "a@b". */
export function envelopeAddress(address: string): string {
  const found = /<([^<>]*)>\s*$/.exec(address);
  return (found?.[1] ?? address).trim();
}

/** A name with a character that has a meaning in addresses is put in quotes. */
export function headerAddress(address: string): string {
  const found = /^(.*?)\s*<([^<>]*)>\s*$/.exec(address);
  const name = found?.[1] ?? "";
  if (found === null || name === "" || /^".*"$/.test(name) || !/[()<>@,;:\\".[\]]/.test(name)) return address;
  return `"${name.replace(/["\\]/g, "\\$&")}" <${found[2] ?? ""}>`;
}

/** Whoever has got it is not in the envelope. @param instance tells the mails of this run of the daemon from others */
export function composeMail(route: MailRoute, alert: Alert, instance: string): Mail {
  const { from, recipients, heloName } = route;
  return {
    from: headerAddress(from),
    to: recipients.map(headerAddress),
    envelope: { from: envelopeAddress(from), to: [...(alert.missing ?? recipients.map(envelopeAddress))] },
    subject: alert.subject,
    text: `${alert.body}\n\n`,
    date: new Date(alert.happenedAt),
    messageId: `<keepalived.${instance}.${alert.id}@${heloName}>`,
  };
}
