/** Frames on a real wire, and filters in a real kernel. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ADDRESS_SLOT, META, META_FIELDS, SEND_FIELDS, type Socket } from "../../../src/native/addon.js";
import { loadAddon } from "../../../src/native/load.js";
import { Announcer } from "../../../src/net/announcer.js";
import {
  AF_INET,
  AF_PACKET,
  ETH_P_ALL,
  IP_HDRINCL,
  IPPROTO_IP,
  IPPROTO_RAW,
  IPPROTO_VRRP,
  SO_RCVBUFFORCE,
  SOCK_RAW,
  SOL_SOCKET,
} from "../../../src/net/constants.js";
import { vrrpFilter } from "../../../src/net/filter.js";
import { readJournal, removeJournal, withdraw, writeJournal } from "../../../src/net/journal.js";
import type { Link } from "../../../src/net/links.js";
import { formatAddress, parseAddress } from "../../../src/net/ip-address.js";
import { sockaddrLl, sockaddrOf } from "../../../src/net/socket-address.js";
import { until } from "../harness/patience.js";
import { address, manyAddresses, route, rule } from "../../unit/net/settings.js";
import { frame } from "../../unit/net/vectors.js";
import {
  addressesOnV0,
  enterOwnNamespace,
  ip,
  type Networking,
  onV0,
  openNetworking,
  skip,
} from "./namespace.js";

let net: Networking;

before(async () => {
  if (skip) return;
  enterOwnNamespace("pkt");
  net = await openNetworking({});
  await until("v0 is up", () => net.links.byName("v0")?.up === true);
});

after(() => {
  if (!skip) net.close();
});

/** Everything that waits on a socket. */
function receiveAll(socket: Socket): Uint8Array[] {
  const slot = 256;
  const slab = new Uint8Array(64 * slot);
  const meta = new Int32Array(64 * META_FIELDS);
  const packets: Uint8Array[] = [];
  for (;;) {
    const count = socket.receiveBatch(slab, slot, meta, new Uint8Array(64 * ADDRESS_SLOT));
    if (count === 0) return packets;
    for (let i = 0; i < count; i++) {
      packets.push(slab.slice(i * slot, i * slot + (meta[i * META_FIELDS + META.length] ?? 0)));
    }
  }
}

/** What a neighbour hears. */
function listenOnV1(): Socket {
  const socket = new (loadAddon().Socket)(AF_PACKET, SOCK_RAW, 0);
  socket.setOption(SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20);
  socket.bind(sockaddrLl(net.links.byName("v1")?.index ?? 0, ETH_P_ALL));
  return socket;
}

/** Address that a gratuitous ARP or neighbour advertisement announces. */
function announced(packet: Uint8Array): string | undefined {
  if (packet[12] === 0x08 && packet[13] === 0x06) return formatAddress(packet, 28, 4);
  return packet[12] === 0x86 && packet[54] === 136 ? formatAddress(packet, 62, 16) : undefined;
}

const NO_LIMITS = { garpIntervalMicros: 0, gnaIntervalMicros: 0, groups: [] };

test("a thousand addresses are announced to the neighbours, round by round", { skip }, async () => {
  const socket = listenOnV1();
  const announcer = new Announcer(loadAddon(), net.loop, { limits: NO_LIMITS });
  try {
    const texts = [...manyAddresses(999).map((setting) => setting.address), "2001:db8::1"];
    announcer.announce("VI_1", net.links.byName("v0") as Link, texts, 2);
    const heard: string[] = [];
    await until("all frames have come", () => {
      heard.push(
        ...receiveAll(socket)
          .map(announced)
          .filter((text) => text !== undefined),
      );
      return heard.length >= 2000;
    });
    assert.deepEqual(heard, [...texts, ...texts]);
  } finally {
    announcer.close();
    socket.close();
  }
});

test("a link that is down refuses, as an event", { skip }, async () => {
  const failures: string[] = [];
  const failed = (owner: string, { call, code }: { call: string; code: string }): void =>
    void failures.push(`${owner} ${call} ${code}`);
  const announcer = new Announcer(loadAddon(), net.loop, {
    limits: NO_LIMITS,
    failed,
  });
  ip("link add w0 type veth peer name w1");
  await until("w0 is there", () => net.links.byName("w0") !== undefined);
  announcer.announce("VI_1", net.links.byName("w0") as Link, ["192.0.2.1"], 5);
  await until("it is told", () => failures.length > 0);
  assert.deepEqual(failures, ["VI_1 sendmmsg ENETDOWN"]);
  announcer.close();
  ip("link delete w0");
});

test("the kernel lets through adverts of the named routers only", { skip }, () => {
  const addon = loadAddon();
  for (const vrids of [[51], [51, 7, 8, 9, 200, 255]]) {
    const receiver = new addon.Socket(AF_INET, SOCK_RAW, IPPROTO_VRRP);
    const sender = new addon.Socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
    sender.setOption(IPPROTO_IP, IP_HDRINCL, 1);
    receiver.attachFilter(vrrpFilter({ family: 4, protocol: IPPROTO_VRRP, vrids }));
    const target = sockaddrOf(parseAddress("127.0.0.1") as Uint8Array);
    for (let vrid = 0; vrid < 256; vrid++) {
      const packet = frame("v2-noauth").slice(14);
      packet.set([127, 0, 0, 1], 12);
      packet.set([127, 0, 0, 1], 16);
      packet[21] = vrid;
      const slab = Uint8Array.from([...packet, ...target]);
      const table = new Int32Array(SEND_FIELDS);
      table.set([0, packet.length, packet.length, target.length]);
      assert.equal(sender.sendBatch(slab, table, 0, 1, 0), 1);
    }
    const passed = receiveAll(receiver).map((packet) => packet[21]);
    assert.deepEqual(
      passed,
      [...vrids].sort((a, b) => a - b),
    );
    receiver.close();
    sender.close();
  }
});

test("a journal of a process that died is withdrawn", { skip }, async () => {
  const path = `/tmp/kalab-${process.pid}.journal`;
  const entries = {
    addresses: [
      onV0(address("192.0.2.1/24")),
      onV0(address("2001:db8::1/64")),
      address("192.0.2.2/24", { device: "gone0" }),
    ],
    routes: [route("10.99.0.0/16", { device: "v0" })],
    rules: [rule({ from: { address: "10.98.0.0", prefixLength: 16 }, inputInterface: "gone0" })],
  };
  await writeJournal(path, entries);
  ip("address add 192.0.2.1/24 dev v0");
  ip("address add 2001:db8::1/64 dev v0 nodad");
  ip("route add 10.99.0.0/16 dev v0 proto 18");
  ip("rule add from 10.98.0.0/16 iif gone0 table 100 preference 100 protocol 18");
  const refused = await withdraw(net.channel, await readJournal(path), (device) =>
    loadAddon().interfaceIndex(device),
  );
  await removeJournal(path);
  assert.deepEqual(refused, []);
  assert.deepEqual(
    addressesOnV0().filter((text) => !text.startsWith("fe80")),
    [],
  );
  assert.equal(ip("route show proto 18"), "");
  assert.ok(!ip("rule show").includes("gone0"));
  assert.deepEqual(await withdraw(net.channel, entries, (device) => loadAddon().interfaceIndex(device)), []);
});
