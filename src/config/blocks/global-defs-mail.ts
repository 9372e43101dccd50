/** `global_defs`: mails and the name of this machine. */
import { quoted } from "../diagnostic.js";
import type { MailServer } from "../global-model.js";
import { custom, flag, missingArgument, names, type Row, setting } from "../schema.js";
import { decodeBytes } from "../text.js";
import { parseIpv4 } from "../values/address.js";
import { oneOf, text } from "../values/name.js";
import { boolean, integer, replaced } from "../values/number.js";

const DEFAULT_PORT = 25;

export const mailRows = {
  router_id: setting(
    text("STRING"),
    "Name of this machine in mails and notifications; the host name by default.",
    { lenient: true },
  ),
  notification_email: names("Recipients of alert mails.", { what: "ADDRESS" }),
  notification_email_from: setting(text("ADDRESS"), "Sender of alert mails.", { lenient: true }),
  smtp_server: smtpServer(),
  smtp_helo_name: setting(text("STRING"), "Name said to the mail relay; the host name by default.", {
    alone: "",
  }),
  smtp_connect_timeout: setting(
    replaced(integer(0, 4294), 0, 1),
    "Time for each step of the dialogue with a mail relay.",
    { default: 30, unit: "s" },
  ),
  smtp_tls: setting(
    oneOf("off", "starttls", "on"),
    "Not in upstream. Encryption towards the mail relay: none, STARTTLS, or from the first byte. By default off, and starttls with smtp_user.",
    { lenient: true },
  ),
  smtp_tls_verify: setting(
    boolean,
    "Not in upstream. Whether the certificate of the mail relay must be good.",
    { default: true, alone: true },
  ),
  smtp_ca_file: setting(
    text("PATH"),
    "Not in upstream. Certificates (PEM) of the authorities that mail relays are trusted by, instead of the system's.",
    { lenient: true },
  ),
  smtp_user: setting(text("NAME"), "Not in upstream. Name for the login at the mail relay.", {
    lenient: true,
  }),
  smtp_password: setting(text("STRING"), "Not in upstream. Password for smtp_user.", { lenient: true }),
  smtp_alert: setting(boolean, "Default of every smtp_alert.", { alone: true }),
  smtp_alert_vrrp: setting(
    boolean,
    "Default of smtp_alert of instances and sync groups; smtp_alert by default.",
    {
      alone: true,
    },
  ),
  smtp_alert_checker: setting(
    boolean,
    "Default of smtp_alert of virtual and real servers; smtp_alert by default.",
    { alone: true },
  ),
  no_email_faults: flag("No mail when an instance enters the fault state."),
  no_checker_emails: setting(boolean, "Mails only when a real server is added or removed.", {
    default: false,
    alone: true,
  }),
};

/** HOST [PORT]; of several, the next one is tried when one fails (upstream knows only the last one). */
function smtpServer(): Row<readonly MailServer[]> {
  const port = integer(1, 65535);
  return custom<readonly MailServer[]>(
    {
      syntax: "HOST [PORT]",
      doc: "Mail relay for alerts; port 25 by default. Several lines (not in upstream): tried in their order.",
      default: [],
      read: (site, previous) => {
        const [, host, portWord] = site.words;
        if (host === undefined) return missingArgument(site, "a host");
        const value = portWord === undefined ? DEFAULT_PORT : port.read(portWord.text);
        if (typeof value !== "number" && portWord) {
          const message = `the port must be a whole number from 1 to 65535; ${DEFAULT_PORT} is used`;
          site.tree.diagnostics.report("invalidNumber", portWord, message);
        }
        if (/^\d+(\.\d+){3}$/.test(host.text) && parseIpv4(host.text) === undefined) {
          const message = `${quoted(host.text)} is no IPv4 address, and no name either; it is ignored`;
          site.tree.diagnostics.report("general", host, message);
          return undefined;
        }
        const server = {
          host: decodeBytes(host.text),
          port: typeof value === "number" ? value : DEFAULT_PORT,
        };
        return [...(previous?.value ?? []), server];
      },
    },
    { repeat: "accumulates" },
  );
}
