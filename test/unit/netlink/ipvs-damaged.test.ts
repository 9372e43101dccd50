/** Generic netlink of IPVS that is damaged, incomplete or of another kernel, and noise: read or refused, never thrown over. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseAddress } from "../../../src/net/ip-address.js";
import { decodeHeader, type Header } from "../../../src/netlink/attributes.js";
import type { Decoded } from "../../../src/netlink/decoded.js";
import { decodeFamily, encodeGetFamily } from "../../../src/netlink/generic.js";
import * as ipvs from "../../../src/netlink/ipvs-constants.js";
import * as destinations from "../../../src/netlink/ipvs-destination.js";
import * as services from "../../../src/netlink/ipvs-service.js";
import * as settings from "../../../src/netlink/ipvs-settings.js";
import { body, commandOf, decodeWith, everyMessage, FAMILY, ipvsadm, keepalived } from "./ipvs-capture.js";

type Decoder<T> = (bytes: Uint8Array, offset: number, header: Header) => Decoded<T>;

const AF_INET = 2;
const AF_INET6 = 10;

const web: services.ServiceIdentity = {
  kind: "address",
  family: AF_INET,
  protocol: 6,
  address: parseAddress("10.99.1.1") as Uint8Array,
  port: 80,
};
const plain = { flags: 0, timeoutSeconds: 0 };

/** A captured message with an attribute of its service or destination changed, found by its bytes. */
function changed(message: Uint8Array, from: string, to: string): Uint8Array {
  const hexadecimal = Buffer.from(message).toString("hex");
  assert.equal(hexadecimal.split(from).length, 2, `${from} stands once in ${hexadecimal}`);
  return Uint8Array.from(Buffer.from(hexadecimal.replace(from, to), "hex"));
}

/** The first message of `ipvsadm -Ln` with this command, and with these bytes in it. */
const listed = (command: number, bytes = ""): Uint8Array =>
  ipvsadm("-Ln").received.find(
    (message) => commandOf(message) === command && Buffer.from(message).toString("hex").includes(bytes),
  ) as Uint8Array;

function dropOf(decoded: { ok: true } | { ok: false; drop: string }): string {
  return decoded.ok ? "none" : decoded.drop;
}

function decodedOf<T>(bytes: Uint8Array, decode: Decoder<T>): ReturnType<Decoder<T>> {
  const header = decodeHeader(bytes, 0, bytes.length);
  assert.ok(header.ok);
  return decode(bytes, 0, header.value);
}

test("a service or destination of another family, or without a name, is refused", () => {
  const [service, destination] = [listed(ipvs.IPVS_CMD_NEW_SERVICE), listed(ipvs.IPVS_CMD_NEW_DEST)];
  const decodeDestination: Decoder<destinations.ReportedDestination> = (...at) =>
    destinations.decodeDestination(...at, AF_INET);
  // u16 AF, u16 PROTOCOL; u16 PORT; u16 ADDR_FAMILY.
  assert.equal(
    dropOf(decodedOf(changed(service, "0600010002000000", "0600010007000000"), services.decodeService)),
    "badAttribute",
  );
  assert.equal(
    dropOf(decodedOf(changed(service, "0600020006000000", "06003f0006000000"), services.decodeService)),
    "badAttribute",
  );
  assert.equal(
    dropOf(decodedOf(changed(destination, "06000b000a000000", "06000b0007000000"), decodeDestination)),
    "badAttribute",
  );
  assert.equal(
    dropOf(decodedOf(changed(destination, "0600020000500000", "06003f0000500000"), decodeDestination)),
    "badAttribute",
  );
});

test("a destination without a family of its own (before Linux 3.18) has that of its service", () => {
  for (const [family, bytes, length] of [
    [AF_INET, "06000b0002000000", 4],
    [AF_INET6, "06000b000a000000", 16],
  ] as const) {
    const old = changed(listed(ipvs.IPVS_CMD_NEW_DEST, bytes), bytes, bytes.replace("0b", "3f"));
    const read = decodeWith(old, (...at) => destinations.decodeDestination(...at, family));
    assert.deepEqual([read.family, read.address.length], [family, length]);
  }
});

test("the flags that the kernel derives are not ours to set, and say whether the time-out counts", () => {
  const hashed = ipvs.IP_VS_SVC_F_HASHED | ipvs.IP_VS_SVC_F_PERSISTENT;
  const service = { identity: web, scheduler: "rr", flags: 0x04, timeoutSeconds: 0 };
  const sent = services.encodeNewService(FAMILY, { ...service, flags: 0x04 | hashed });
  assert.equal(body(sent), body(services.encodeNewService(FAMILY, service)));
  // Persistence was 300 s and is off now.
  const plainOne = services.encodeNewService(FAMILY, { ...service, timeoutSeconds: 300 });
  const flags = (bits: number): string =>
    `0c000700${Buffer.from(Uint32Array.of(bits, 0xffffffff).buffer).toString("hex")}`;
  const stale = changed(plainOne, flags(0x04 | ipvs.IP_VS_SVC_F_PERSISTENT), flags(0x04));
  assert.equal(decodeWith(stale, services.decodeService).timeoutSeconds, 0);
});

test("what is left out of a service or destination is none, and a method comes without other flags", () => {
  const service = listed(ipvs.IPVS_CMD_NEW_SERVICE, "0c00070003000000");
  const without = decodeWith(
    changed(service, "0c00070003000000", "0c003f0003000000"),
    services.decodeService,
  );
  assert.deepEqual([without.flags, without.timeoutSeconds], [0, 0]);
  const nameless = { ...plain, identity: web, scheduler: "rr", engine: "" };
  const read = decodeWith(services.encodeNewService(FAMILY, nameless), services.decodeService);
  assert.ok(!("engine" in read));
  const decode: Decoder<destinations.ReportedDestination> = (...at) =>
    destinations.decodeDestination(...at, AF_INET);
  const gue = listed(ipvs.IPVS_CMD_NEW_DEST, "05000d0001");
  assert.equal(decodeWith(gue, decode).tunnel?.type, destinations.TUNNEL_GUE);
  const typeless = decodeWith(changed(gue, "05000d0001", "05003f0001"), decode);
  assert.equal(typeless.tunnel?.type, destinations.TUNNEL_IPIP);
  const flagged = decodeWith(changed(gue, "0800030002000000", "0800030002010000"), decode);
  assert.equal(flagged.method, destinations.METHOD_TUNNEL);
});

test("a daemon of an unknown role, a group of a strange length, an answer without a version or a number", () => {
  const [daemon] = keepalived(ipvs.IPVS_CMD_NEW_DAEMON) as [Uint8Array];
  assert.equal(
    dropOf(decodedOf(changed(daemon, "0800010001000000", "0800010003000000"), settings.decodeDaemon)),
    "badAttribute",
  );
  const strange = settings.encodeNewDaemon(FAMILY, {
    role: "backup",
    interface: "v0",
    syncId: 1,
    group: new Uint8Array(8),
  });
  assert.equal(decodeWith(strange, settings.decodeDaemon).group, undefined);
  const empty = settings.encodeGetInfo(FAMILY);
  assert.equal(dropOf(decodedOf(empty, settings.decodeVersion)), "badAttribute");
  assert.equal(dropOf(decodedOf(empty, decodeFamily)), "badAttribute");
});

test("the question for a family goes to the controller", () => {
  assert.equal(new DataView(encodeGetFamily("IPVS").buffer).getUint16(4, true), 0x10);
});

/** Everything that reads what the kernel sends. */
const decoders = [
  decodeFamily,
  services.decodeService,
  (...at: Parameters<typeof services.decodeService>) => destinations.decodeDestination(...at, AF_INET),
  settings.decodeVersion,
  settings.decodeTimeouts,
  settings.decodeDaemon,
];

function readAll(bytes: Uint8Array): void {
  const header = decodeHeader(bytes, 0, bytes.length);
  if (!header.ok) return;
  for (const decode of decoders) {
    const decoded = decode(bytes, 0, header.value);
    if (!decoded.ok) assert.ok(["tooShort", "badLength", "badAttribute"].includes(decoded.drop));
  }
}

test("captured messages with damage, and noise, are read or refused, never thrown over", () => {
  const damage = fc.array(fc.tuple(fc.nat(500), fc.integer({ min: 0, max: 255 })), { maxLength: 8 });
  fc.assert(
    fc.property(fc.constantFrom(...everyMessage), damage, fc.nat(60), (message, changes, cut) => {
      const bytes = message.slice(0, Math.max(0, message.length - cut));
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      readAll(bytes);
    }),
    { numRuns: 5000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 200 }), (noise) => {
      new DataView(noise.buffer).setUint32(0, noise.length, true);
      readAll(noise);
    }),
    { numRuns: 5000 },
  );
});
