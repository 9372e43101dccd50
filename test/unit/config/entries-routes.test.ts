/** The grammars of route and rule entries, and the options of addresses that only some lists know. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ReadOptions } from "../../../src/config/read-config.js";
import { brief, good, instance, read } from "./fake-files.js";

type Plain = Record<string, unknown>;

/** Without what every route has. */
function route(entry: string, options: Partial<ReadOptions> = {}): Plain {
  const config = good(`static_routes {\n ${entry}\n}\n`, options);
  const [{ position: _, ...rest } = {} as never] = config.vrrp.staticRoutes;
  const common: Plain = { family: 4, type: 1, table: 254, protocol: 18, onlink: false, noTrack: false };
  return Object.fromEntries(Object.entries(rest).filter(([key, value]) => common[key] !== value));
}
const routeSaid = (entry: string) => brief(read(`static_routes {\n ${entry}\n}\n`));
const to = { destination: "10.1.0.0", prefixLength: 16, device: "eth0" };
const plain = "10.1.0.0/16 dev eth0";

test("routes: metrics, of which some can be locked", () => {
  const metrics = (words: string) => route(`${plain} ${words}`)["metrics"];
  assert.deepEqual(metrics("advmss lock 1400 cwnd 5 ssthresh lock 6 reordering 7 window 8"), {
    locked: ["advmss", "ssthresh"],
    advertisedMssBytes: 1400,
    congestionWindowPackets: 5,
    slowStartThresholdPackets: 6,
    reordering: 7,
    windowBytes: 8,
  });
  assert.deepEqual(metrics("rtt 300ms rttvar lock 1s rto_min 1.5secs"), {
    locked: ["rttvar"],
    rttEighthMillis: 2400,
    rttVarianceQuarterMillis: 4000,
    retransmitTimeoutMinMillis: 1500,
  });
  assert.deepEqual(
    metrics(
      "hoplimit 255 initcwnd 1 initrwnd 2 quickack 1 fastopen_no_cookie 0 features ecn congctl lock cubic",
    ),
    {
      hopLimit: 255,
      initialCongestionWindowPackets: 1,
      initialReceiveWindowPackets: 2,
      quickAck: true,
      fastOpenWithoutCookie: false,
      ecn: true,
      locked: ["congctl"],
      congestionControl: "cubic",
    },
  );
  assert.deepEqual(route(`${plain} mtu lock 1400`), { ...to, mtu: 1400, metrics: { locked: ["mtu"] } });
  assert.deepEqual(routeSaid(`${plain} hoplimit 256`), [
    "2:32 error '256' must be a whole number from 0 to 255; the entry is ignored",
  ]);
  assert.deepEqual(routeSaid(`${plain} initcwnd lock 5`), [
    "2:32 error 'lock' must be a whole number from 0 to 4294967295; the entry is ignored",
  ]);
  assert.deepEqual(routeSaid(`${plain} rtt 500s`), [
    "2:27 warning '500s' is not within 0.2 and 120 seconds; 120000 ms is used",
  ]);
});

test("routes: families are forced by inet and inet6, and some words know only one", () => {
  assert.deepEqual(route("inet6 default via fe80::1 dev eth0"), {
    family: 6,
    destination: "::",
    prefixLength: 0,
    gateway: "fe80::1",
    device: "eth0",
  });
  assert.equal(route("inet default dev eth0")["destination"], "0.0.0.0");
  assert.equal(route("default6 dev eth0")["family"], 6);
  assert.deepEqual(route("10.1.0.0/16 via inet6 fe80::1 dev eth0"), {
    ...to,
    gateway: "fe80::1",
    gatewayFamily: 6,
  });
  assert.deepEqual(routeSaid("10.1.0.0/16 via inet6 10.0.0.1 dev eth0"), [
    "2:24 error this is no IPv6 address; the entry is ignored",
  ]);
  assert.deepEqual(route("2001:db8::/32 dev eth0 expires 9 pref low from 2001:db8:1::1/48"), {
    family: 6,
    destination: "2001:db8::",
    prefixLength: 32,
    device: "eth0",
    expiresSeconds: 9,
    preference: 3,
    from: { address: "2001:db8:1::", prefixLength: 48 },
  });
  for (const words of ["expires 9", "pref low", "from 10.0.0.0/8"])
    assert.match(routeSaid(`${plain} ${words}`).join(), /is possible with (IPv6|IPv6 only)/, words);
  assert.match(routeSaid("2001:db8::/32 dev eth0 realms 1").join(), /'realms' is possible with IPv4 only/);
  assert.match(routeSaid("inet6 10.1.0.0/16 dev eth0").join(), /the destination is of the other family/);
});

test("routes: encapsulation", () => {
  const encap = (words: string) => route(`10.1.0.0/16 encap ${words} dev eth0`)["encapsulation"];
  assert.deepEqual(encap("ip id 5 dst 10.0.0.1 src 10.0.0.2 tos 4 ttl 6 flags 1"), {
    type: "ip",
    id: 5,
    destination: "10.0.0.1",
    source: "10.0.0.2",
    tos: 4,
    ttl: 6,
    flags: 1,
  });
  assert.deepEqual(encap("ip6 dst fe80::1 src fe80::2 tc 5 hoplimit 6 flags 1 id 7"), {
    type: "ip6",
    id: 7,
    destination: "fe80::1",
    source: "fe80::2",
    trafficClass: 5,
    hopLimit: 6,
    flags: 1,
  });
  assert.deepEqual(encap("mpls 100/1048575"), { type: "mpls", labels: [100, 1048575] });
  assert.deepEqual(encap("ila 1:02:3:abcd"), { type: "ila", locator: "1:2:3:abcd" });
  const wrong: [string, RegExp][] = [
    ["", /'encap' must be followed by ip, ip6, mpls or ila; the entry is ignored/],
    ["seg6 x", /not 'seg6'/],
    ["ip", /'encap ip' needs 'dst' or 'id'/],
    ["ip dst fe80::1", /must be an IPv4 address/],
    ["ip ttl 256", /from 0 to 255/],
    ["mpls 1048576", /must be up to 16 labels/],
    ["mpls", /'mpls' needs LABEL/],
    ["ila x", /must be four hexadecimal groups/],
  ];
  for (const [words, expected] of wrong) assert.match(routeSaid(`${plain} encap ${words}`).join(), expected);
});

test("routes: next hops come last and are several", () => {
  assert.deepEqual(
    route(
      "10.1.0.0/16 no_track nexthop via 10.0.0.1 dev eth0 weight 256 onlink realms 1/2 nexthop via 10.0.0.2",
    ),
    {
      destination: "10.1.0.0",
      prefixLength: 16,
      noTrack: true,
      nextHops: [
        { gateway: "10.0.0.1", device: "eth0", weight: 256, onlink: true, realms: { from: 1, to: 2 } },
        { gateway: "10.0.0.2", weight: 1, onlink: false },
      ],
    },
  );
  assert.match(routeSaid("10.1.0.0/16 nexthop via 10.0.0.1 weight 257").join(), /from 1 to 256/);
  assert.match(
    routeSaid("10.1.0.0/16 nexthop via 10.0.0.1 no_track").join(),
    /what belongs to the route stands before 'nexthop'/,
  );
  assert.match(routeSaid("2001:db8::/32 no_track nexthop via 10.0.0.1").join(), /needs an IPv6 gateway/);
});

test("routes: old words, words for MPLS, and how they are inserted", () => {
  assert.deepEqual(routeSaid("10.1.0.0/16 gw 10.0.0.1 dev eth0"), [
    "2:14 deprecated 'gw' is deprecated; write 'via'",
  ]);
  assert.match(
    routeSaid("10.1.0.0/16 via 10.0.0.1 or 10.0.0.2 dev eth0").join(),
    /'or' is deprecated; write 'nexthop'/,
  );
  assert.match(routeSaid(`${plain} as to 10.0.0.1`).join(), /'as' is for MPLS only; the option is ignored/);
  assert.equal(route(`${plain} append`)["insert"], "append");
  assert.equal(route(`${plain} add`)["insert"], "add");
  assert.deepEqual(route(`${plain} add prepend`), to);
  assert.equal(route(`${plain} ttl-propagate enabled`)["ttlPropagate"], true);
});

test("routes: each type goes into the table that ip(8) puts it in", () => {
  assert.equal(route("local 10.1.0.1 dev eth0")["table"], 255);
  assert.equal(route("broadcast 10.1.0.255 dev eth0")["table"], 255);
  assert.equal(route("local 10.1.0.1 dev eth0 table 7")["table"], 7);
  assert.equal(route("multicast 239.0.0.0/8 dev eth0")["table"], undefined);
});

test("routes: what has no interface to track is put back all the same", () => {
  const [unreachable] = read("static_routes {\n unreachable 10.1.0.0/16\n}\n").config.vrrp.staticRoutes;
  assert.equal(unreachable?.noTrack, false);
});

test("names of tables, scopes, realms and groups that the host knows", () => {
  const names = new Map([
    ["table blue", 77],
    ["realm r", 9],
    ["scope s", 200],
    ["group g", 4],
  ]);
  const host: Partial<ReadOptions> = {
    routingName: (kind, name) => names.get(`${kind} ${name}`),
  };
  assert.equal(route(`${plain} table blue`, host)["table"], 77);
  assert.deepEqual(route(`${plain} realms r/3`, host)["realms"], { from: 9, to: 3 });
  assert.deepEqual(brief(read(`static_routes {\n ${plain} table nosuch\n}\n`, host)), [
    "2:29 error 'nosuch' must be a routing table: default, main, local, a name that the host knows or a number up to 4294967295; the route is ignored",
  ]);
  const address = read(
    instance("use_vmac group g\nvirtual_ipaddress {\n 10.0.0.2 scope s\n 10.0.0.3 scope x\n}"),
    host,
  );
  assert.deepEqual(brief(address).length, 1);
  assert.match(brief(address).join(), /'x' must be a scope: .*; the option is ignored/);
  const [found] = address.config.vrrp.instances;
  assert.deepEqual([found?.vmac?.group, found?.addresses.map(({ scope }) => scope)], [4, [200, 0, 0]]);
});

test("track_group is for static entries, use_vmac for virtual addresses", () => {
  const group = "track_group g {\n group { V }\n}\n";
  const config = good(
    `${group}static_ipaddress {\n 10.0.0.5 track_group g\n}\nstatic_routes {\n ${plain} track_group g\n}\nstatic_rules {\n iif eth0 table 5 preference 5 track_group g\n}\n${instance("virtual_ipaddress {\n 10.0.0.2 use_vmac\n}")}`,
  );
  const { staticAddresses, staticRoutes, staticRules, instances } = config.vrrp;
  assert.deepEqual(
    [staticAddresses[0]?.trackGroup, staticRoutes[0]?.trackGroup, staticRules[0]?.trackGroup],
    ["g", "g", "g"],
  );
  assert.equal(instances[0]?.addresses[0]?.useVmac, true);
  const wrong = (text: string, expected: RegExp) => assert.match(brief(read(text)).join(), expected);
  wrong("static_ipaddress {\n 10.0.0.5 use_vmac\n}\n", /unknown option 'use_vmac'/);
  wrong(instance("virtual_ipaddress {\n 10.0.0.5 track_group g\n}"), /unknown option 'track_group'/);
  wrong(instance(`virtual_routes {\n ${plain} track_group g\n}`), /unknown option 'track_group'/);
  wrong(`static_routes {\n ${plain} track_group g\n}\n${group}`, /'g' is defined only further down/);
  wrong(
    `${group}static_routes {\n 10.1.0.0/16 no_track track_group g\n}\n`,
    /needs 'dev INTERFACE' in the entry/,
  );
  wrong(
    `${group}static_rules {\n from 10.0.0.1 table 5 preference 5 track_group g\n}\n`,
    /needs 'iif INTERFACE' in the entry/,
  );
});

/** Without what every rule has. */
function rule(entry: string): Plain {
  const config = good(`static_rules {\n ${entry} preference 5\n}\n`);
  const [{ position: _, ...rest } = {} as never] = config.vrrp.staticRules;
  const common: Plain = { family: 4, preference: 5, protocol: 18, invert: false, noTrack: false };
  return Object.fromEntries(Object.entries(rest).filter(([key, value]) => common[key] !== value));
}
const ruleSaid = (entry: string) => brief(read(`static_rules {\n ${entry}\n}\n`));

test("rules: selectors", () => {
  const action = { kind: "table", table: 5 };
  const selected: [string, Plain][] = [
    ["from 10.0.0.1/8", { from: { address: "10.0.0.0", prefixLength: 8 } }],
    ["to 10.0.0.1", { to: { address: "10.0.0.1", prefixLength: 32 } }],
    ["from all to any", {}],
    ["not iif eth0", { invert: true, inputInterface: "eth0" }],
    ["dev eth0 oif eth1", { inputInterface: "eth0", outputInterface: "eth1" }],
    ["tos 0x10", { tos: 16 }],
    ["dsfield 255", { tos: 255 }],
    ["fwmark 0x10/0xff", { mark: { value: 16, mask: 255 } }],
    ["fwmark 7", { mark: { value: 7, mask: 0xffffffff } }],
    ["realms 1/2", { realms: { from: 1, to: 2 } }],
    ["suppress_prefixlength 0", { suppressPrefixLength: 0 }],
    ["sup_group default", { suppressInterfaceGroup: 0 }],
    ["tunnel-id 18446744073709551615", { tunnelId: "18446744073709551615" }],
    ["uidrange 1-5", { userIds: { from: 1, to: 5 } }],
    ["ipproto tcp", { ipProtocol: 6 }],
    ["ipproto 255", { ipProtocol: 255 }],
    ["sport 80-443", { sourcePorts: { from: 80, to: 443 } }],
    ["dport 53", { destinationPorts: { from: 53, to: 53 } }],
    ["protocol static no_track", { protocol: 4, noTrack: true }],
    ["inet6 from default", { family: 6 }],
    ["from 2001:db8::1/32", { family: 6, from: { address: "2001:db8::", prefixLength: 32 } }],
  ];
  for (const [words, expected] of selected)
    assert.deepEqual(rule(`${words} table 5`), { ...expected, action }, words);
});

test("rules: exactly one action", () => {
  assert.deepEqual(rule("lookup main")["action"], { kind: "table", table: 254 });
  assert.deepEqual(rule("type goto 0x10")["action"], { kind: "goto", preference: 16 });
  for (const kind of ["nop", "blackhole", "unreachable", "prohibit", "l3mdev"])
    assert.deepEqual(rule(kind)["action"], { kind });
  const wrong: [string, RegExp][] = [
    ["preference 5", /the rule does nothing/],
    ["l3mdev table 5 preference 5", /a rule does one thing only/],
    ["table 0 preference 5", /must not be table 0/],
    ["goto 4 preference 5", /'goto 4' does not lead forward from preference 5/],
    ["goto 10", /'goto' needs a rule with 'preference'/],
    ["sup_pl 5 blackhole preference 5", /'suppress_prefixlength' is possible with 'table' only/],
    ["realms 1 nop preference 5", /'realms' is possible with 'table' only/],
    ["from fe80::/64 realms 1 table 5 preference 5", /'realms' is possible with IPv4 only/],
    ["from 10.0.0.0/8 to fe80::/64 table 5 preference 5", /of the other family/],
    [
      "form 10.0.0.0/8 table 5 preference 5",
      /unknown option 'form'; the rule is ignored; did you mean 'from'\?/,
    ],
    ["dport 5-1 table 5 preference 5", /the second one not lower/],
    ["dport 65536 table 5 preference 5", /up to 65535/],
    ["tunnel-id 18446744073709551616 table 5 preference 5", /of 64 bits/],
    ["table 5 preference 4294967296", /up to 4294967295/],
  ];
  for (const [entry, expected] of wrong) {
    assert.match(ruleSaid(entry).join(), expected);
    assert.equal(read(`static_rules {\n ${entry}\n}\n`).config.vrrp.staticRules.length, 0);
  }
});

test("rules without preference get one, counted down per family in the order of the text", () => {
  const text = `${instance("virtual_rules {\n blackhole\n inet6 nop\n}")}static_rules {\n nop\n nop preference 3\n}\n`;
  const { config, testStatus } = read(text);
  const [found] = config.vrrp.instances;
  assert.deepEqual(
    [...(found?.rules ?? []), ...config.vrrp.staticRules].map(({ preference }) => preference),
    [16384, 16384, 16383, 3],
  );
  assert.equal(testStatus, 5);
  assert.match(
    brief(read(text)).join(),
    /the rule has no 'preference' and gets 16383, which is probably not what you want/,
  );
});
