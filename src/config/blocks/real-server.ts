/** Keywords of `real_server`: one server of a pool, and what checks it. */
import { block, setting, table } from "../schema.js";
import { forwarding } from "../values/forwarding.js";
import { text } from "../values/name.js";
import { boolean, integer } from "../values/number.js";
import { script } from "../values/script.js";
import { dnsCheck } from "./checkers/dns.js";
import { bfdCheck, fileCheck } from "./checkers/follow.js";
import { httpGet, sslGet } from "./checkers/http.js";
import { miscCheck } from "./checkers/misc.js";
import { smtpCheck } from "./checkers/smtp.js";
import { pingCheck, tcpCheck } from "./checkers/tcp.js";
import { inheritedRows } from "./checkers/timing.js";
import { udpCheck } from "./checkers/udp.js";
import { exactlyOne } from "./service-block.js";

const threshold = integer(0, 0xffffffff);

export const realServer = table("real_server", {
  ...inheritedRows,
  weight: setting(integer(0, 2147483647), "Weight, the virtual server's by default; 0: no new connections."),
  lvs_method: forwarding("How packets get to this server; as the virtual server says by default."),
  uthreshold: setting(threshold, "Connections above which it gets no new ones; 0 for none.", {
    default: 0,
    unit: "connections",
  }),
  lthreshold: setting(threshold, "Connections below which it gets new ones again; 0 for none.", {
    default: 0,
    unit: "connections",
  }),
  inhibit_on_failure: setting(boolean, "Weight 0 instead of removal on failure.", { alone: true }),
  notify_up: script("Run when the server comes up."),
  notify_down: script("Run when the server goes down."),
  alpha: setting(boolean, "Down until the first success of its checkers.", { alone: true }),
  smtp_alert: setting(boolean, "Mail on changes of its state; smtp_alert_checker, smtp_alert, else on.", {
    alone: true,
  }),
  virtualhost: setting(text("STRING"), "Host header of its HTTP and SSL checks.", { lenient: true }),
  snmp_name: exactlyOne("Text served over SNMP.", { notActedOn: true }),
  TCP_CHECK: block(tcpCheck, "Opens a TCP connection.", { name: "none" }),
  UDP_CHECK: block(udpCheck, "Sends a datagram.", { name: "none" }),
  PING_CHECK: block(pingCheck, "Sends an ICMP echo.", { name: "none" }),
  HTTP_GET: block(httpGet, "Makes HTTP requests.", { name: "none" }),
  SSL_GET: block(sslGet, "Makes HTTPS requests.", { name: "none" }),
  SMTP_CHECK: block(smtpCheck, "Speaks SMTP.", { name: "none" }),
  DNS_CHECK: block(dnsCheck, "Asks a name server.", { name: "none" }),
  MISC_CHECK: block(miscCheck, "Runs a script.", { name: "none" }),
  FILE_CHECK: block(fileCheck, "Follows the number in a file.", { name: "none" }),
  BFD_CHECK: block(bfdCheck, "Follows a BFD session.", { name: "none", notActedOn: true }),
});
