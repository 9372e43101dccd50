/** The command socket: batches, answers, errors; with a socket that answers as the kernel would. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type KernelRequest, openChannel, type Result } from "../../../src/net/netlink-channel.js";
import { readU16, readU32 } from "../../../src/netlink/attributes.js";
import { MessageWriter } from "../../../src/netlink/attributes.js";
import { encodeDeleteLink } from "../../../src/netlink/link.js";
import { nextMessage } from "../../../src/netlink/message.js";
import { addonWith, FakeSocket } from "./fake-socket.js";
import { VirtualLoop } from "./virtual-loop.js";

/** Sequence numbers of the requests in one datagram, of which the last one wants an answer. */
function sequences(data: Uint8Array): number[] {
  const numbers: number[] = [];
  for (let at = 0; at < data.length; ) {
    const next = nextMessage(data, at, data.length);
    assert.equal(readU16(data, at + 6) & 0x5, next < data.length ? 0x1 : 0x5, "NLM_F_REQUEST and NLM_F_ACK");
    numbers.push(readU32(data, at + 8));
    at = next;
  }
  return numbers;
}

function answer(sequence: number, errno: number, text?: string): Uint8Array {
  const writer = new MessageWriter().begin(2, text === undefined ? 0x100 : 0x300).u32(-errno >>> 0);
  writer.raw(encodeDeleteLink(1).subarray(0, 16));
  if (text !== undefined) writer.attributeText(1, text);
  const bytes = writer.finish();
  new DataView(bytes.buffer).setUint32(8, sequence, true);
  return bytes;
}

function setUp() {
  const socket = new FakeSocket();
  const loop = new VirtualLoop();
  const channel = openChannel(addonWith(socket), loop);
  return { socket, loop, channel };
}

const request = (subject: string): KernelRequest => ({
  message: encodeDeleteLink(3),
  call: "RTM_DELLINK",
  subject,
});
const many = (count: number): KernelRequest[] => Array.from({ length: count }, (_, i) => request(`${i}`));

test("answers to others do not count, however many there are", async () => {
  const { socket, loop, channel } = setUp();
  socket.waiting.push(...Array.from({ length: 64 }, (_, i) => answer(1000 + i, 0)));
  socket.onSend = ([datagram]) => {
    socket.waiting.push(...sequences(datagram?.data ?? new Uint8Array(0)).map((n) => answer(n, 0)));
  };
  const done = channel.request(many(3));
  loop.settle();
  assert.deepEqual(await done, Array(3).fill({ ok: true }));
});

test("requests go out 32 at a time, one batch per turn", async () => {
  const { socket, loop, channel } = setUp();
  socket.onSend = ([datagram]) => {
    socket.waiting.push(...sequences(datagram?.data ?? new Uint8Array(0)).map((n) => answer(n, 0)));
  };
  const done = channel.request(many(70));
  const sizes: number[] = [];
  while (loop.turn()) sizes.push(socket.calls.length);
  assert.deepEqual(sizes, [1, 2, 3, 3]);
  assert.deepEqual(
    socket.calls.map(([datagram]) => sequences(datagram?.data ?? new Uint8Array(0)).length),
    [32, 32, 6],
  );
  assert.deepEqual(await done, Array(70).fill({ ok: true }));
});

test("each request gets its own answer, whatever their order", async () => {
  const { socket, loop, channel } = setUp();
  socket.onSend = ([datagram]) => {
    const [a = 0, b = 0, c = 0] = sequences(datagram?.data ?? new Uint8Array(0));
    socket.waiting.push(answer(c, 0), answer(b, 22, "no such thing"), answer(a, 17), answer(999, 1));
  };
  const done = channel.request(many(3));
  loop.settle();
  const expected: Result[] = [
    { ok: false, error: { call: "RTM_DELLINK", code: "EEXIST", subject: "0" } },
    { ok: false, error: { call: "RTM_DELLINK", code: "EINVAL", subject: "1", detail: "no such thing" } },
    { ok: true },
  ];
  assert.deepEqual(await done, expected);
});

test("what the kernel does not refuse was done, as soon as the last request is answered", async () => {
  const { socket, loop, channel } = setUp();
  socket.onSend = ([datagram]) => {
    const [, b = 0, , d = 0] = sequences(datagram?.data ?? new Uint8Array(0));
    socket.waiting.push(answer(b, 13), answer(d, 0));
  };
  const refusal: Result = { ok: false, error: { call: "RTM_DELLINK", code: "EACCES", subject: "1" } };
  const expected: Result[] = [{ ok: true }, refusal, { ok: true }, { ok: true }];
  assert.deepEqual(await settle(loop, channel.request(many(4))), expected);
});

test("the last request of a batch may be the one that is refused", async () => {
  const { socket, loop, channel } = setUp();
  socket.onSend = ([datagram]) => {
    const [, , c = 0] = sequences(datagram?.data ?? new Uint8Array(0));
    socket.waiting.push(answer(c, 13));
  };
  const results = await settle(loop, channel.request(many(3)));
  assert.deepEqual(
    results.map(({ ok }) => ok),
    [true, true, false],
  );
});

test("without the answer to the last request nothing is known to be done", async () => {
  const { socket, loop, channel } = setUp();
  socket.onSend = ([datagram]) => {
    const [, b = 0] = sequences(datagram?.data ?? new Uint8Array(0));
    socket.waiting.push(answer(b, 13));
  };
  const codes = (results: Result[]): string[] =>
    results.map((result) => (result.ok ? "" : result.error.code));
  assert.deepEqual(codes(await settle(loop, channel.request(many(3)))), ["ENOBUFS", "EACCES", "ENOBUFS"]);
  socket.receiveFailures.push("ENOBUFS");
  assert.deepEqual(codes(await settle(loop, channel.request(many(2)))), ["ENOBUFS", "ENOBUFS"]);
});

test("when answers are lost each request is sent once more alone, and the answers left over harm no later batch", async () => {
  const { socket, loop, channel } = setUp();
  socket.receiveFailures.push("ENOBUFS");
  const sizes: number[] = [];
  socket.onSend = ([datagram]) => {
    const sent = sequences(datagram?.data ?? new Uint8Array(0));
    sizes.push(sent.length);
    const [a = 0] = sent;
    if (sent.length === 1) return void socket.waiting.push(answer(a, sizes.length === 2 ? 17 : 0));
    // As the kernel after an overrun: no answer has room until the last one is taken.
    if (socket.waiting.length === 0) socket.waiting.push(...sent.map((sequence) => answer(sequence, 17)));
  };
  const results = await settle(loop, channel.request(many(3)));
  assert.deepEqual(
    results.map((result) => (result.ok ? "done" : result.error.code)),
    ["EEXIST", "done", "done"],
  );
  assert.deepEqual(sizes, [3, 1, 1, 1]);
  assert.equal(socket.waiting.length, 0);
});

test("a refused send and a missing answer are errors of the requests", async () => {
  const { socket, loop, channel } = setUp();
  socket.refusals.push("EPERM", "");
  const [refused] = await (loop.soon(() => {}), settle(loop, channel.request(many(1))));
  assert.deepEqual(refused, { ok: false, error: { call: "sendmmsg", code: "EPERM", subject: "0" } });
  const [silent] = await settle(loop, channel.request(many(1)));
  assert.equal(silent?.ok === false && silent.error.code, "ENOBUFS");
});

async function settle<T>(loop: VirtualLoop, promise: Promise<T>): Promise<T> {
  loop.settle();
  return promise;
}

test("sources take turns, and are asked only when their turn comes", () => {
  const { socket, loop, channel } = setUp();
  const order: string[] = [];
  const source = (name: string, batches: number) => ({
    take: () => (batches-- > 0 ? (order.push(name), [request(name)]) : []),
    finished: () => {},
  });
  channel.serve(source("a", 3));
  channel.serve(source("b", 2));
  channel.wake();
  assert.deepEqual(order, []);
  loop.settle();
  assert.deepEqual(order, ["a", "b", "a", "b", "a"]);
  assert.equal(socket.calls.length, 5);
});

test("a closed channel does nothing more", () => {
  const { socket, loop, channel } = setUp();
  void channel.request(many(1));
  channel.close();
  loop.settle();
  assert.equal(socket.calls.length, 0);
  assert.ok(socket.closed);
});
