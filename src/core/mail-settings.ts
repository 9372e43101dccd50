/** From `global_defs` to the way of mails. Pure but for the name of the user, for a sender that nobody named. */
import { userInfo } from "node:os";
import type { GlobalConfig } from "../config/model.js";
import type { MailRoute } from "../notify/mail-route.js";

/** Undefined when there is nobody to send to, or no relay. */
export function mailRouteOf(global: GlobalConfig): MailRoute | undefined {
  const { mail, notificationEmail: recipients, notificationEmailFrom } = global;
  if (recipients.length === 0 || mail.servers.length === 0) return undefined;
  return {
    servers: mail.servers,
    from: notificationEmailFrom ?? `${userName()}@${mail.heloName}`,
    recipients,
    heloName: mail.heloName,
    timeoutMillis: global.smtpConnectTimeoutMicros / 1000,
    tls: mail.tls,
    verify: mail.verifyCertificate,
    ...(mail.caFile !== undefined && { caFile: mail.caFile }),
    ...(mail.user !== undefined && { login: { user: mail.user, password: mail.password ?? "" } }),
  };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "keepalived"; // without an entry in passwd
  }
}
