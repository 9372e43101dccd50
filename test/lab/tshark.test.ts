/** What Wireshark's dissectors say of our adverts, beside tcpdump in every other lab test: whole, and with good checksums. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe } from "node:test";
import { labTest } from "./harness/lab-test.js";

const FIELDS = [
  "vrrp.virt_rtr_id",
  "vrrp.version",
  "vrrp.prio",
  "vrrp.checksum.status",
  "_ws.malformed",
  "_ws.expert.message",
];
const GOOD = "1";

const instance = (vrid: number, lines: string, addresses: string[]): string =>
  `vrrp_instance V${vrid} {\ninterface eth0\nvirtual_router_id ${vrid}\npriority 100\n${lines}\nvirtual_ipaddress {\n${addresses.join("\n")}\n}\n}\n`;

const IPV4 = ["10.87.7.1/32", "10.87.7.2/32"];
const IPV6 = ["fe80::87:7", "fd87::7/64"];
const password = (type: string): string => `authentication {\nauth_type ${type}\nauth_pass 123456\n}`;
const TSHARK = "/usr/bin/tshark";
const INSTANCES: [vrid: number, lines: string, addresses: string[]][] = [
  [1, "version 2\nadvert_int 1", IPV4],
  [2, `version 2\nadvert_int 1\n${password("PASS")}`, IPV4],
  [3, `version 2\nadvert_int 1\n${password("AH")}`, IPV4],
  [4, "version 3\nadvert_int 0.5", IPV4],
  [5, "version 3\nadvert_int 0.5", IPV6],
  [6, "version 3\nadvert_int 0.5\nunicast_src_ip 10.87.0.1\nunicast_peer {\n10.87.0.2\n}", IPV4],
];

describe("tshark", { skip: existsSync(TSHARK) ? false : `${TSHARK} is not installed` }, () => {
  labTest(
    "tshark decodes every kind of advert, with good checksums and nothing to remark",
    ["ours"],
    async (lab) => {
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
      lab.startRouter(host, "ours", INSTANCES.map((one) => instance(...one)).join(""));
      const rows = (): string[][] =>
        tshark.output.all.map(({ text }) => text.split("|")).filter(({ length }) => length === FIELDS.length);
      const seen = (): number => new Set(rows().map(([vrid]) => vrid)).size;
      await lab.waitFor(
        () => seen() === INSTANCES.length,
        15_000,
        "tshark to show an advert of every instance",
      );
      for (const [vrid, version, priority, checksum, malformed, remark] of rows()) {
        assert.deepEqual(
          { priority, checksum, malformed, remark },
          { priority: "100", checksum: GOOD, malformed: "", remark: "" },
          `router ${vrid}, version ${version}`,
        );
      }
    },
  );
});
