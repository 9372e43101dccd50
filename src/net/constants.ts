/**
 * Numbers of the Linux socket interface, in one place and only those in use.
 * Each group names the header it comes from. (Numbers of netlink messages are in ../netlink/constants.ts.)
 */

export { AF_INET, AF_INET6 } from "../netlink/constants.js";

// linux/socket.h, bits/socket.h
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const MSG_TRUNC = 0x20;
export const MSG_DONTROUTE = 0x04;

// asm-generic/socket.h
export const SOL_SOCKET = 1;
export const SO_RCVBUF = 8;
export const SO_BINDTODEVICE = 25;
export const SO_RCVBUFFORCE = 33;
export const SO_TIMESTAMPNS = 35;
export const SO_MARK = 36;

// linux/in.h
export const IPPROTO_IP = 0;
export const IPPROTO_IPV6 = 41;
export const IPPROTO_AH = 51;
export const IPPROTO_ICMP = 1;
export const IPPROTO_ICMPV6 = 58;
export const IP_RECVERR = 11;
export const IPV6_RECVERR = 25;
export const IPPROTO_VRRP = 112;
export const IPPROTO_RAW = 255;
export const IP_TTL = 2;
export const IP_HDRINCL = 3;
export const IP_PKTINFO = 8;
export const IP_RECVTTL = 12;
export const IP_FREEBIND = 15;
export const IP_MULTICAST_IF = 32;
export const IP_MULTICAST_LOOP = 34;
export const IP_ADD_MEMBERSHIP = 35;
export const IP_MULTICAST_ALL = 49;

// linux/in6.h
export const IPV6_CHECKSUM = 7;
export const IPV6_UNICAST_HOPS = 16;
export const IPV6_MULTICAST_IF = 17;
export const IPV6_MULTICAST_HOPS = 18;
export const IPV6_MULTICAST_LOOP = 19;
export const IPV6_ADD_MEMBERSHIP = 20;
export const IPV6_MULTICAST_ALL = 29;
export const IPV6_RECVPKTINFO = 49;
export const IPV6_PKTINFO = 50;
export const IPV6_RECVHOPLIMIT = 51;
export const IPV6_HOPLIMIT = 52;
export const IPV6_TCLASS = 67;
export const IPV6_FREEBIND = 78;

// linux/if_ether.h
export const ETH_P_IP = 0x0800;
export const ETH_P_ARP = 0x0806;
export const ETH_P_IPV6 = 0x86dd;
export const ETH_P_ALL = 0x0003;

// linux/if_arp.h
export const ARPHRD_ETHER = 1;

// linux/if.h
export const IFF_UP = 0x1;
export const IFF_RUNNING = 0x40;
export const IFF_NOARP = 0x80;

// linux/sockios.h
export const SIOCGIFFLAGS = 0x8913;
export const SIOCETHTOOL = 0x8946;
export const SIOCGMIIPHY = 0x8947;
export const SIOCGMIIREG = 0x8948;

// linux/ethtool.h
export const ETHTOOL_GLINK = 0x0a;

// linux/mii.h
export const MII_BMSR = 1;
export const BMSR_LSTATUS = 0x4;

// linux/netlink.h, socket side
export const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;
export const NETLINK_GENERIC = 16;
export const SOL_NETLINK = 270;
export const NETLINK_ADD_MEMBERSHIP = 1;
export const NETLINK_CAP_ACK = 10;
export const NETLINK_EXT_ACK = 11;
export const NETLINK_GET_STRICT_CHK = 12;
