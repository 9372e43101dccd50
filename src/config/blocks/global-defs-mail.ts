/** `global_defs`: mails and the name of this machine. */
import { custom, flag, missingArgument, names, type Row, setting } from "../schema.js";
import { decodeBytes } from "../text.js";
import { text } from "../values/name.js";
import { boolean, integer, replaced } from "../values/number.js";

export const mailRows = {
  router_id: setting(
    text("STRING"),
    "Name of this machine in mails and notifications; the host name by default.",
    { lenient: true },
  ),
  notification_email: names("Recipients of alert mails.", { what: "ADDRESS", notActedOn: true }),
  notification_email_from: setting(text("ADDRESS"), "Sender of alert mails.", {
    lenient: true,
    notActedOn: true,
  }),
  smtp_server: smtpServer(),
  smtp_helo_name: setting(text("STRING"), "Name said to the mail relay; the host name by default.", {
    alone: "",
    notActedOn: true,
  }),
  smtp_connect_timeout: setting(replaced(integer(0, 4294), 0, 1), "Time to connect to the mail relay.", {
    default: 30,
    unit: "s",
    notActedOn: true,
  }),
  smtp_alert: setting(boolean, "Default of every smtp_alert.", { alone: true, notActedOn: true }),
  smtp_alert_vrrp: setting(
    boolean,
    "Default of smtp_alert of instances and sync groups; smtp_alert by default.",
    {
      alone: true,
      notActedOn: true,
    },
  ),
  smtp_alert_checker: setting(
    boolean,
    "Default of smtp_alert of virtual and real servers; smtp_alert by default.",
    { alone: true, notActedOn: true },
  ),
  no_email_faults: flag("No mail when an instance enters the fault state.", { notActedOn: true }),
  no_checker_emails: setting(boolean, "Mails only when a real server is added or removed.", {
    default: false,
    alone: true,
    notActedOn: true,
  }),
};

/** HOST [PORT]. */
function smtpServer(): Row<{ host: string; port: number } | undefined> {
  const port = integer(1, 65535);
  return custom<{ host: string; port: number } | undefined>(
    {
      syntax: "HOST [PORT]",
      doc: "Mail relay for alerts; port 25 by default.",
      default: undefined,
      read: (site) => {
        const [, host, portWord] = site.words;
        if (host === undefined) return missingArgument(site, "a host");
        const value = portWord === undefined ? 25 : port.read(portWord.text);
        if (typeof value === "number") return { host: decodeBytes(host.text), port: value };
        if (portWord) {
          const message = "the port must be a whole number from 1 to 65535; 25 is used";
          site.tree.diagnostics.report("invalidNumber", portWord, message);
        }
        return { host: decodeBytes(host.text), port: 25 };
      },
    },
    { notActedOn: true },
  );
}
