/**
 * Keywords that virtual servers, real servers and checkers share: each takes what it does not say from the one around
 * it. Declared once and spread into their tables.
 */
import { setting } from "../../schema.js";
import { interfaceName } from "../../values/name.js";
import { anyAddress } from "../../values/address.js";
import { addressAlone } from "../../values/noted.js";
import { boolean, integer, seconds } from "../../values/number.js";

const LARGEST_32 = 0xffffffff;
/** 64 bits of microseconds. */
const LONGEST = "18446744073709.551614";
const connectTimeout = seconds("0.000001", "4294.967295");

/** Delays, without `retry`, whose range differs. */
const delayRows = {
  delay_loop: setting(seconds("0.000001", LONGEST), "Interval between checks.", { unit: "s" }),
  delay_before_retry: setting(seconds("0", LONGEST), "Delay before a retry.", { unit: "s" }),
  warmup: setting(
    seconds("0", LONGEST),
    "Upper bound of the random delay before the first check, delay_loop by default; 0 turns it off.",
    { unit: "s" },
  ),
};

const connectTimeoutRow = setting(connectTimeout, "Time to connect, and to get an answer.", {
  unit: "s",
});

/** What a virtual server or real server says for all checkers below it. */
export const inheritedRows = {
  ...delayRows,
  connect_timeout: connectTimeoutRow,
  retry: setting(integer(1, LARGEST_32), "Failures in a row that are forgiven.", { unit: "attempts" }),
};

/** What every checker with a timer has. */
export const scheduleRows = {
  ...delayRows,
  retry: setting(integer(0, LARGEST_32), "Failures in a row that are forgiven.", { unit: "attempts" }),
  alpha: setting(boolean, "Down until the first success.", { alone: true }),
  log_all_failures: setting(boolean, "Log each failure, not only the one that counts.", { alone: true }),
};

/** What every checker with a socket has. */
export const connectionRows = {
  connect_ip: setting(addressAlone(anyAddress), "Address to check; the real server's by default."),
  connect_port: setting(integer(1, 65535), "Port to check; the real server's by default."),
  bindto: setting(addressAlone(anyAddress), "Source address."),
  bind_port: setting(integer(1, 65535), "Source port."),
  bind_if: setting(interfaceName, "Interface to send from; needed for link-local addresses."),
  connect_timeout: connectTimeoutRow,
  fwmark: setting(integer(0, LARGEST_32), "Firewall mark of the packets.", { default: 0 }),
};
