/** `-v`: what is running here, and which of keepalived's features it has, in words that scripts look for. */
import { release, version } from "node:os";

export const VERSION = "0.1.0";
/** The release of keepalived whose behaviour is followed. */
const UPSTREAM_VERSION = "2.4.3";

/** Features of this version, in upstream's words. */
const FEATURES = [
  ...["NFTABLES", "LVS", "REGEX", "VRRP", "VRRP_AUTH", "VRRP_VMAC", "LINKBEAT", "JSON"],
  ...["OLD_CHKSUM_COMPAT", "INIT=systemd", "SYSTEMD_NOTIFY"],
];

/** Of the kernel's interfaces those that are used where the kernel has them, in upstream's words, and what is our own. */
const INTERFACES = [
  ...["NODE_API", "NETLINK", "IPV6_MULTICAST_ALL", "IFA_FLAGS", "INET6_ADDR_GEN_MODE", "IFLA_LINK_NETNSID"],
  ...["VRRP_IPVLAN", "VRF", "SO_MARK", "RTEXT_FILTER_SKIP_STATS"],
  ...["RTA_ENCAP", "RTA_EXPIRES", "RTA_PREF", "RTA_VIA", "RTA_TTL_PROPAGATE"],
  ...[
    "RTAX_CC_ALGO",
    "RTAX_QUICKACK",
    "RTAX_FASTOPEN_NO_COOKIE",
    "LWTUNNEL_ENCAP_MPLS",
    "LWTUNNEL_ENCAP_ILA",
  ],
  ...["FRA_SUPPRESS_PREFIXLEN", "FRA_SUPPRESS_IFGROUP", "FRA_TUN_ID", "FRA_L3MDEV", "FRA_UID_RANGE"],
  ...["FRA_PROTOCOL", "FRA_IP_PROTO", "FRA_SPORT_RANGE", "FRA_DPORT_RANGE"],
  ...["IPVS_DEST_ATTR_ADDR_FAMILY", "IPVS_SYNCD_ATTRIBUTES", "IPVS_64BIT_STATS"],
  ...["IPVS_TUN_TYPE", "IPVS_TUN_CSUM", "IPVS_TUN_GRE"],
];

export function versionText(): string {
  return [
    `Keepalived v${VERSION} (follows keepalived v${UPSTREAM_VERSION}, in TypeScript on Node.js ${process.version})`,
    "",
    `Running on Linux ${release()} ${version()}`,
    "",
    `Config options:  ${FEATURES.join(" ")}`,
    "",
    `System options:  ${INTERFACES.join(" ")}`,
    "",
  ].join("\n");
}
