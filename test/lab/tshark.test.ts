/** What Wireshark's dissectors say of our adverts, beside tcpdump in every other lab test: field by field, and of the whole. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe } from "node:test";
import { labTest } from "./harness/lab-test.js";

const GOOD = "1";
const BAD = "0";

/** What tshark is asked for beside OWN_FIELDS, by its names, and what it tells of an advert without fault. */
const SAME = {
  "vrrp.prio": "100",
  "_ws.malformed": "",
  "vrrp.checksum.status": GOOD,
  "_ws.expert.message": "",
};
const OWN_FIELDS = [
  "vrrp.virt_rtr_id",
  "vrrp.version",
  "vrrp.auth_type",
  "vrrp.auth_string",
  "vrrp.adver_int",
  "vrrp.short_adver_int",
  "vrrp.ip_addr",
  "vrrp.ipv6_addr",
];
const FIELDS = [...OWN_FIELDS, ...Object.keys(SAME)];

const instance = (vrid: number, lines: string, addresses: string[]): string =>
  `vrrp_instance V${vrid} {\ninterface eth0\nvirtual_router_id ${vrid}\npriority 100\n${lines}\nvirtual_ipaddress {\n${addresses.join("\n")}\n}\n}\n`;

const IPV4 = ["10.87.7.1/32", "10.87.7.2/32"];
const IPV6 = ["fe80::87:7", "fd87::7/64"];
const password = (type: string): string => `authentication {\nauth_type ${type}\nauth_pass 123456\n}`;
const TSHARK = "/usr/bin/tshark";
const VERSION2 = "version 2\nadvert_int 1";
const VERSION3 = "version 3\nadvert_int 0.5";
/**
 * Of version 3 over IPv4 Wireshark knows one checksum: 4.0 that with a pseudo-header, as RFC 5798 is read and keepalived
 * sends by default, 4.4 that of the message alone, as RFC 9568 has it. The other one is wrong to it.
 */
const ALONE = "v3_checksum_as_v2";
const UNICAST = "unicast_src_ip 10.87.0.1\nunicast_peer {\n10.87.0.2\n}";

/** With the rest of `OWN_FIELDS`: version, authentication, interval in seconds or centiseconds, addresses. */
const INSTANCES: [vrid: number, lines: string, addresses: string[], shown: string[]][] = [
  [1, VERSION2, IPV4, ["2", "0", "", "1", "", "10.87.7.1,10.87.7.2", ""]],
  [2, `${VERSION2}\n${password("PASS")}`, IPV4, ["2", "1", "123456", "1", "", "10.87.7.1,10.87.7.2", ""]],
  [3, `${VERSION2}\n${password("AH")}`, IPV4, ["2", "2", "", "1", "", "10.87.7.1,10.87.7.2", ""]],
  [4, VERSION3, IPV4, ["3", "", "", "", "50", "10.87.7.1,10.87.7.2", ""]],
  [5, VERSION3, IPV6, ["3", "", "", "", "50", "", "fe80::87:7,fd87::7"]],
  [6, `${VERSION3}\n${UNICAST}`, IPV4, ["3", "", "", "", "50", "10.87.7.1,10.87.7.2", ""]],
  [7, `${VERSION3}\n${ALONE}`, IPV4, ["3", "", "", "", "50", "10.87.7.1,10.87.7.2", ""]],
  [8, `${VERSION3}\n${ALONE}\n${UNICAST}`, IPV4, ["3", "", "", "", "50", "10.87.7.1,10.87.7.2", ""]],
];
const WITH_PSEUDO_HEADER = ["4", "6"];
const MESSAGE_ALONE = ["7", "8"];

describe("tshark", { skip: existsSync(TSHARK) ? false : `${TSHARK} is not installed` }, () => {
  labTest(
    "tshark decodes every kind of advert, with the checksums that it knows and nothing to remark",
    ["ours"],
    async (lab, t) => {
      const host = await lab.addHost("router", { addresses: ["10.87.0.1/24", "fd87::1/64"] });
      await lab.addHost("peer", { addresses: ["10.87.0.2/24"] });
      const tshark = lab.run("tshark", {
        namespace: lab.lan.namespace,
        command: [
          ...[
            "tshark",
            "-l",
            "-n",
            "-Q",
            "-i",
            lab.lan.device,
            "-f",
            "ip proto 112 or ip proto 51 or ip6 proto 112",
          ],
          ...["-T", "fields", "-E", "separator=|", ...FIELDS.flatMap((field) => ["-e", field])],
        ],
      });
      lab.startRouter(
        host,
        "ours",
        INSTANCES.map(([vrid, lines, addresses]) => instance(vrid, lines, addresses)).join(""),
      );
      const rows = (): string[][] =>
        tshark.output.all.map(({ text }) => text.split("|")).filter(({ length }) => length === FIELDS.length);
      const seen = (): number => new Set(rows().map(([vrid]) => vrid)).size;
      await lab.waitFor(
        () => seen() === INSTANCES.length,
        15_000,
        "tshark to show an advert of every instance",
      );
      const expected = new Map(INSTANCES.map(([vrid, , , shown]) => [String(vrid), shown]));
      const knowsAlone = rows().some(([vrid = "", ...rest]) => vrid === "7" && rest.at(-2) === GOOD);
      const unknown = knowsAlone ? WITH_PSEUDO_HEADER : MESSAGE_ALONE;
      t.diagnostic(`tshark knows the checksum of ${knowsAlone ? "the message alone" : "RFC 5798"}`);
      for (const [vrid = "", ...row] of rows()) {
        if (unknown.includes(vrid)) {
          const [status, remark = ""] = row.splice(-2, 2, GOOD, "");
          assert.equal(status, BAD);
          assert.match(remark, /^Bad checksum \[should be 0x[0-9a-f]{4}\]$/);
        }
        assert.deepEqual(
          row,
          [...(expected.get(vrid) ?? []), ...Object.values(SAME)],
          `${vrid}: ${FIELDS.join()}`,
        );
      }
    },
  );
});
