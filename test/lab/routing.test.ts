/** Addresses, routes and policy rules of a running router: as Debian's keepalived installs them, kept, and never left behind. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { Lab } from "./harness/lab.js";
import { labTest } from "./harness/lab-test.js";
import type { Host } from "./harness/network.js";
import { commandOf, type Product, removesRoutes } from "./harness/products.js";
import { crash, type Program } from "./harness/program.js";

const VIP = "10.86.0.100";

/** Each option that this kernel can show. MPLS and ILA need modules; unit tests compare their bytes with ip(8)'s. */
const ROUTES = `
  10.1.0.0/16 via 10.86.0.9 dev eth0
  10.2.0.0/16 dev eth0 scope link src 10.86.0.77 metric 5 table 1000 tos 0x10
  10.3.0.0/16 via 10.86.0.9 dev eth0 mtu lock 1400 hoplimit 5 advmss lock 1300 reordering lock 5 window 1000
  10.4.0.0/16 via 10.86.0.9 dev eth0 cwnd lock 10 ssthresh lock 50 initcwnd 11 initrwnd 12
  10.5.0.0/16 via 10.86.0.9 dev eth0 rtt 300ms rttvar 400ms features ecn quickack 1 fastopen_no_cookie 1 congctl lock reno
  10.6.0.0/16 metric 9 nexthop via 10.86.0.8 dev eth0 weight 3 nexthop via 10.86.0.9 dev eth0 onlink realms 1/2
  10.7.0.0/16 encap ip id 5 dst 198.51.100.9 src 198.51.100.8 ttl 7 tos 16 via 10.86.0.9 dev eth0
  10.8.0.0/16 encap ip6 id 6 dst 2001:db8::9 src 2001:db8::8 hoplimit 9 tc 8 dev eth0 scope link
  10.9.0.0/16 via 10.86.0.9 dev eth0 realms 3/5
  10.10.0.0/16 via 10.86.0.9 dev eth0 ttl-propagate enabled
  10.11.0.0/16 via 10.86.0.9 dev eth0 add
  10.12.0.0/16 via 10.86.0.9 dev eth0 append
  10.13.0.0/16 via 198.51.100.77 dev eth0 onlink
  10.14.0.0/16 via 10.86.0.9 dev eth0 protocol ospf no_track
  blackhole 10.20.0.0/16 no_track
  unreachable 10.21.0.0/16 no_track
  prohibit 10.22.0.0/16 no_track
  throw 10.23.0.0/16 no_track table 1000
  multicast 239.1.0.0/16 dev eth0 scope link
  2001:db8:1::/48 via fe80::9 dev eth0
  2001:db8:2::/48 from 2001:db8:9::/64 via fe80::9 dev eth0 metric 7
  2001:db8:3::/48 via fe80::9 dev eth0 pref high
  2001:db8:4::/48 nexthop via fe80::8 dev eth0 weight 2 nexthop via fe80::9 dev eth0
  2001:db8:5::/48 via fe80::9 dev eth0 mtu 1400 hoplimit 64 src 2001:db8:86::77
  2001:db8:6::/48 encap ip6 id 6 dst 2001:db8::9 dev eth0
`;

const RULES = `
  from 10.1.0.0/16 to 10.2.0.9 table 1000 preference 100
  not from 10.1.0.0/16 lookup main preference 101
  tos 0x10 fwmark 24/12 iif eth0 oif eth0 table 100 preference 102
  from 10.1.0.0/16 table 100 realms 30/20 suppress_prefixlength 0 suppress_ifgroup 3 preference 103
  uidrange 10000-19999 ipproto udp sport 10-20 dport 20-30 table 100 preference 104
  tunnel-id 4294967295 table 100 preference 105
  from 10.1.0.0/16 goto 200 preference 106
  from 10.1.0.0/16 nop preference 107
  from 10.1.0.0/16 blackhole preference 108
  from 10.1.0.0/16 unreachable preference 109
  from 10.1.0.0/16 prohibit preference 110
  l3mdev preference 111
  fwmark 0x17 table 100 preference 112
  from 2001:db8::/32 to 2001:db8:1::9 iif eth0 table 100 preference 113
  from 2001:db8::/32 l3mdev preference 114
  dsfield 0x08 from default table 100 preference 115
`;

/** Each option of addresses. */
const ADDRESSES = `
  10.87.0.78/24 label eth0:7 brd 10.87.0.255 scope site
  10.86.0.79/24 brd + dev eth0
  10.86.0.80/24 brd -
  10.86.0.81 peer 10.86.1.1
  10.86.0.82 noprefixroute
  239.86.0.1 autojoin
  2001:db8:86::80/64 home
  2001:db8:86::81/64 mngtmpaddr
  2001:db8:86::82/64 noprefixroute
  2001:db8:86::83/64 preferred_lft forever
  2001:db8:86::84/64 preferred_lft 0
  2001:db8:86::85/64 preferred_lft 200
  2001:db8:86::86
  2001:db8:86::87/64 -nodad
  2001:db8:86::88 peer 2001:db8:87::1
`;

interface Parts {
  addresses?: string;
  routes?: string;
  rules?: string;
  statics?: string;
}

function configuration({ addresses = "", routes = "", rules = "", statics = "" }: Parts): string {
  const block = (name: string, text: string): string => (text === "" ? "" : `${name} {\n${text}\n}\n`);
  return `${statics}
vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 86
  version 3
  advert_int 0.2
  virtual_ipaddress {
    ${VIP}/24
    10.86.0.77/24
  }
  virtual_ipaddress_excluded {
    2001:db8:86::77/64
    ${addresses}
  }
  ${block("virtual_routes", routes)}
  ${block("virtual_rules", rules)}
}
`;
}

async function addRouter(lab: Lab, name: string, number: number): Promise<Host> {
  return lab.addHost(name, { addresses: [`10.86.0.${number}/24`, `2001:db8:86::${number}/64`] });
}

async function becomeMaster(lab: Lab, host: Host, router: Program): Promise<void> {
  const from = router.output.all.length;
  await lab.waitFor(() => lab.holders.of(VIP).includes(host.name), 8_000, `${host.name} to become master`);
  await lab.waitFor(
    () => router.output.find(/Entering MASTER STATE/, Math.max(0, from - 30)),
    3_000,
    "its log",
  );
}

/** A route or rule that keepalived made, as ip(8) shows it. */
const OF_OURS = /^(?!.* inet6? ).* proto (keepalived|18|ospf)\b/;

/** What the kernel has of routes and rules that keepalived made, as ip(8) shows it. */
function shown(host: Host): string[] {
  const lists = [
    host.ip("-d", "route", "show", "table", "all"),
    host.ip("-6", "-d", "route", "show", "table", "all"),
    host.ip("-d", "rule"),
    host.ip("-6", "-d", "rule"),
  ];
  const lines = lists.map((text) =>
    text
      .replaceAll("\n\t", " ")
      .split("\n")
      .map((line) => line.trim()),
  );
  return lines.flat().filter((line) => OF_OURS.test(line));
}

/** Waits until it shows so many. */
async function settled(
  lab: Lab,
  host: Host,
  count: number,
  what: string,
  limitMs = 5_000,
): Promise<string[]> {
  let lines: string[] = [];
  return lab.poll(
    () => {
      lines = shown(host);
      return lines.length === count && lines;
    },
    limitMs,
    () => `${count} lines ${what}:\n${lines.join("\n")}`,
  );
}

/** What the kernel tells of addresses, routes and rules from now on, in its order and as ip(8) shows it. */
async function watchRoutes(lab: Lab, host: Host): Promise<() => string[]> {
  const monitor = lab.run(`ip monitor of routes on ${host.name}`, {
    namespace: host.namespace,
    command: ["ip", "-d", "monitor", "address", "route", "rule"],
  });
  const mark = (): void => {
    for (const verb of ["add", "delete"]) host.ip("rule", verb, "preference", "9", "table", "9");
  };
  await lab.heard(mark, () => monitor.output.find(/lookup 9/), "the monitor of routes");
  const from = monitor.output.all.length;
  return () =>
    monitor.output.all
      .slice(from)
      .map(({ text }) => text.trim())
      .filter((text) => !/^(Deleted )?9:|table local/.test(text));
}

const countOf = (text: string): number => text.trim().split("\n").length;
const ROUTE_COUNT = countOf(ROUTES);
const ALL = ROUTE_COUNT + countOf(RULES);
/** IPv6 routes are listed by both of the commands. */
const SIX = ROUTES.split("\n").filter((line) => line.includes("2001:db8:") && !line.includes("10.8.")).length;

/** Installs everything with one product and tells what is shown; then stops it. */
async function installed(lab: Lab, product: Product, number: number): Promise<string[]> {
  const host = await addRouter(lab, product, number);
  const router = lab.startRouter(host, product, configuration({ routes: ROUTES, rules: RULES }));
  await becomeMaster(lab, host, router);
  const lines = await settled(lab, host, ALL + SIX, `routes and rules of ${product}`);
  router.kill("SIGTERM");
  await lab.waitFor(() => !router.running, 5_000, `${product} to end`);
  if (removesRoutes(product)) assert.deepEqual(shown(host), [], `${product} left something`);
  return lines;
}

labTest(
  "each option of routes and rules is in the kernel as Debian's keepalived puts it there",
  ["ours", "debian"],
  async (lab) => {
    const theirs = await installed(lab, "debian", 1);
    const ours = await installed(lab, "ours", 2);
    assert.deepEqual(ours, theirs);
  },
);

/** Addresses of eth0 as ip(8) shows them, without what the lab gave it; lifetimes may have run for a second or two. */
function addressesShown(host: Host): string[] {
  return host
    .ip("-d", "-o", "address", "show", "dev", "eth0")
    .split("\n")
    .map((line) =>
      line
        .replace(/^\d+: eth0 +|\\ +/g, "")
        .replace(/ (proto|metric) \S+/g, "")
        .replace(
          /preferred_lft (\d+)sec/,
          (_, seconds: string) => `preferred_lft ${Math.ceil(Number(seconds) / 10)}0sec`,
        )
        .trim(),
    )
    .filter(
      (line) =>
        !/ (10\.86\.0\.[12]|2001:db8:86::[12]|fe80:\S+)\//.test(
          ` ${line}`.replace("inet6 ", "").replace("inet ", ""),
        ),
    )
    .filter((line) => line !== "");
}

async function installedAddresses(lab: Lab, product: Product, number: number): Promise<string[]> {
  const host = await addRouter(lab, product, number);
  const router = lab.startRouter(host, product, configuration({ addresses: ADDRESSES }));
  await becomeMaster(lab, host, router);
  const wanted = 3 + countOf(ADDRESSES);
  await lab.poll(
    () => addressesShown(host).length >= wanted,
    3_000,
    () => `${wanted} addresses:\n${addressesShown(host).join("\n")}`,
  );
  const lines = addressesShown(host);
  router.kill("SIGTERM");
  await lab.waitFor(() => !router.running, 5_000, `${product} to end`);
  // Debian's 2.2.7 leaves addresses with a peer behind.
  if (product === "ours") assert.deepEqual(addressesShown(host), [], "we left something");
  return lines;
}

labTest(
  "each option of addresses is in the kernel as Debian's keepalived puts it there",
  ["ours", "debian"],
  async (lab) => {
    const theirs = await installedAddresses(lab, "debian", 1);
    const ours = await installedAddresses(lab, "ours", 2);
    assert.equal(theirs.length, 3 + countOf(ADDRESSES), theirs.join("\n"));
    assert.deepEqual(ours, theirs);
  },
);

const SOME = {
  routes: "10.1.0.0/16 via 10.86.0.9 dev eth0\nblackhole 10.20.0.0/16\n2001:db8:1::/48 via fe80::9 dev eth0",
  rules: "from 10.1.0.0/16 table 1000 preference 100\nfrom 2001:db8::/32 blackhole preference 101",
};
const STATICS = `
static_routes {
  10.30.0.0/16 via 10.86.0.9 dev eth0 table 1000
}
static_rules {
  from 10.30.0.0/16 table 1000 preference 300
}
`;
const SOME_COUNT = 5;
/** The IPv6 route is shown twice. */
const SOME_SHOWN = SOME_COUNT + 1;
const STATICS_SHOWN = 2;

/** A master with SOME and STATICS. */
async function startMaster(lab: Lab, text = configuration({ ...SOME, statics: STATICS })) {
  const host = await addRouter(lab, "router", 1);
  const told = await watchRoutes(lab, host);
  const router = lab.startRouter(host, "ours", text);
  await becomeMaster(lab, host, router);
  await settled(lab, host, SOME_SHOWN + STATICS_SHOWN, "virtual ones come with mastership");
  const mastership = await lab.waitFor(() => told().find((line) => line.includes(VIP)), 3_000, "the address");
  const before = told().slice(0, told().indexOf(mastership));
  const statics = before.filter((line) => OF_OURS.test(line)).map((line) => line.replace(/ via.*|\t.*/, ""));
  assert.deepEqual(statics, ["unicast 10.30.0.0/16", "300:"], "static ones come before any mastership");
  return { host, router, file: lab.configurationOf(host) };
}

labTest("a fault takes virtual routes and rules away and leaves static ones", ["ours"], async (lab) => {
  const { host, router } = await startMaster(lab);
  host.unplug();
  await lab.waitFor(() => router.output.find(/Entering FAULT STATE/), 3_000, "the fault");
  const rest = await settled(lab, host, STATICS_SHOWN, "after the fault");
  assert.match(rest.join("\n"), /10\.30\.0\.0\/16 via.*\n300:/s);
  host.plug();
  await settled(lab, host, SOME_SHOWN + STATICS_SHOWN, "master again");
  router.kill("SIGTERM");
  await lab.waitFor(() => !router.running, 5_000, "it to end");
  assert.deepEqual(shown(host), []);
});

labTest(
  "kill -9 of the VRRP process leaves no virtual route or rule, of the whole daemon none after the restart",
  ["ours"],
  async (lab) => {
    const { host, router, file } = await startMaster(lab);
    const told = await watchRoutes(lab, host);
    const removed = (): string[] => told().filter((text) => text.startsWith("Deleted") && OF_OURS.test(text));
    const child = router.processes().find(({ command }) => command.includes("keepalived_vrrp"));
    assert.ok(child !== undefined);
    process.kill(child.pid, "SIGKILL");
    await lab.waitFor(
      () => router.output.find(/Removed \d+ addresses, routes and rules that a dead child left/),
      5_000,
      "core to clean up",
    );
    await lab.waitFor(() => removed().length === SOME_COUNT, 3_000, "the virtual ones to be removed");
    await settled(lab, host, SOME_SHOWN + STATICS_SHOWN, "master again");
    router.killAll();
    await lab.waitFor(() => !router.running, 5_000, "it to be dead");
    assert.equal(shown(host).length, SOME_SHOWN + STATICS_SHOWN);
    // The next one has its own /run, so what it knows comes from the file, which names half of it.
    writeFileSync(file, "");
    const again = lab.startRouter(host, "ours", configuration({ ...SOME, statics: STATICS }));
    await lab.waitFor(() => removed().length === 2 * SOME_COUNT, 5_000, "them to be removed at the start");
    await becomeMaster(lab, host, again);
    assert.ok(!removed().some((text) => text.includes("10.30.0.0/16")), "static ones stay all the time");
  },
);

labTest(
  "what somebody removes is back at once, with one line and without a transition",
  ["ours"],
  async (lab) => {
    const { host, router } = await startMaster(lab);
    const from = router.output.all.length;
    host.ip("route", "delete", "10.1.0.0/16");
    host.ip("route", "delete", "blackhole", "10.20.0.0/16");
    host.ip("rule", "delete", "preference", "100");
    host.ip("-6", "rule", "delete", "preference", "101");
    host.ip("route", "delete", "10.30.0.0/16", "table", "1000");
    host.ip("rule", "delete", "preference", "300");
    const removed = 6;
    const said = () => router.output.all.slice(from).filter(({ text }) => /somebody removed/.test(text));
    await lab.waitFor(() => said().length === removed, 3_000, "a line for each");
    await settled(lab, host, SOME_SHOWN + STATICS_SHOWN, "all are back");
    // A restart of a network manager: everything flushed, the link down and up.
    host.ip("route", "flush", "table", "all", "proto", "18");
    host.ip("rule", "flush", "protocol", "18");
    // ip(8) flushes up to ten times until nothing is left, after five of which we wait for ten seconds.
    await settled(lab, host, SOME_SHOWN + STATICS_SHOWN, "all are back after a flush", 15_000);
    assert.equal(router.output.find(/Entering (BACKUP|FAULT) STATE/, from), undefined);
    host.ip("link", "set", "eth0", "down");
    host.ip("link", "set", "eth0", "up");
    host.ip("-6", "address", "add", "2001:db8:86::1/64", "dev", "eth0");
    await settled(lab, host, SOME_SHOWN + STATICS_SHOWN, "all are back after the link");
  },
);

labTest("an IPv6 route has its source again when that was removed and is back", ["ours"], async (lab) => {
  const host = await addRouter(lab, "router", 1);
  const source = "2001:db8:86::77";
  const routes = `2001:db8:5::/48 dev eth0 src ${source}`;
  await becomeMaster(lab, host, lab.startRouter(host, "ours", configuration({ routes })));
  const route = (): string => host.ip("-6", "route", "show", "proto", "18");
  await lab.poll(() => route().includes(`src ${source}`), 3_000, "the route");
  const from = lab.holders.events.length;
  host.ip("address", "delete", `${source}/64`, "dev", "eth0");
  const back = () => lab.holders.events.slice(from).some(({ address, added }) => added && address === source);
  await lab.waitFor(back, 3_000, "the address to be back");
  await lab.poll(
    () => route().includes(`src ${source}`),
    3_000,
    () => `the source in ${route()}`,
  );
  assert.match(route(), new RegExp(`^2001:db8:5::/48 dev eth0 .*src ${source} `));
});

labTest("kill -9 of core: its VRRP process takes everything away", ["ours"], async (lab) => {
  const { host, router } = await startMaster(lab);
  const core = router.processes().find(({ command }) => /keepalived\.js|keepalived -n/.test(command));
  assert.ok(core !== undefined, JSON.stringify(router.processes()));
  process.kill(core.pid, "SIGKILL");
  await settled(lab, host, 0, "after the death of core");
  await lab.waitFor(() => lab.holders.of(VIP).length === 0, 3_000, "the address to be gone");
});

labTest(
  "a network manager that starts anew flushes addresses and links: everything comes back",
  ["ours"],
  async (lab) => {
    const { host, router } = await startMaster(lab);
    const from = router.output.all.length;
    host.ip("address", "flush", "dev", "eth0", "scope", "global");
    await lab.waitFor(
      () => router.output.find(/Entering FAULT STATE/, from),
      3_000,
      "no address to send from",
    );
    host.ip("link", "set", "eth0", "down");
    host.ip("link", "set", "eth0", "up");
    host.ip("address", "add", "10.86.0.1/24", "dev", "eth0");
    await lab.waitFor(() => router.output.find(/Entering MASTER STATE/, from), 8_000, "master again");
    await settled(lab, host, SOME_SHOWN + STATICS_SHOWN, "all routes and rules");
    assert.match(host.ip("address", "show", "dev", "eth0"), /10\.86\.0\.100\/24.*2001:db8:86::77\/64/s);
  },
);

labTest("a reload touches what differs and nothing else", ["ours"], async (lab) => {
  const { host, router, file } = await startMaster(lab);
  const told = await watchRoutes(lab, host);
  writeFileSync(
    file,
    configuration({
      routes: `${SOME.routes.replace("10.1.0.0/16 via 10.86.0.9 dev eth0", "10.1.0.0/16 via 10.86.0.9 dev eth0 mtu 1400")}\n10.2.0.0/16 via 10.86.0.9 dev eth0`,
      rules: SOME.rules.replace("preference 100", "preference 99"),
      statics: STATICS,
    }),
  );
  router.kill("SIGHUP");
  await lab.waitFor(() => router.output.find(/Reload complete/), 5_000, "the reload");
  // What the monitor shows comes in order: behind this there is nothing of the reload.
  host.ip("rule", "add", "preference", "8", "table", "9");
  const isMark = (text: string): boolean => text.startsWith("8:");
  await lab.waitFor(() => told().some(isMark), 3_000, "the end of what the monitor shows");
  const events = told()
    .filter((text) => !isMark(text))
    .sort();
  const what = events.map((text) => text.replace(/ dev eth0.*|\tfrom.*/, ""));
  assert.deepEqual(
    what,
    [
      "99:",
      "Deleted 100:",
      "Deleted unicast 10.1.0.0/16 via 10.86.0.9",
      "unicast 10.1.0.0/16 via 10.86.0.9",
      "unicast 10.2.0.0/16 via 10.86.0.9",
    ],
    events.join("\n"),
  );
});

labTest(
  "routes over an interface that is not there yet come with it; rules do not wait",
  ["ours"],
  async (lab) => {
    const statics = `global_defs {\n dynamic_interfaces\n}\nstatic_routes {\n 10.40.0.0/16 dev later0\n}\nstatic_rules {\n iif later0 table 7 preference 301\n}\n`;
    const host = await addRouter(lab, "router", 1);
    const router = lab.startRouter(host, "ours", configuration({ statics }));
    await lab.waitFor(
      () => router.output.find(/route 10\.40\.0\.0\/16 dev later0 waits: there is no later0/),
      5_000,
      "the log",
    );
    const [rule] = await settled(lab, host, 1, "the rule");
    assert.match(rule ?? "", /iif later0 \[detached\]/);
    host.ip("link", "add", "later0", "type", "veth", "peer", "name", "later1");
    host.ip("link", "set", "later1", "up");
    host.ip("link", "set", "later0", "up");
    await settled(lab, host, 2, "the route");
    await lab.waitFor(() => router.output.find(/10\.40\.0\.0\/16 dev later0 is there now/), 2_000, "the log");
    host.ip("link", "delete", "later0");
    await settled(lab, host, 1, "the interface is gone");
    host.ip("link", "add", "later0", "type", "veth", "peer", "name", "later1");
    host.ip("link", "set", "later1", "up");
    host.ip("link", "set", "later0", "up");
    await settled(lab, host, 2, "the route again");
  },
);

/** A setting of an interface in a host's namespace. */
function setting(host: Host, path: string, value?: string): string {
  const command = value === undefined ? `cat /proc/sys/net/${path}` : `echo ${value} > /proc/sys/net/${path}`;
  return execFileSync("ip", ["netns", "exec", host.namespace, "sh", "-c", command], {
    encoding: "utf8",
  }).trim();
}

labTest(
  "an address that another host has is told with what to do, and taken when the other one lets go",
  ["ours"],
  async (lab) => {
    const twice = "2001:db8:86::99";
    const other = await addRouter(lab, "other", 2);
    other.ip("-6", "address", "add", `${twice}/64`, "dev", "eth0", "nodad");
    const host = await addRouter(lab, "router", 1);
    setting(host, "ipv6/conf/eth0/accept_dad", "1");
    const router = lab.startRouter(host, "ours", configuration({ addresses: `${twice}/64 -nodad` }));
    await becomeMaster(lab, host, router);
    const said = await lab.waitFor(
      () => router.output.find(/2001:db8:86::99\/64 on eth0 is in use on another host/),
      5_000,
      "the duplicate to be told",
    );
    assert.match(said.text, /-nodad/);
    assert.equal(
      router.output.find(/Entering (BACKUP|FAULT) STATE/, router.output.all.indexOf(said)),
      undefined,
    );
    other.ip("-6", "address", "delete", `${twice}/64`, "dev", "eth0");
    const address = (): string => host.ip("-6", "address", "show", "to", twice);
    await lab.poll(() => / scope global(?! (dadfailed|tentative))/.test(address()), 15_000, address);
  },
);

labTest("an interface whose link-local address another host has says so", ["ours"], async (lab) => {
  const other = await addRouter(lab, "other", 2);
  other.ip("-6", "address", "add", "fe80::86/64", "dev", "eth0", "nodad");
  const host = await addRouter(lab, "router", 1);
  const text = `vrrp_instance VI_6 {\n interface eth0\n virtual_router_id 86\n virtual_ipaddress {\n fe80::99\n }\n}\n`;
  host.ip("-6", "address", "flush", "dev", "eth0", "scope", "link");
  setting(host, "ipv6/conf/eth0/accept_dad", "1");
  const router = lab.startRouter(host, "ours", text);
  await lab.waitFor(
    () => router.output.find(/\(VI_6\) no IPv6 address on eth0 to send from/),
    5_000,
    "the fault",
  );
  host.ip("-6", "address", "add", "fe80::86/64", "dev", "eth0");
  await lab.waitFor(
    () => router.output.find(/fe80::86 on eth0 is in use on another host .*: give one of the two another/),
    5_000,
    "what is wrong",
  );
  host.ip("-6", "address", "delete", "fe80::86/64", "dev", "eth0");
  host.ip("-6", "address", "add", "fe80::87/64", "dev", "eth0");
  await lab.waitFor(() => router.output.find(/Entering MASTER STATE/), 10_000, "it to serve");
});

labTest(
  "promote_secondaries is on while an instance wants it, and as before afterwards",
  ["ours"],
  async (lab) => {
    const text = (wanted: boolean) =>
      configuration({}).replace("version 3", wanted ? "version 3\n  promote_secondaries" : "version 3");
    const host = await addRouter(lab, "router", 1);
    const path = "ipv4/conf/eth0/promote_secondaries";
    setting(host, path, "0");
    const router = lab.startRouter(host, "ours", text(true));
    await becomeMaster(lab, host, router);
    assert.equal(setting(host, path), "1");
    const reload = async (wanted: boolean): Promise<void> => {
      const from = router.output.all.length;
      writeFileSync(lab.configurationOf(host), text(wanted));
      router.kill("SIGHUP");
      await lab.waitFor(() => router.output.find(/Reload complete/, from), 5_000, "the reload");
    };
    await reload(false);
    assert.equal(setting(host, path), "0");
    await reload(true);
    assert.equal(setting(host, path), "1");
    router.kill("SIGTERM");
    await lab.waitFor(() => !router.running, 5_000, "it to end");
    assert.equal(setting(host, path), "0");
  },
);

labTest(
  "promote_secondaries and disable_local_igmp after kill -9 of everything: the next stop knows what was before",
  ["ours"],
  async (lab) => {
    const host = await addRouter(lab, "router", 1);
    const paths = ["ipv4/conf/eth0/promote_secondaries", "ipv4/igmp_link_local_mcast_reports"] as const;
    setting(host, paths[0], "0");
    const settings = (): string[] => paths.map((path) => setting(host, path));
    const before = settings();
    const file = lab.configurationOf(host);
    const text = configuration({}).replace("version 3", "version 3\n  promote_secondaries");
    writeFileSync(file, `global_defs {\n  disable_local_igmp\n}\n${text}`);
    const router = lab.run("router (ours)", {
      namespace: host.namespace,
      command: ["sh", "-c", '"$@"; exec "$@"', "sh", ...commandOf("ours", file)],
      ownFolders: true,
    });
    const masters = (): number =>
      router.output.all.filter(({ text: line }) => line.includes("Entering MASTER STATE")).length;
    await lab.waitFor(() => masters() === 1, 6_000, "it to be master");
    assert.deepEqual(settings(), ["1", "0"]);
    crash(
      router
        .processes()
        .filter(({ command }) => !command.startsWith("sh "))
        .map(({ pid }) => pid),
    );
    await lab.waitFor(() => masters() === 2, 8_000, "the next one to be master");
    assert.deepEqual(settings(), ["1", "0"]);
    router.kill("SIGTERM");
    await lab.waitFor(() => !router.running, 5_000, "it to end");
    assert.deepEqual(settings(), before);
  },
);

const ONLY_STATICS = [
  ["static_ipaddress", "10.87.0.5/24 dev eth0", ["address", "show", "dev", "eth0"], /10\.87\.0\.5\/24/],
  ["static_routes", "10.87.0.0/16 via 10.86.0.9 dev eth0", ["route"], /10\.87\.0\.0\/16/],
  ["static_rules", "from 10.87.0.0/16 table 100 preference 100", ["rule"], /from 10\.87\.0\.0\/16/],
] as const;

labTest("one block of static entries, and nothing else in the file, as Debian's", ["ours"], async (lab) => {
  const host = await addRouter(lab, "router", 1);
  for (const [block, entry, command, sign] of ONLY_STATICS) {
    const router = lab.startRouter(host, "ours", `${block} {\n${entry}\n}\n`);
    await lab.waitFor(() => router.output.find(/Startup complete/), 5_000, "the start");
    assert.match(host.ip(...command), sign, block);
    router.kill("SIGTERM");
    await router.ended;
    assert.doesNotMatch(host.ip(...command), sign, `${block} after the stop`);
  }
});
