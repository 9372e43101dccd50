/** Ours beside Debian's keepalived, both ways round and three mixed, over every kind of advert. */
import assert from "node:assert/strict";
import { describe } from "node:test";
import type { Lab } from "./harness/lab.js";
import { labTest } from "./harness/lab-test.js";
import { unlawfulAdverts, unlawfulOverlaps } from "./harness/mastership.js";
import type { Host } from "./harness/network.js";
import { type Product, underTest } from "./harness/products.js";
import type { Program } from "./harness/program.js";

interface Kind {
  name: string;
  /** The virtual address that is watched. */
  address: string;
  ttl: number;
  /** How tcpdump calls the authentication; not looked at when absent. */
  authentication?: string;
  /** Lines of the instance beside interface, number and priority. */
  lines: (own: string, others: readonly string[]) => string;
}

const VIP4 = "10.83.0.100";
const VIP6 = "fd83::100";
const addresses4 = `virtual_ipaddress { ${VIP4}/24 }`.replace(/([{}])/g, "\n$1\n");
const addresses6 = `virtual_ipaddress\n{\nfe80::83:100\n${VIP6}/64\n}`;
const unicast = (own: string, others: readonly string[]): string =>
  `unicast_src_ip ${own}\nunicast_peer {\n${others.join("\n")}\n}\n${addresses4}`;

const KINDS: Kind[] = [
  { name: "v2", address: VIP4, ttl: 255, lines: () => `version 2\nadvert_int 1\n${addresses4}` },
  {
    name: "v2 with PASS",
    address: VIP4,
    ttl: 255,
    lines: () =>
      `version 2\nadvert_int 1\nauthentication {\nauth_type PASS\nauth_pass 123456\n}\n${addresses4}`,
  },
  {
    name: "v2 with AH",
    address: VIP4,
    ttl: 255,
    authentication: "ah",
    lines: () =>
      `version 2\nadvert_int 1\nauthentication {\nauth_type AH\nauth_pass 123456\n}\n${addresses4}`,
  },
  { name: "v3 IPv4", address: VIP4, ttl: 255, lines: () => `version 3\nadvert_int 0.5\n${addresses4}` },
  { name: "v3 IPv6", address: VIP6, ttl: 255, lines: () => `version 3\nadvert_int 0.5\n${addresses6}` },
  {
    name: "v2 unicast",
    address: VIP4,
    ttl: 255,
    lines: (own, others) => `version 2\nadvert_int 1\n${unicast(own, others)}`,
  },
  {
    name: "v2 unicast with limits on the TTL",
    address: VIP4,
    ttl: 9,
    lines: (own, others) =>
      `version 2\nadvert_int 1\nunicast_ttl 9\n${unicast(
        own,
        others.map((other) => `${other} min_ttl 5 max_ttl 9`),
      )}`,
  },
  {
    name: "v2 unicast with AH",
    address: VIP4,
    ttl: 64,
    authentication: "ah",
    lines: (own, others) =>
      `version 2\nadvert_int 1\nunicast_ttl 64\nauthentication {\nauth_type AH\nauth_pass 123456\n}\n${unicast(own, others)}`,
  },
  {
    name: "v3 unicast",
    address: VIP4,
    ttl: 255,
    lines: (own, others) => `version 3\nadvert_int 0.5\n${unicast(own, others)}`,
  },
];

const ours = underTest();
/** Who runs on the routers, the highest priority first. */
const LINE_UPS: Product[][] = [
  [ours, "debian"],
  ["debian", ours],
  [ours, "debian", ours],
  ["debian", ours, "debian"],
];

const ownAddress = (index: number): string => `10.83.0.${index + 1}`;

function configuration(kind: Kind, index: number, count: number): string {
  const others = [...Array(count).keys()].filter((i) => i !== index).map(ownAddress);
  return `
vrrp_instance SHARED {
interface eth0
virtual_router_id 83
priority ${200 - 50 * index}
${kind.lines(ownAddress(index), others)}
}
`;
}

interface Router {
  host: Host;
  start: () => Program;
}

async function addRouters(lab: Lab, kind: Kind, lineUp: readonly Product[]): Promise<Router[]> {
  const routers: Router[] = [];
  for (const [index, product] of lineUp.entries()) {
    const addresses = [`${ownAddress(index)}/24`, `fd83::${index + 1}/64`];
    const host = await lab.addHost(`r${index + 1}`, { addresses });
    const text = configuration(kind, index, lineUp.length);
    routers.push({ host, start: () => lab.startRouter(host, product, text) });
  }
  return routers;
}

/** What must hold of everything that was on the wire and on the hosts. */
function judge(lab: Lab, kind: Kind): void {
  const { adverts, undecoded } = lab.capture;
  assert.ok(adverts.length > 0);
  assert.deepEqual(
    adverts.filter((advert) => !advert.checksumGood),
    [],
    "good checksums",
  );
  assert.deepEqual(undecoded, [], "tcpdump decodes every packet");
  assert.deepEqual(
    adverts.filter((advert) => advert.ttl !== kind.ttl),
    [],
    `TTL ${kind.ttl}`,
  );
  if (kind.authentication !== undefined) {
    assert.deepEqual(
      adverts.filter((advert) => advert.authentication !== kind.authentication),
      [],
      `authentication ${kind.authentication}`,
    );
  }
  assert.deepEqual(unlawfulAdverts(adverts), [], "nobody advertises against a better router");
  assert.deepEqual(unlawfulOverlaps(lab.holders, kind.address), [], "one holder of the address");
}

async function handOverAndBack(lab: Lab, kind: Kind, lineUp: readonly Product[]): Promise<void> {
  const routers = await addRouters(lab, kind, lineUp);
  const soleHolder = (router: Router | undefined): Promise<boolean> => {
    const name = router?.host.name ?? "";
    return lab.waitFor(
      () => lab.holders.of(kind.address).join() === name,
      8_000,
      `${name} to be the only holder`,
    );
  };
  const programs = routers.map((router) => router.start());
  await soleHolder(routers[0]);

  // Stopped: it resigns, the next takes over.
  programs[0]?.kill("SIGTERM");
  await soleHolder(routers[1]);
  const first = routers[0]?.host.mac;
  const resigned = (): boolean => lab.capture.adverts.some((a) => a.priority === 0 && a.sourceMac === first);
  await lab.waitFor(resigned, 1_000, "the resignation on the wire");
  await lab.waitFor(() => programs[0]?.exit !== undefined, 5_000, "the stopped router to end");

  // Started again: it takes over from the lower one.
  routers[0]?.start();
  await soleHolder(routers[0]);
  const settledAt = Date.now();
  await lab.waitFor(
    () =>
      lab.capture.adverts.filter((advert) => advert.sourceMac === first && advert.at > settledAt).length > 1,
    4_000,
    "adverts of the new master",
  );
  judge(lab, kind);
}

// Routers wait more than they work: a few labs at a time keep both the test short and its timing honest.
describe("interoperation", { concurrency: 4 }, () => {
  for (const kind of KINDS) {
    for (const lineUp of LINE_UPS) {
      labTest(`${kind.name}: ${lineUp.join(" above ")}`, lineUp, (lab) => handOverAndBack(lab, kind, lineUp));
    }
  }
});
