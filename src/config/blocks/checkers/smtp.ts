/** `SMTP_CHECK`: a greeting, HELO and QUIT; and the `host` blocks of old. */
import { block, setting, table } from "../../schema.js";
import { text } from "../../values/name.js";
import { connectionRows, scheduleRows } from "./timing.js";

const smtpHost = table("host", { ...connectionRows, ...scheduleRows });

export const smtpCheck = table("SMTP_CHECK", {
  ...connectionRows,
  ...scheduleRows,
  helo_name: setting(text("STRING"), "Name sent in HELO.", {
    default: "smtpchecker.keepalived.org",
    lenient: true,
  }),
  host: block(smtpHost, "A further address to check, by a checker of its own.", {
    name: "none",
    deprecated: "one SMTP_CHECK for each address",
    deprecatedQuietly: true,
  }),
});
