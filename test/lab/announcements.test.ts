/** Gratuitous ARP on the wire: shared limits of interfaces, and interfaces that send no adverts. */
import assert from "node:assert/strict";
import { labTest } from "./harness/lab-test.js";

const GROUP = "garp_group {\ngarp_interval 0.2\ninterfaces {\neth0\n}\n}\n";
const INSTANCE = `vrrp_instance VI_1 {
interface eth0
virtual_router_id 89
version 3
advert_int 0.1
priority 100
garp_master_repeat 2
garp_master_delay 0
virtual_ipaddress {
10.89.0.100/24
10.89.0.101/24
}
}
`;

labTest(
  "garp_group holds messages on its interface apart, each address in its turn",
  ["ours"],
  async (lab) => {
    const host = await lab.addHost("router", { addresses: ["10.89.0.1/24"] });
    lab.startRouter(host, "ours", GROUP + INSTANCE);
    const { announcements } = lab.capture;
    await lab.waitFor(() => announcements.length >= 4, 6_000, "four messages");
    await lab.watch(500);
    assert.deepEqual(
      announcements.map(({ address }) => address),
      ["10.89.0.100", "10.89.0.101", "10.89.0.100", "10.89.0.101"],
    );
    const gaps = announcements.slice(1).map(({ at }, i) => at - (announcements[i]?.at ?? 0));
    for (const gap of gaps) assert.ok(gap > 190 && gap < 300, `gaps ${gaps.map(Math.round).join(" ")} ms`);
  },
);
