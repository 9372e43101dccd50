/** Keywords of `vrrp_instance` about interfaces, peers, authentication and what a master holds. */
import { block, custom, entries, flag, once, type Row, setting, table } from "../schema.js";
import { anyAddress } from "../values/address.js";
import { interfaceName, oneOf, text } from "../values/name.js";
import { addressAlone } from "../values/noted.js";
import { boolean, integer } from "../values/number.js";
import { virtualAddressEntry } from "./address-entry.js";
import { authHmac } from "./auth-hmac.js";
import { virtualRouteEntry } from "./route-entry.js";
import { virtualRuleEntry } from "./rule-entry.js";
import { peerEntry } from "./tracking.js";
import { useIpvlan, useVmac } from "./vrrp-instance-links.js";

export const authentication = table("authentication", {
  auth_type: setting(oneOf("PASS", "AH"), "Kind of authentication (version 2 only)."),
  auth_pass: setting(text("STRING"), "Shared secret, up to 8 bytes."),
});

const LARGEST_BUFFER = 0xffffffff;

const lone = addressAlone(anyAddress);

export const networkRows = {
  interface: setting(interfaceName, "Interface of the virtual router."),
  use_vmac: useVmac(),
  use_vmac_addr: flag("Use VMAC interfaces also for addresses on other interfaces."),
  vmac_xmit_base: flag("Send and receive adverts on the base interface, not on the VMAC."),
  use_ipvlan: useIpvlan(),
  vrf: once(setting(interfaceName, "VRF of a unicast instance without interface.")),
  promote_secondaries: flag("Set promote_secondaries on the interface."),
  linkbeat_use_polling: flag("Poll the link of the interface.", {
    deprecated: "the block 'linkbeat_interfaces'",
  }),
  mcast_src_ip: setting(lone, "Source address of adverts."),
  unicast_src_ip: setting(lone, "Source address of unicast adverts."),
  mcast_dst_ip: setting(lone, "Multicast group of adverts."),
  track_src_ip: flag("The configured source address missing is a fault."),
  unicast_peer: entries(peerEntry, "Routers that adverts are sent to one by one.", { distinct: true }),
  unicast_ttl: setting(integer(0, 255), "TTL of unicast adverts."),
  unicast_fault_no_peer: flag("A unicast keyword without peers is a fault, and not multicast."),
  check_unicast_src: flag("Accept unicast adverts only from the peers."),
  old_unicast_checksum: oldChecksum(),
  v3_checksum_as_v2: setting(boolean, "Version 3 with IPv4: the checksum leaves out the pseudo header.", {
    alone: true,
  }),
  native_ipv6: flag("Use IPv6 although no address says so.", {
    deprecated: "addresses of the family instead",
  }),
  kernel_rx_buf_size: receiveBuffer(),
  authentication: block(authentication, "Authentication of version 2.", { name: "none", merge: true }),
  auth_hmac: block(authHmac, "Signed adverts, for both versions and families.", {
    name: "none",
    merge: true,
  }),
  virtual_ipaddress: entries(virtualAddressEntry, "Addresses that are advertised, and held while master.", {
    distinct: true,
  }),
  virtual_ipaddress_excluded: entries(
    virtualAddressEntry,
    "Addresses held while master but not advertised.",
    { distinct: true },
  ),
  virtual_routes: entries(virtualRouteEntry, "Routes installed while master.", { distinct: true }),
  virtual_rules: entries(virtualRuleEntry, "Policy rules installed while master."),
  no_virtual_ipaddress: flag("An instance without addresses is meant."),
  accept: flag("Accept packets to the addresses (default; in strict mode only an owner does)."),
  no_accept: flag("Drop packets to the addresses while not owner, but for neighbour discovery."),
  lvs_sync_daemon_interface: once(
    setting(interfaceName, "Interface of the IPVS synchronisation that follows this instance.", {
      deprecated: "'lvs_sync_daemon' in global_defs",
    }),
  ),
};

/** [never]. */
function oldChecksum(): Row<"always" | "never" | undefined> {
  return setting<"always" | "never">(
    {
      syntax: "never",
      read: (word) => {
        const read = oneOf("never").read(word);
        return read === "never" ? "never" : read;
      },
    },
    "Unicast checksum of version 3 as before keepalived 1.3.7: always, or never looked for.",
    { alone: "always" },
  );
}

/** Exactly one argument. */
function receiveBuffer(): Row<number | undefined> {
  const row = setting(integer(0, LARGEST_BUFFER), "Receive buffer of the socket.", {
    lenient: true,
    unit: "bytes",
  });
  return custom<number | undefined>(
    {
      ...row,
      read: (site, previous) => {
        const extra = site.words[2];
        if (extra === undefined) return row.read(site, previous);
        const message = `'${site.head.text}' takes exactly one number; the line is ignored`;
        site.tree.diagnostics.report("general", extra, message);
        return undefined;
      },
    },
    { unit: "bytes" },
  );
}
