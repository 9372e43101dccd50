/** An Ethernet link as the kernel tells of it, for tests that want one in particular. */
import type { Link } from "../../../src/net/links.js";

const IFF_UP_AND_RUNNING = 0x41;

export function linkOfTest(more: Partial<Link>): Link {
  return {
    index: 3,
    name: "eth0",
    flags: IFF_UP_AND_RUNNING,
    up: true,
    mtu: 1500,
    mac: new Uint8Array(6),
    type: 1,
    master: 0,
    parent: 0,
    group: 0,
    kind: undefined,
    macvlanMode: undefined,
    addresses: new Map(),
    ...more,
  };
}
