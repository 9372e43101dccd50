/** `global_defs`: SNMP and D-Bus. */
import { quoted } from "../diagnostic.js";
import { custom, flag, missingArgument, once, type Row, setting } from "../schema.js";
import { decodeBytes } from "../text.js";
import { text } from "../values/name.js";
import { seconds } from "../values/number.js";

const LATER = { notActedOn: true } as const;
const age = seconds("0.001", "30");

export const monitoringRows = {
  snmp_socket: once(snmpSocket()),
  enable_traps: flag("Send SNMP traps.", LATER),
  enable_snmp_vrrp: flag("Serve VRRP in keepalived's MIB.", LATER),
  enable_snmp_keepalived: flag("Serve VRRP in keepalived's MIB.", {
    ...LATER,
    deprecated: "'enable_snmp_vrrp'",
    deprecatedQuietly: true,
  }),
  enable_snmp_rfc: flag("Serve both standard MIBs of VRRP.", LATER),
  enable_snmp_rfcv2: flag("Serve the MIB of RFC 2787.", LATER),
  enable_snmp_rfcv3: flag("Serve the MIB of RFC 6527.", LATER),
  enable_snmp_checker: flag("Serve virtual servers in keepalived's MIB.", LATER),
  snmp_vs_stats_update_interval: setting(age, "Greatest age of statistics of virtual servers.", {
    default: 5_000_000,
    unit: "s",
    lenient: true,
    ...LATER,
  }),
  snmp_rs_stats_update_interval: setting(
    age,
    "Greatest age of statistics of real servers; read with their virtual server by default.",
    { default: 0, unit: "s", lenient: true, ...LATER },
  ),
  enable_dbus: flag("Show the state of VRRP on D-Bus.", LATER),
  dbus_service_name: setting(text("NAME"), "Name on D-Bus.", {
    default: "org.keepalived.Vrrp1",
    lenient: true,
    ...LATER,
  }),
  dbus_no_interface_name: setting(text("NAME"), "Word in the paths of instances without interface.", {
    lenient: true,
    ...LATER,
  }),
};

/** ADDRESS, one word. */
function snmpSocket(): Row<string | undefined> {
  return custom<string | undefined>(
    {
      syntax: "ADDRESS",
      doc: "Where the SNMP master agent listens, like unix:/var/agentx/master.",
      default: undefined,
      read: (site) => {
        const [, word, extra] = site.words;
        if (word === undefined) return missingArgument(site, "an address", true);
        if (extra === undefined) return decodeBytes(word.text);
        const message = `'snmp_socket' takes one word: ${quoted(extra.text)} is too much; the line is ignored`;
        site.tree.diagnostics.report("general", extra, message);
        return undefined;
      },
    },
    LATER,
  );
}
