/** Sample lines for the words inside entries: addresses, routes, rules and entries of service groups. */

/** Options of entries: the whole line. `KIND option`. */
export const OPTION_LINES: Readonly<Record<string, readonly string[]>> = {
  "address (first word)": ["10.0.7.7", "10.0.7.7/0", "10.0.7.7/32", "fe80::7/64", "2001:db8::7/128"],
  "address scope": ["global", "nowhere", "host", "link", "site", "0", "255"],
  "address broadcast": ["10.0.7.255", "+", "-"],
  "address brd": ["10.0.7.255", "+", "-"],
  "address label": ["123456789012345"],
  "address peer": ["10.0.7.8"],
  "address dev": ["eth1"],
  "address preferred_lft": ["%", "forever"],
  "address track_group": ["G"],
  "route (destination)": [
    "10.8.0.0/16 via 10.0.0.9 dev eth0",
    "to 10.8.0.0/16 via 10.0.0.9 dev eth0",
    "default via 10.0.0.9 dev eth0",
    "any via 10.0.0.9 dev eth0",
    "all via 10.0.0.9 dev eth0",
    "blackhole 10.8.0.0/16 no_track",
    "unreachable 10.8.0.0/16 no_track",
    "prohibit 10.8.0.0/16 no_track",
    "throw 10.8.0.0/16 no_track",
    "unicast 10.8.0.0/16 dev eth0",
  ],
  "route inet": ["inet 10.8.0.0/16 via 10.0.0.9 dev eth0"],
  "route inet6": ["inet6 default via fe80::1 dev eth0"],
  "route src": ["10.8.0.0/16 src 10.0.0.1 via 10.0.0.9 dev eth0"],
  "route via": [
    "10.8.0.0/16 via 10.0.0.9 dev eth0",
    "10.8.0.0/16 via inet 10.0.0.9 dev eth0",
    "2001:db8::/32 via inet6 fe80::1 dev eth0",
  ],
  "route gw": ["10.8.0.0/16 gw 10.0.0.9 dev eth0"],
  "route or": ["10.8.0.0/16 dev eth0 via 10.0.0.9 or 10.0.0.10"],
  "route from": ["2001:db8::/32 from 2001:db8:1::/48 via fe80::1 dev eth0"],
  "route tos": ["10.8.0.0/16 tos % via 10.0.0.9 dev eth0"],
  "route dsfield": ["10.8.0.0/16 dsfield % via 10.0.0.9 dev eth0"],
  "route table": [
    "10.8.0.0/16 table % via 10.0.0.9 dev eth0",
    "10.8.0.0/16 table main via 10.0.0.9 dev eth0",
  ],
  "route protocol": [
    "10.8.0.0/16 protocol % no_track via 10.0.0.9 dev eth0",
    "10.8.0.0/16 protocol static no_track via 10.0.0.9 dev eth0",
  ],
  "route scope": ["10.8.0.0/16 scope % dev eth0", "10.8.0.0/16 scope link dev eth0"],
  "route encap": [
    "10.8.0.0/16 encap ip id 5 dst 10.1.1.1 src 10.1.1.2 tos 1 ttl 64 flags 0 dev eth0",
    "10.8.0.0/16 encap ip6 id 5 dst fe80::1 src fe80::2 tc 1 hoplimit 64 flags 0 dev eth0",
    "10.8.0.0/16 encap mpls 100/200 via 10.0.0.9 dev eth0",
    "2001:db8::/32 encap ila 1:2:3:4 via fe80::1 dev eth0",
  ],
  "route expires": ["2001:db8::/32 expires 100 via fe80::1 dev eth0"],
  "route hoplimit": ["10.8.0.0/16 hoplimit % via 10.0.0.9 dev eth0"],
  "route realms": [
    "10.8.0.0/16 realms 5 via 10.0.0.9 dev eth0",
    "10.8.0.0/16 realms 4/5 via 10.0.0.9 dev eth0",
  ],
  "route quickack": [
    "10.8.0.0/16 quickack 0 via 10.0.0.9 dev eth0",
    "10.8.0.0/16 quickack 1 via 10.0.0.9 dev eth0",
  ],
  "route fastopen_no_cookie": ["10.8.0.0/16 fastopen_no_cookie 1 via 10.0.0.9 dev eth0"],
  "route congctl": [
    "10.8.0.0/16 congctl cubic via 10.0.0.9 dev eth0",
    "10.8.0.0/16 congctl lock cubic via 10.0.0.9 dev eth0",
  ],
  "route pref": [
    "2001:db8::/32 pref low via fe80::1 dev eth0",
    "2001:db8::/32 pref high via fe80::1 dev eth0",
  ],
  "route features": ["10.8.0.0/16 features ecn via 10.0.0.9 dev eth0"],
  "route ttl-propagate": ["10.8.0.0/16 ttl-propagate enabled via 10.0.0.9 dev eth0"],
  "route as": [
    "10.8.0.0/16 via 10.0.0.9 dev eth0 as to 10.1.1.1",
    "10.8.0.0/16 via 10.0.0.9 dev eth0 as 10.1.1.1",
  ],
  "route nexthop": [
    "10.8.0.0/16 no_track nexthop via 10.0.0.9 dev eth0 weight 1 nexthop via inet 10.0.0.10 weight 256 onlink realms 5",
  ],
  "route dev": ["10.8.0.0/16 dev eth0"],
  "route oif": ["10.8.0.0/16 oif eth0"],
  "route onlink": ["10.8.0.0/16 via 10.0.0.9 dev eth0 onlink"],
  "route track_group": ["10.8.0.0/16 track_group G dev eth0"],
  "route vrf": ["10.8.0.0/16 vrf blue via 10.0.0.9 dev eth0"],
  "rule inet": ["inet from 10.8.0.0/16 lookup 5 preference 100"],
  "rule inet6": ["inet6 from 2001:db8::/32 lookup 5 preference 100", "inet6 to all lookup 5 preference 100"],
  "rule from": [
    "from 10.8.0.0/16 lookup 5 preference 100",
    "from all lookup 5 preference 100",
    "from default lookup 5 preference 100",
  ],
  "rule to": ["to 10.8.0.0/16 lookup 5 preference 100", "to any lookup 5 preference 100"],
  "rule table": ["from 10.8.0.0/16 table % preference 100", "from 10.8.0.0/16 table main preference 100"],
  "rule lookup": ["from 10.8.0.0/16 lookup % preference 100"],
  "rule not": ["not from 10.8.0.0/16 lookup 5 preference 100"],
  "rule preference": ["from 10.8.0.0/16 lookup 5 preference %", "from 10.8.0.0/16 lookup 5 preference 0x10"],
  "rule order": ["from 10.8.0.0/16 lookup 5 order 100"],
  "rule priority": ["from 10.8.0.0/16 lookup 5 priority 100"],
  "rule tos": ["tos % lookup 5 preference 100"],
  "rule dsfield": ["dsfield % lookup 5 preference 100"],
  "rule fwmark": ["fwmark 5 lookup 5 preference 100", "fwmark 0x5/0xff lookup 5 preference 100"],
  "rule realms": [
    "from 10.8.0.0/16 realms 4/5 lookup 5 preference 100",
    "from 10.8.0.0/16 realms 5 lookup 5 preference 100",
  ],
  "rule suppress_prefixlength": ["from 10.8.0.0/16 lookup 5 suppress_prefixlength % preference 100"],
  "rule sup_pl": ["from 10.8.0.0/16 lookup 5 sup_pl 0 preference 100"],
  "rule suppress_ifgroup": ["from 10.8.0.0/16 lookup 5 suppress_ifgroup 5 preference 100"],
  "rule sup_group": ["from 10.8.0.0/16 lookup 5 sup_group 5 preference 100"],
  "rule iif": ["iif eth0 lookup 5 preference 100"],
  "rule dev": ["dev eth0 lookup 5 preference 100"],
  "rule oif": ["oif eth0 lookup 5 preference 100"],
  "rule tunnel-id": ["tunnel-id 18446744073709551615 lookup 5 preference 100"],
  "rule uidrange": ["uidrange 0-1000 lookup 5 preference 100"],
  "rule l3mdev": ["l3mdev preference 100"],
  "rule protocol": ["from 10.8.0.0/16 no_track protocol % lookup 5 preference 100"],
  "rule ipproto": ["ipproto tcp lookup 5 preference 100", "ipproto % lookup 5 preference 100"],
  "rule sport": ["ipproto tcp sport 1-1000 lookup 5 preference 100"],
  "rule dport": ["ipproto tcp dport 1-1000 lookup 5 preference 100"],
  "rule type": ["blackhole", "unreachable", "prohibit", "goto 200", "nop"].map(
    (type) => `from 10.8.0.0/16 type ${type} preference 100`,
  ),
  "rule goto": ["from 10.8.0.0/16 goto 200 preference 100"],
  "rule nop": ["from 10.8.0.0/16 nop preference 100"],
  "rule blackhole": ["from 10.8.0.0/16 blackhole preference 100"],
  "rule unreachable": ["from 10.8.0.0/16 unreachable preference 100"],
  "rule prohibit": ["from 10.8.0.0/16 prohibit preference 100"],
  "rule track_group": ["iif eth0 lookup 5 preference 100 track_group G"],
  "group (address)": ["10.0.0.3", "10.0.0.3 80", "2001:db8::3 80"],
  "group (range)": ["10.0.0.3-10 80", "192.168.200.250-192.168.201.10 80", "2001:db8::10-2f 80"],
  "group (network)": ["192.168.202.8/29 80", "192.168.202.8/29"],
  "group fwmark": ["fwmark %", "fwmark 5 inet", "fwmark 5 inet6"],
};
for (const name of ["metric", "priority", "preference"])
  Object.assign(OPTION_LINES, { [`route ${name}`]: [`10.8.0.0/16 ${name} % via 10.0.0.9 dev eth0`] });
for (const name of ["mtu", "advmss", "reordering", "cwnd", "ssthresh"])
  Object.assign(OPTION_LINES, {
    [`route ${name}`]: ["", "lock "].map((lock) => `10.8.0.0/16 ${name} ${lock}100 via 10.0.0.9 dev eth0`),
  });
for (const name of ["window", "initcwnd", "initrwnd"])
  Object.assign(OPTION_LINES, { [`route ${name}`]: [`10.8.0.0/16 ${name} 100 via 10.0.0.9 dev eth0`] });
for (const name of ["rtt", "rttvar", "rto_min"])
  Object.assign(OPTION_LINES, {
    [`route ${name}`]: ["2000", "300ms", "1s", "1sec", "1secs", "lock 300ms"].map(
      (time) => `10.8.0.0/16 ${name} ${time} via 10.0.0.9 dev eth0`,
    ),
  });
