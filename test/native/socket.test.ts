/** Sockets of the addon against the kernel: batches, ancillary data, filters, readability, and each refusal. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { endianness, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { ADDRESS_DESTINATION, ADDRESS_SLOT, META, META_FIELDS, SEND_FIELDS } from "../../src/native/addon.js";
import type { Socket } from "../../src/native/addon.js";
import {
  addon,
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_PACKET,
  AF_UNIX,
  asRoot,
  boundUdp,
  refused,
  SOCK_DGRAM,
  SOCK_RAW,
  until,
} from "./fixture.js";

const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_TIMESTAMPNS = 35;
const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const MSG_TRUNC = 0x20;
const NONE = new Uint8Array(0);

/** Messages of the given texts in one slab, all to `to` (null for a connected socket). */
function outgoing(texts: readonly string[], to: Uint8Array | null): { slab: Uint8Array; table: Int32Array } {
  const address = to ?? NONE;
  const parts: Uint8Array[] = [address];
  const table = new Int32Array(texts.length * SEND_FIELDS);
  let offset = address.length;
  texts.forEach((text, i) => {
    const bytes = Buffer.from(text);
    table.set([offset, bytes.length, 0, address.length, 0, 0], i * SEND_FIELDS);
    parts.push(bytes);
    offset += bytes.length;
  });
  return { slab: Buffer.concat(parts), table };
}

interface Received {
  bytes: Buffer;
  text: string;
  meta: Int32Array;
  source: Uint8Array;
  destination: Uint8Array;
}

function receive(socket: Socket, slots = 64, slotSize = 64): Received[] {
  const slab = new Uint8Array(slots * slotSize);
  const meta = new Int32Array(slots * META_FIELDS).fill(-77);
  const addresses = new Uint8Array(slots * ADDRESS_SLOT);
  const count = socket.receiveBatch(slab, slotSize, meta, addresses);
  return Array.from({ length: count }, (_, i) => {
    const record = meta.subarray(i * META_FIELDS, (i + 1) * META_FIELDS);
    const slot = addresses.subarray(i * ADDRESS_SLOT, (i + 1) * ADDRESS_SLOT);
    const bytes = Buffer.from(slab.subarray(i * slotSize, i * slotSize + (record[META.length] ?? 0)));
    return {
      bytes,
      text: bytes.toString(),
      meta: record,
      source: slot.subarray(0, record[META.nameLength]),
      destination: slot.subarray(
        ADDRESS_DESTINATION,
        ADDRESS_DESTINATION + (record[META.destinationLength] ?? 0),
      ),
    };
  });
}

test("a socket that the kernel refuses throws, and so does a wrong type", () => {
  assert.throws(() => new addon.Socket(9999, SOCK_DGRAM, 0), refused("socket", "EAFNOSUPPORT"));
  assert.throws(() => new addon.Socket("2" as never, SOCK_DGRAM, 0), TypeError);
  assert.throws(() => new addon.Socket(2.5, SOCK_DGRAM, 0), RangeError);
  assert.throws(() => (addon.Socket as unknown as () => void)(), TypeError);
});

test("a method refuses an object of another class", () => {
  const timer = new addon.Timer(() => undefined);
  const { prototype } = addon.Socket as unknown as { prototype: { close: (this: unknown) => void } };
  const method = prototype.close;
  assert.throws(() => method.call(timer), TypeError);
  assert.throws(() => method.call({}), TypeError);
  timer.close();
});

test("a batch over UDP carries bytes, lengths and the sender's address", () => {
  const a = boundUdp();
  const b = boundUdp();
  const { slab, table } = outgoing(["one", "twenty-two", "333"], b.address);
  assert.equal(a.socket.sendBatch(slab, table, 0, 3, 0), 3);
  assert.equal(a.socket.sendBatch(slab, table, 1, 1, 0), 1);
  const got = receive(b.socket);
  assert.deepEqual(
    got.map((datagram) => datagram.text),
    ["one", "twenty-two", "333", "twenty-two"],
  );
  for (const datagram of got) {
    assert.deepEqual(Buffer.from(datagram.source), Buffer.from(a.address));
    assert.equal(datagram.meta[META.flags], 0);
    assert.equal(datagram.meta[META.ifindex], 0, "nobody asked for it");
    assert.equal(datagram.meta[META.hopLimit], -1, "nobody asked for it");
    assert.equal(datagram.meta[META.destinationLength], 0);
  }
  assert.equal(receive(b.socket).length, 0, "nothing there is a value");
  a.socket.close();
  b.socket.close();
});

test("an addon of another version is not used", () => {
  const load = JSON.stringify(new URL("../../src/native/load.js", import.meta.url).href);
  const program = `process.dlopen = (module) => { module.exports = { metaFields: 6 }; };
    import(${load}).then((m) => m.loadAddon());`;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
  });
  assert.equal(status, 1);
  assert.match(stderr, /is of another version than this program: run 'npm run build'/);
});

test("SO_TIMESTAMPNS: each datagram says when it came, by the wall clock, also across sockets", async () => {
  const [a, b, c] = [boundUdp(), boundUdp(), boundUdp()];
  for (const { socket } of [b, c]) socket.setOption(SOL_SOCKET, SO_TIMESTAMPNS, 1);
  const send = (to: { address: Uint8Array }): void => {
    const { slab, table } = outgoing(["x"], to.address);
    a.socket.sendBatch(slab, table, 0, 1, 0);
  };
  const stamps = (socket: Socket): bigint[] =>
    receive(socket).map(
      ({ meta }) =>
        BigInt((meta[META.seconds] ?? 0) >>> 0) * 1_000_000_000n + BigInt(meta[META.nanoseconds] ?? 0),
    );
  // The kernel begins to stamp what arrives a moment after it was asked; until then it tells when a datagram is read.
  for (let tries = 0; ; tries++) {
    send(b);
    const sent = Date.now();
    await delay(20);
    const [stamp = 0n] = stamps(b.socket);
    if (Number(stamp) / 1e6 <= sent + 1) break;
    assert.ok(tries < 100, "the kernel does not stamp what arrives");
  }
  const before = Date.now();
  for (const to of [b, c, b, c]) send(to);
  const after = Date.now();
  const [first, third] = stamps(b.socket);
  const [second, fourth] = stamps(c.socket);
  const all = [first ?? 0n, second ?? 0n, third ?? 0n, fourth ?? 0n];
  assert.ok(
    all.every((stamp, i) => i === 0 || stamp > (all[i - 1] ?? 0n)),
    all.join(),
  );
  assert.ok(Number(all[0]) / 1e6 >= before - 1 && Number(all[3]) / 1e6 <= after + 1);
  b.socket.setOption(SOL_SOCKET, SO_TIMESTAMPNS, 0);
  send(b);
  assert.deepEqual(stamps(b.socket), [0n], "nobody asked for it");
  for (const { socket } of [a, b, c]) socket.close();
});

test("a datagram longer than its slot is cut, marked, and stays out of the next slot", () => {
  const a = boundUdp();
  const { slab, table } = outgoing(["0123456789", "ab"], a.address);
  a.socket.sendBatch(slab, table, 0, 2, 0);
  const [long, short] = receive(a.socket, 4, 4);
  assert.equal(long?.text, "0123");
  assert.equal((long?.meta[META.flags] ?? 0) & MSG_TRUNC, MSG_TRUNC);
  assert.equal(short?.text, "ab");
  a.socket.close();
});

test("a batch is bounded by the slab, the meta array, the addresses and 64", () => {
  const a = boundUdp();
  const { slab, table } = outgoing(
    Array.from({ length: 80 }, () => "x"),
    a.address,
  );
  assert.equal(a.socket.sendBatch(slab, table, 0, 80, 0), 80);
  const meta = new Int32Array(META_FIELDS * 100);
  assert.equal(a.socket.receiveBatch(new Uint8Array(8 * 3 + 7), 8, meta, NONE), 3);
  assert.equal(a.socket.receiveBatch(new Uint8Array(800), 8, new Int32Array(META_FIELDS * 2 + 5), NONE), 2);
  assert.equal(a.socket.receiveBatch(new Uint8Array(800), 8, meta, new Uint8Array(ADDRESS_SLOT * 4 + 1)), 4);
  assert.equal(a.socket.receiveBatch(new Uint8Array(800), 8, meta, NONE), 64);
  assert.equal(a.socket.receiveBatch(new Uint8Array(800), 8, meta, NONE), 7);
  for (const bad of [
    () => a.socket.receiveBatch(new Uint8Array(7), 8, meta, NONE),
    () => a.socket.receiveBatch(new Uint8Array(8), 0, meta, NONE),
    () => a.socket.receiveBatch(new Uint8Array(8), -1, meta, NONE),
    () => a.socket.receiveBatch(new Uint8Array(8), 8, new Int32Array(META_FIELDS - 1), NONE),
    () => a.socket.receiveBatch(new Uint8Array(8), 8, meta, new Uint8Array(ADDRESS_SLOT - 1)),
  ])
    assert.throws(bad, RangeError);
  assert.throws(() => a.socket.receiveBatch(new Int8Array(8) as never, 8, meta, NONE), TypeError);
  assert.throws(
    () => a.socket.receiveBatch(new Uint8Array(8), 8, new Uint32Array(6) as never, NONE),
    TypeError,
  );
  assert.throws(() => a.socket.receiveBatch(new Uint8Array(8), 8, meta, undefined as never), TypeError);
  a.socket.close();
});

test("IPv4: interface, destination and TTL come from the control messages", () => {
  const a = boundUdp();
  a.socket.setOption(IPPROTO_IP, 8 /* IP_PKTINFO */, 1);
  a.socket.setOption(IPPROTO_IP, 12 /* IP_RECVTTL */, 1);
  a.socket.setOption(IPPROTO_IP, 2 /* IP_TTL */, 255);
  const { slab, table } = outgoing(["x", "y"], a.address);
  a.socket.sendBatch(slab, table, 0, 2, 0);
  const got = receive(a.socket);
  assert.equal(got.length, 2);
  for (const datagram of got) {
    assert.equal(datagram.meta[META.ifindex], addon.interfaceIndex("lo"));
    assert.equal(datagram.meta[META.hopLimit], 255);
    assert.deepEqual([...datagram.destination], [127, 0, 0, 1]);
  }
  const meta = new Int32Array(META_FIELDS);
  a.socket.sendBatch(slab, table, 0, 1, 0);
  assert.equal(a.socket.receiveBatch(new Uint8Array(8), 8, meta, NONE), 1);
  assert.equal(meta[META.ifindex], addon.interfaceIndex("lo"), "known without an address slab too");
  assert.equal(meta[META.destinationLength], 0);
  a.socket.close();
});

test("IPv6: interface, destination and hop limit come from the control messages", () => {
  const a = boundUdp(AF_INET6);
  a.socket.setOption(IPPROTO_IPV6, 49 /* IPV6_RECVPKTINFO */, 1);
  a.socket.setOption(IPPROTO_IPV6, 51 /* IPV6_RECVHOPLIMIT */, 1);
  a.socket.setOption(IPPROTO_IPV6, 16 /* IPV6_UNICAST_HOPS */, 77);
  const { slab, table } = outgoing(["x"], a.address);
  a.socket.sendBatch(slab, table, 0, 1, 0);
  const [datagram] = receive(a.socket);
  assert.equal(datagram?.meta[META.ifindex], addon.interfaceIndex("lo"));
  assert.equal(datagram?.meta[META.hopLimit], 77);
  assert.deepEqual([...(datagram?.destination ?? [])], [...new Array<number>(15).fill(0), 1]);
  assert.deepEqual(Buffer.from(datagram?.source ?? NONE), Buffer.from(a.address));
  a.socket.close();
});

test("control data of a message to send reaches the kernel", () => {
  const a = boundUdp();
  a.socket.setOption(IPPROTO_IP, 12 /* IP_RECVTTL */, 1);
  const wide = process.arch.includes("64");
  const header = wide ? 16 : 12;
  const control = Buffer.alloc(header + (wide ? 8 : 4));
  const write = (value: number, at: number) =>
    endianness() === "LE" ? control.writeUInt32LE(value, at) : control.writeUInt32BE(value, at);
  write(header + 4, endianness() === "LE" || !wide ? 0 : 4);
  write(IPPROTO_IP, header - 8);
  write(2 /* IP_TTL */, header - 4);
  write(33, header);
  const slab = Buffer.concat([a.address, Buffer.from("x"), control]);
  const table = Int32Array.from([16, 1, 0, 16, 17, control.length]);
  assert.equal(a.socket.sendBatch(slab, table, 0, 1, 0), 1);
  assert.equal(receive(a.socket)[0]?.meta[META.hopLimit], 33);
  a.socket.close();
});

test("a packet socket tells the interface", asRoot, () => {
  const packet = new addon.Socket(AF_PACKET, SOCK_RAW, 0x0300 /* ETH_P_ALL in network order */);
  const udp = boundUdp();
  const { slab, table } = outgoing(["packet"], udp.address);
  udp.socket.sendBatch(slab, table, 0, 1, 0);
  const seen = receive(packet, 64, 256).filter((frame) => frame.text.endsWith("packet"));
  assert.ok(seen.length > 0);
  for (const frame of seen) assert.equal(frame.meta[META.ifindex], addon.interfaceIndex("lo"));
  packet.close();
  udp.socket.close();
});

test("offsets that leave the slab are refused before anything is sent", () => {
  const a = boundUdp();
  const slab = Buffer.concat([a.address, Buffer.from("x")]);
  const good = [16, 1, 0, 16, 0, 0];
  for (const bad of [
    [17, 1, 0, 16, 0, 0],
    [-1, 1, 0, 16, 0, 0],
    [16, -1, 0, 16, 0, 0],
    [16, 1, 2, 16, 0, 0],
    [16, 1, 0, 16, 17, 1],
    [0x7fffffff, 0x7fffffff, 0, 16, 0, 0],
    [16, 1, 0, 16, 0, -8],
  ]) {
    assert.throws(() => a.socket.sendBatch(slab, Int32Array.from([...good, ...bad]), 0, 2, 0), RangeError);
  }
  assert.throws(() => a.socket.sendBatch(slab, Int32Array.from(good), 0, 2, 0), RangeError);
  assert.throws(() => a.socket.sendBatch(slab, Int32Array.from(good), 1, 1, 0), RangeError);
  assert.throws(() => a.socket.sendBatch(slab, Int32Array.from(good), -1, 1, 0), RangeError);
  assert.throws(
    () => a.socket.sendBatch(new Uint8Array(200), Int32Array.from([0, 1, 0, 129, 0, 0]), 0, 1, 0),
    RangeError,
  );
  assert.equal(a.socket.sendBatch(slab, Int32Array.from(good), 0, 0, 0), 0);
  assert.equal(receive(a.socket).length, 0);
  a.socket.close();
});

test("more messages than one system call takes go out in one call of ours", () => {
  const a = boundUdp();
  a.socket.setOption(SOL_SOCKET, SO_RCVBUF, 1 << 22);
  const texts = Array.from({ length: 2500 }, (_, i) => String(i));
  const { slab, table } = outgoing(texts, a.address);
  // The receive buffer may be smaller than all of them; then the kernel drops the last ones.
  assert.equal(a.socket.sendBatch(slab, table, 0, texts.length, 0), texts.length);
  const got: string[] = [];
  for (let batch = receive(a.socket); batch.length > 0; batch = receive(a.socket))
    got.push(...batch.map((d) => d.text));
  assert.deepEqual(got, texts.slice(0, got.length));
  assert.ok(got.length > 200, `${got.length} received`);
  a.socket.close();
});

test("a full queue is a short count, then 0; a refusal of the first message throws", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "addon-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = Buffer.from(`..${join(folder, "s")}\0`);
  if (endianness() === "LE") path.writeUInt16LE(AF_UNIX, 0);
  else path.writeUInt16BE(AF_UNIX, 0);
  const sink = new addon.Socket(AF_UNIX, SOCK_DGRAM, 0);
  const source = new addon.Socket(AF_UNIX, SOCK_DGRAM, 0);
  assert.throws(() => source.connect(path), refused("connect", "ENOENT"));
  sink.bind(path);
  source.connect(path);
  const { slab, table } = outgoing(
    Array.from({ length: 2000 }, () => "x"),
    null,
  );
  const sent = source.sendBatch(slab, table, 0, 2000, 0);
  assert.ok(sent > 0 && sent < 2000, `${sent} sent`);
  assert.equal(source.sendBatch(slab, table, sent, 2000 - sent, 0), 0);
  sink.close();
  assert.throws(() => source.sendBatch(slab, table, 0, 1, 0), refused("sendmmsg", "ECONNREFUSED"));
  source.close();
});

test("bind, connect and options throw what the kernel says", () => {
  const a = boundUdp();
  const other = new addon.Socket(AF_INET, SOCK_DGRAM, 0);
  assert.throws(() => other.bind(a.address), refused("bind", "EADDRINUSE"));
  assert.throws(() => other.bind(new Uint8Array(2)), refused("bind", "EINVAL"));
  assert.throws(() => other.bind(new Uint8Array(129)), RangeError);
  assert.throws(() => other.bind("127.0.0.1" as never), TypeError);
  assert.throws(() => other.setOption(SOL_SOCKET, 9999, 1), refused("setsockopt", "ENOPROTOOPT"));
  assert.throws(() => other.setOption(SOL_SOCKET, SO_RCVBUF, undefined as never), TypeError);
  assert.throws(() => other.setOption(SOL_SOCKET, SO_RCVBUF, 2 ** 31), RangeError);
  assert.throws(() => other.getOption(SOL_SOCKET, 9999), refused("getsockopt", "ENOPROTOOPT"));
  other.setOption(SOL_SOCKET, SO_RCVBUF, 8192);
  assert.equal(other.getOption(SOL_SOCKET, SO_RCVBUF), 16384);
  other.setOption(SOL_SOCKET, SO_RCVBUF, new Uint8Array(Int32Array.of(4096).buffer));
  assert.equal(other.getOption(SOL_SOCKET, SO_RCVBUF), 8192);
  other.connect(a.address);
  assert.equal(other.localAddress().length, 16);
  a.socket.close();
  other.close();
});

/** struct sock_filter: code, jt, jf, k. */
function filter(...records: [number, number, number, number][]): Uint8Array {
  const words = new Uint8Array(records.length * 8);
  records.forEach(([code, jt, jf, k], i) => {
    words.set(new Uint8Array(Uint16Array.of(code).buffer), i * 8);
    words.set([jt, jf], i * 8 + 2);
    words.set(new Uint8Array(Uint32Array.of(k).buffer), i * 8 + 4);
  });
  return words;
}

test("a filter drops in the kernel what it does not let pass", () => {
  const a = boundUdp();
  // The data of a UDP socket's packet begins with the UDP header of 8 bytes: pass when the first byte after is 'y'.
  a.socket.attachFilter(
    filter([0x30, 0, 0, 8], [0x15, 0, 1, "y".charCodeAt(0)], [0x06, 0, 0, 0xffff], [0x06, 0, 0, 0]),
  );
  const { slab, table } = outgoing(["no", "yes", "nil", "y"], a.address);
  a.socket.sendBatch(slab, table, 0, 4, 0);
  assert.deepEqual(
    receive(a.socket).map((datagram) => datagram.text),
    ["yes", "y"],
  );
  assert.throws(() => a.socket.attachFilter(filter([0xffff, 0, 0, 0])), refused("setsockopt", "EINVAL"));
  assert.throws(() => a.socket.attachFilter(NONE), RangeError);
  assert.throws(() => a.socket.attachFilter(new Uint8Array(12)), RangeError);
  assert.throws(() => a.socket.attachFilter(new Uint8Array(8 * 4097)), RangeError);
  a.socket.close();
});

/** An rtnetlink request without body beyond `body` zeros. */
function netlinkRequest(type: number, flags: number, sequence: number, body: number): Uint8Array {
  const bytes = new Uint8Array(16 + body);
  new Uint32Array(bytes.buffer)[0] = bytes.length;
  new Uint16Array(bytes.buffer).set([type, flags], 2);
  new Uint32Array(bytes.buffer)[2] = sequence;
  return bytes;
}

/** The types of the messages in a datagram. */
function netlinkTypes(bytes: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at + 16 <= bytes.length; ) {
    const header = bytes.buffer.slice(bytes.byteOffset + at, bytes.byteOffset + at + 8);
    types.push(new Uint16Array(header)[2] ?? 0);
    at += Math.max(16, ((new Uint32Array(header)[0] ?? 0) + 3) & ~3);
  }
  return types;
}

test("netlink: a dump of the links, through readability", async () => {
  const netlink = new addon.Socket(AF_NETLINK, SOCK_RAW, 0);
  const names: string[] = [];
  let done = false;
  netlink.startReading((status) => {
    assert.equal(status, 0);
    for (const datagram of receive(netlink, 4, 32768)) {
      names.push(datagram.text);
      done ||= netlinkTypes(datagram.bytes).includes(3 /* NLMSG_DONE */);
      assert.equal(datagram.source.length, 12);
    }
  });
  const request = netlinkRequest(18 /* RTM_GETLINK */, 0x301, 7, 16);
  assert.equal(netlink.sendBatch(request, Int32Array.from([0, request.length, 0, 0, 0, 0]), 0, 1, 0), 1);
  await until(() => done);
  assert.ok(names.join("").includes("lo\0"));
  netlink.close();
});

test("netlink: an overrun throws ENOBUFS, stops the polling with an error, and reading can start again", async () => {
  const netlink = new addon.Socket(AF_NETLINK, SOCK_RAW, 0);
  netlink.setOption(SOL_SOCKET, SO_RCVBUF, 0);
  const statuses: number[] = [];
  const onReadable = (status: number) => {
    statuses.push(status);
    let overrun = false;
    try {
      while (receive(netlink, 8, 1024).length > 0);
    } catch (error) {
      overrun = refused("recvmmsg", "ENOBUFS")(error);
      assert.ok(overrun, String(error));
      while (receive(netlink, 8, 1024).length > 0);
    }
    if (status < 0) netlink.startReading(onReadable);
  };
  netlink.startReading(onReadable);
  // Each of these is answered with an error, and the answers do not fit.
  const request = netlinkRequest(18, 0x5, 1, 16);
  const table = new Int32Array(SEND_FIELDS * 200);
  for (let i = 0; i < 200; i++) table.set([0, request.length, 0, 0, 0, 0], i * SEND_FIELDS);
  netlink.sendBatch(request, table, 0, 200, 0);
  await until(() => statuses.some((status) => status < 0));
  const before = statuses.length;
  netlink.sendBatch(request, table, 0, 1, 0);
  await until(() => statuses.slice(before).includes(0));
  netlink.close();
});

test("requests about an interface: the answer in the record itself, or where it points", () => {
  const a = boundUdp();
  const record = Buffer.alloc(32);
  record.write("lo");
  a.socket.interfaceRequest(0x8913 /* SIOCGIFFLAGS */, record);
  const flags = endianness() === "LE" ? record.readUInt16LE(16) : record.readUInt16BE(16);
  assert.equal(flags & 0x8 /* IFF_LOOPBACK */, 0x8);
  const question = Buffer.alloc(8);
  if (endianness() === "LE") question.writeUInt32LE(0x0a /* ETHTOOL_GLINK */);
  else question.writeUInt32BE(0x0a);
  const name = Buffer.alloc(16);
  name.write("lo");
  a.socket.interfaceRequest(0x8946 /* SIOCETHTOOL */, name, question);
  assert.equal(name.toString(), "lo".padEnd(16, "\0"));
  assert.ok(
    question.subarray(4).some((byte) => byte === 1),
    "the loopback has a link while it is up",
  );
  name.write("nosuch0");
  assert.throws(() => a.socket.interfaceRequest(0x8913, name), refused("ioctl", "ENODEV"));
  assert.throws(() => a.socket.interfaceRequest(0x8946, name, question), refused("ioctl", "ENODEV"));
  assert.throws(() => a.socket.interfaceRequest(0x8913, new Uint8Array(1024)), RangeError);
  assert.throws(() => a.socket.interfaceRequest(-1, name), RangeError);
  assert.throws(() => a.socket.interfaceRequest(0x8913, "lo" as never), TypeError);
  assert.throws(() => a.socket.interfaceRequest(0x8913, name, 8 as never), TypeError);
  a.socket.close();
});

test("reading stops, starts again with another callback, and does not outlive the socket", async () => {
  const a = boundUdp();
  const { slab, table } = outgoing(["x"], a.address);
  const calls: string[] = [];
  a.socket.startReading(() => calls.push("first"));
  a.socket.stopReading();
  a.socket.sendBatch(slab, table, 0, 1, 0);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(calls.length, 0);
  a.socket.startReading(() => {
    calls.push("second");
    a.socket.close(); // from its own callback, with the datagram still unread
  });
  await until(() => calls.length > 0);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(calls, ["second"]);
  assert.throws(() => boundUdp().socket.startReading(undefined as never), TypeError);
});

test("every method of a closed socket throws EBADF, and closing again is fine", () => {
  const { socket, address } = boundUdp();
  assert.ok(socket.fd > 2);
  socket.close();
  socket.close();
  assert.equal(socket.fd, -1);
  for (const use of [
    () => socket.setOption(1, 8, 1),
    () => socket.getOption(1, 8),
    () => socket.attachFilter(new Uint8Array(8)),
    () => socket.bind(address),
    () => socket.connect(address),
    () => socket.localAddress(),
    () => socket.interfaceRequest(0x8913, new Uint8Array(32)),
    () => socket.stopReading(),
    () => socket.receiveBatch(new Uint8Array(8), 8, new Int32Array(6), NONE),
    () => socket.setRef(true),
    () => socket.sendBatch(new Uint8Array(8), new Int32Array(6), 0, 1, 0),
    () => socket.startReading(() => undefined),
  ])
    assert.throws(use, (error: { code?: string }) => error.code === "EBADF");
});
