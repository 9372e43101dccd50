/** Instances that say the same share what was worked out for the first of them: each gets what it would get alone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseAddress, parseIpv4 } from "../../../src/config/values/address.js";
import { messages, readFiles } from "./fake-files.js";

const RUNS = 1000;

const line = fc.constantFrom(
  "priority 100",
  "priority 255",
  "state MASTER",
  "state BACKUP",
  "advert_int 0.3",
  "advert_int 2",
  "version 3",
  "version 2",
  "nopreempt",
  "preempt",
  "preempt_delay 5",
  "accept",
  "no_accept",
  "strict_mode off",
  "strict_mode",
  "native_ipv6",
  "dont_track_primary",
  "debug 2",
  "garp_master_delay 3",
  "smtp_alert",
  "kernel_rx_buf_size 5000",
  "use_vmac vm",
  "mcast_dst_ip 224.0.0.99",
  "mcast_dst_ip 10.0.0.9",
  "owner_ignore_adverts",
  "unicast_ttl 9",
  "nonsense",
  "debug x",
  "track_interface {\n eth1 weight 5\n}",
  "unicast_peer {\n 10.0.9.9\n}",
  "virtual_ipaddress_excluded {\n 10.0.5.#\n}",
);
const addresses = fc.constantFrom(
  "10.0.0.#",
  "10.0.0.#/24\n10.0.1.# dev eth1",
  "fe80::#",
  "fe80::#\n10.0.0.#",
  "224.0.0.#",
  "",
);

function instance(n: number, lines: readonly string[], held: string): string {
  const own = `virtual_router_id ${n}\nvirtual_ipaddress {\n${held.replaceAll("#", String(n))}\n}`;
  return `vrrp_instance V${n} {\ninterface eth0\n${lines.join("\n").replaceAll("#", String(n))}\n${own}\n}\n`;
}

/** The same number of lines with nothing in them. */
function blank(text: string): string {
  return text.replace(/[^\n]/g, "");
}

test("each of two instances is what it is alone, and the same is said of it", () => {
  const pair = fc.tuple(
    fc.array(line, { maxLength: 4 }),
    addresses,
    fc.array(line, { maxLength: 1 }),
    addresses,
  );
  let shared = 0;
  fc.assert(
    fc.property(pair, ([lines, first, more, second]) => {
      const globals = "global_defs {\ndynamic_interfaces\n}\n";
      const one = instance(1, lines, first);
      const two = instance(2, [...lines, ...more], second);
      // The name of a VMAC may be taken by the other one, which is another matter.
      if (lines.includes("use_vmac vm")) return;
      const together = readFiles({ "keepalived.conf": globals + one + two });
      const alone = readFiles({ "keepalived.conf": globals + blank(one) + two });
      const before = readFiles({ "keepalived.conf": globals + one });
      const of = (name: string, { config }: typeof alone) =>
        config.vrrp.instances.find((known) => known.name === name);
      assert.deepEqual(of("V2", together), of("V2", alone));
      assert.deepEqual(of("V1", together), of("V1", before));
      assert.equal(
        messages(together),
        [messages(before), messages(alone)].filter((text) => text !== "").join("\n"),
      );
      if (more.length === 0) shared++;
    }),
    { numRuns: RUNS },
  );
  assert.ok(shared > RUNS / 10, "instances that say the same are among the cases");
});

function bothAre(one: string, two: string): void {
  const together = readFiles({ "keepalived.conf": one + two });
  const alone = readFiles({ "keepalived.conf": blank(one) + two });
  assert.deepEqual(together.config.vrrp.instances[1], alone.config.vrrp.instances[0]);
  assert.ok(messages(together).endsWith(messages(alone)));
  assert.notDeepEqual(together.config.vrrp.instances[0], undefined);
}

test("strict mode looks at the first address of each IPv6 instance", () => {
  bothAre(instance(1, ["strict_mode"], "fe80::#"), instance(2, ["strict_mode"], "2001:db8::#"));
});

test("IPv6 keeps version 2 where that comes before the addresses, and only there", () => {
  const before =
    "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nversion 2\nvirtual_ipaddress {\nfe80::1\n}\n}\n";
  const after =
    "vrrp_instance B {\ninterface eth0\nvirtual_router_id 2\nvirtual_ipaddress {\nfe80::2\n}\nversion 2\n}\n";
  bothAre(before, after);
  bothAre(after, before);
});

test("of two keywords for one thing the last one counts, however often they are given", () => {
  bothAre(
    instance(1, ["nopreempt", "preempt"], "10.0.0.#"),
    instance(2, ["nopreempt", "preempt", "nopreempt"], "10.0.0.#"),
  );
});

test("a dotted quad is the same to the pattern and to the parser", () => {
  const part = fc.oneof(fc.nat(260).map(String), fc.constantFrom("", "00", "01", "1e", "-1", " 1", "999"));
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 6 }),
      fc.constantFrom("", ".", "/"),
      (parts, end) => {
        const word = parts.join(".") + end;
        assert.equal(parseAddress(word) !== undefined, parseIpv4(word) !== undefined, word);
      },
    ),
    { numRuns: 5000 },
  );
});
