/**
 * The codecs of generic netlink and IPVS: bytes captured from ipvsadm, from keepalived 2.2.7 and from Linux in both
 * directions (check reference, section 6).
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAddress, parseAddress } from "../../../src/net/ip-address.js";
import { decodeFamily, encodeGetFamily } from "../../../src/netlink/generic.js";
import * as ipvs from "../../../src/netlink/ipvs-constants.js";
import * as destinations from "../../../src/netlink/ipvs-destination.js";
import * as services from "../../../src/netlink/ipvs-service.js";
import * as settings from "../../../src/netlink/ipvs-settings.js";
import {
  body,
  commandOf,
  decodeWith,
  destinationNest,
  FAMILY,
  ipvsadm,
  keepalived,
  lookup,
} from "./ipvs-capture.js";

const AF_INET = 2;
const AF_INET6 = 10;
const TCP = 6;
const ip = (text: string): Uint8Array => parseAddress(text) as Uint8Array;

const web: services.ServiceIdentity = {
  kind: "address",
  family: AF_INET,
  protocol: TCP,
  address: ip("10.99.1.1"),
  port: 80,
};
const plain = { flags: 0, timeoutSeconds: 0 };

test("the family is asked for and read as ipvsadm does", () => {
  assert.equal(body(encodeGetFamily("IPVS")), body(lookup.sent[0] as Uint8Array));
  assert.equal(decodeWith(lookup.received[0] as Uint8Array, decodeFamily), FAMILY);
  assert.equal(body(settings.encodeGetInfo(FAMILY)), body(lookup.sent[1] as Uint8Array));
  assert.equal(decodeWith(lookup.received[1] as Uint8Array, settings.decodeVersion), "1.2.1");
});

test("services are added, byte for byte, as ipvsadm adds them", () => {
  const cases: [words: string, service: services.ServiceMessage][] = [
    ["-A -t 10.99.1.1:80 -s rr", { ...plain, identity: web, scheduler: "rr" }],
    [
      "-A -u 10.99.1.1:5060 -s rr -p 60 --pe sip",
      {
        identity: { ...web, protocol: 17, port: 5060 },
        scheduler: "rr",
        flags: 0,
        timeoutSeconds: 60,
        engine: "sip",
      },
    ],
    [
      "-A -u 10.99.1.1:53 -s rr -o",
      { ...plain, identity: { ...web, protocol: 17, port: 53 }, scheduler: "rr", flags: 0x04 },
    ],
    [
      "-A -t 10.99.1.1:8080 -s sh -b sh-port,sh-fallback",
      { ...plain, identity: { ...web, port: 8080 }, scheduler: "sh", flags: 0x18 },
    ],
    [
      "-A -t 10.99.1.1:443 -s wlc -p 120 -M 255.255.255.0",
      {
        identity: { ...web, port: 443 },
        scheduler: "wlc",
        flags: 0,
        timeoutSeconds: 120,
        granularity: ip("255.255.255.0"),
      },
    ],
    [
      "-A -f 100 -s wrr",
      { ...plain, identity: { kind: "mark", family: AF_INET, mark: 100 }, scheduler: "wrr" },
    ],
    [
      "-A -f 100 -6 -s wrr",
      { ...plain, identity: { kind: "mark", family: AF_INET6, mark: 100 }, scheduler: "wrr" },
    ],
    [
      "-A -t [fd00:99::1]:80 -s rr -p 300 -M 64",
      {
        identity: { ...web, family: AF_INET6, address: ip("fd00:99::1") },
        scheduler: "rr",
        flags: 0,
        timeoutSeconds: 300,
        granularity: Uint8Array.of(64),
      },
    ],
    [
      "-A --sctp-service 10.99.1.1:99 -s mh -b mh-port",
      { ...plain, identity: { ...web, protocol: 132, port: 99 }, scheduler: "mh", flags: 0x10 },
    ],
  ];
  for (const [words, service] of cases)
    assert.equal(body(services.encodeNewService(FAMILY, service)), body(ipvsadm(words).sent), words);
  const edited = { identity: web, scheduler: "wlc", flags: 0, timeoutSeconds: 300 };
  const edit = ipvsadm("-E -t 10.99.1.1:80 -s wlc -p 300").sent;
  assert.equal(body(services.encodeSetService(FAMILY, edited)), body(edit));
  assert.equal(body(services.encodeFlush(FAMILY)), body(ipvsadm("-C").sent));
});

test("services and destinations of keepalived come out again as they went in", () => {
  const cases = [
    [ipvs.IPVS_CMD_NEW_SERVICE, services.encodeNewService],
    [ipvs.IPVS_CMD_SET_SERVICE, services.encodeSetService],
  ] as const;
  for (const [command, encode] of cases) {
    const messages = keepalived(command);
    assert.notEqual(messages.length, 0);
    for (const message of messages)
      assert.equal(body(encode(FAMILY, decodeWith(message, services.decodeService))), body(message));
  }
  const edits = [
    [ipvs.IPVS_CMD_NEW_DEST, destinations.encodeNewDestination],
    [ipvs.IPVS_CMD_SET_DEST, destinations.encodeSetDestination],
    [ipvs.IPVS_CMD_DEL_DEST, destinations.encodeDeleteDestination],
  ] as const;
  for (const [command, encode] of edits) {
    const messages = keepalived(command);
    assert.notEqual(messages.length, 0);
    for (const message of messages) {
      const destination = decodeWith(message, (...at) => destinations.decodeDestination(...at, 0));
      const { identity } = decodeWith(message, services.decodeService);
      const ours = encode(FAMILY, identity, destination);
      assert.equal(destinationNest(ours), destinationNest(message));
      assert.equal(commandOf(ours), command);
      assert.deepEqual(decodeWith(ours, services.decodeService).identity, identity);
    }
  }
});

test("a service is deleted and asked for by its identity alone", () => {
  const dump = ipvsadm("-Ln").sent;
  assert.equal(body(services.encodeDumpServices(FAMILY)), "04010000");
  const mark: services.ServiceIdentity = { kind: "mark", family: AF_INET6, mark: 100 };
  assert.equal(body(destinations.encodeDumpDestinations(FAMILY, mark)), body(dump));
  const remove = services.encodeDeleteService(FAMILY, mark);
  assert.equal(body(remove), body(dump).replace(/^08/, "03"));
  assert.equal(body(services.encodeGetService(FAMILY, mark)), body(dump).replace(/^08/, "04"));
});

test("the kernel's table is read: identities, flags of the kernel's own left out", () => {
  const texts = ipvsadm("-Ln")
    .received.filter((bytes) => commandOf(bytes) === ipvs.IPVS_CMD_NEW_SERVICE)
    .map((bytes) => {
      const { identity, scheduler, flags, timeoutSeconds, granularity, engine } = decodeWith(
        bytes,
        services.decodeService,
      );
      const name =
        identity.kind === "mark"
          ? `mark ${identity.mark} family ${identity.family}`
          : `${identity.protocol} ${formatAddress(identity.address)} ${identity.port}`;
      return `${name} ${scheduler} ${flags} ${timeoutSeconds} ${granularity?.join(".") ?? "-"} ${engine ?? "-"}`;
    });
  assert.deepEqual(texts, [
    "6 10.99.1.1 80 wlc 0 300 - -",
    "17 10.99.1.1 53 rr 4 0 - -",
    "17 10.99.1.1 5060 rr 0 60 - sip",
    "6 fd00:99::1 80 rr 0 300 64 -",
    "132 10.99.1.1 99 mh 16 0 - -",
    "6 10.99.1.1 8080 sh 24 0 - -",
    "6 10.99.1.1 443 wlc 0 120 255.255.255.0 -",
    "mark 100 family 10 wrr 0 0 - -",
    "mark 100 family 2 wrr 0 0 - -",
  ]);
});

test("destinations of the kernel's table are read: methods, tunnels, thresholds, families", () => {
  const texts = ipvsadm("-Ln")
    .received.filter((bytes) => commandOf(bytes) === ipvs.IPVS_CMD_NEW_DEST)
    .map((bytes) => decodeWith(bytes, (...at) => destinations.decodeDestination(...at, AF_INET)))
    .map((read) => {
      const { address, port, method, weight, tunnel, upperThreshold, lowerThreshold } = read;
      const tail = tunnel === undefined ? "" : ` tunnel ${tunnel.type} ${tunnel.port} ${tunnel.flags}`;
      return `${formatAddress(address)} ${port} ${method} ${weight} ${upperThreshold}-${lowerThreshold}${tail}`;
    });
  assert.deepEqual(texts, [
    "fd00:99::15 80 2 1 0-0 tunnel 0 0 0",
    "10.99.0.14 80 2 1 0-0 tunnel 1 6080 1",
    "10.99.0.13 80 2 1 0-0 tunnel 0 0 0",
    "10.99.0.12 80 3 0 10-5",
    "10.99.0.11 80 0 0 0-0",
    "fd00:99::11 80 0 1 0-0",
    "10.99.0.11 0 3 1 0-0",
  ]);
});

test("counters are those that ipvsadm --stats showed", () => {
  const [service, destination] = ipvsadm("-Ln --stats").received as [Uint8Array, Uint8Array];
  const expected = {
    connections: 3n,
    inPackets: 12n,
    outPackets: 12n,
    inBytes: 648n,
    outBytes: 15648n,
    connectionRate: 0n,
    inPacketRate: 1n,
    outPacketRate: 1n,
    inByteRate: 46n,
    outByteRate: 1100n,
  };
  assert.deepEqual(decodeWith(service, services.decodeService).traffic, expected);
  const read = decodeWith(destination, (...at) => destinations.decodeDestination(...at, AF_INET));
  assert.deepEqual(read.traffic, expected);
  const { activeConnections, inactiveConnections, persistentConnections } = read;
  assert.deepEqual([activeConnections, inactiveConnections, persistentConnections], [0, 3, 0]);
});

test("counters of 32 bits count where a kernel has no others", () => {
  const [service] = ipvsadm("-Ln --stats").received as [Uint8Array];
  const old = service.slice();
  // The nest STATS64 becomes one of a type that nobody knows.
  const at = Buffer.from(old).indexOf(Buffer.from("a0000c00", "hex"));
  old[at + 2] = 0x3f;
  const { traffic } = decodeWith(old, services.decodeService);
  assert.deepEqual([traffic.connections, traffic.outBytes, traffic.outByteRate], [3n, 15648n, 1100n]);
});

test("without counters they are zeros, whatever message was read before", () => {
  const [withCounters] = ipvsadm("-Ln --stats").received as [Uint8Array];
  decodeWith(withCounters, services.decodeService);
  const bare = services.encodeNewService(FAMILY, { ...plain, identity: web, scheduler: "rr" });
  const { traffic } = decodeWith(bare, services.decodeService);
  assert.deepEqual([traffic.connections, traffic.outBytes], [0n, 0n]);
});

test("timeouts are set and read", () => {
  const set = ipvsadm("--set 900 120 300").sent;
  const timeouts = { tcp: 900, tcpFin: 120, udp: 300 };
  assert.equal(body(settings.encodeSetTimeouts(FAMILY, timeouts)), body(set));
  const { sent, received } = ipvsadm("-L --timeout");
  assert.equal(body(settings.encodeGetTimeouts(FAMILY)), body(sent));
  assert.deepEqual(decodeWith(received[0] as Uint8Array, settings.decodeTimeouts), timeouts);
});

test("sync daemons are started, stopped and listed", () => {
  const [start] = keepalived(ipvs.IPVS_CMD_NEW_DAEMON) as [Uint8Array];
  const daemon: settings.SyncDaemonMessage = {
    role: "master",
    interface: "dm0",
    syncId: 7,
    maxLength: 1000,
    port: 9000,
    ttl: 3,
    group: ip("224.0.0.99"),
  };
  assert.equal(body(settings.encodeNewDaemon(FAMILY, daemon)), body(start));
  const short = ipvsadm("--start-daemon master --mcast-interface v0 --syncid 51").sent;
  const plainDaemon = { role: "master", interface: "v0", syncId: 51 } as const;
  assert.equal(body(settings.encodeNewDaemon(FAMILY, plainDaemon)), body(short));
  const [stop, stopBackup] = keepalived(ipvs.IPVS_CMD_DEL_DAEMON) as [Uint8Array, Uint8Array];
  assert.equal(body(settings.encodeDeleteDaemon(FAMILY, "master")), body(stop));
  assert.equal(body(settings.encodeDeleteDaemon(FAMILY, "backup")), body(stopBackup));
  const { sent, received } = ipvsadm("-L --daemon");
  assert.equal(body(settings.encodeDumpDaemons(FAMILY)), body(sent));
  const running = {
    interface: "v0",
    syncId: 51,
    maxLength: 1472,
    port: 8848,
    ttl: 1,
    group: ip("224.0.0.81"),
  };
  assert.deepEqual(
    received.map((bytes) => decodeWith(bytes, settings.decodeDaemon)),
    [
      { role: "master", ...running },
      { role: "backup", ...running },
    ],
  );
});

test("an IPv6 group of a sync daemon comes back", () => {
  const daemon = { role: "backup", interface: "v0", syncId: 255, group: ip("ff02::51") } as const;
  const bytes = settings.encodeNewDaemon(FAMILY, daemon);
  assert.deepEqual(decodeWith(bytes, settings.decodeDaemon), daemon);
});
