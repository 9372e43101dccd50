/** Questions to the kernel over netlink: single replies, dumps in parts, refusals; with a socket that answers as it would. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, NetlinkReader } from "../../../src/net/netlink-reader.js";
import { MessageWriter, readU32, setSequence } from "../../../src/netlink/attributes.js";
import { NLM_F_MULTI, NLMSG_DONE, NLMSG_ERROR } from "../../../src/netlink/constants.js";
import { encodeDumpServices } from "../../../src/netlink/ipvs-service.js";
import { addonWith, FakeSocket } from "./fake-socket.js";
import { VirtualLoop } from "./virtual-loop.js";

const NETLINK_GENERIC = 16;
const KIND = 28;

function setUp() {
  const socket = new FakeSocket();
  const loop = new VirtualLoop();
  const reader = new NetlinkReader(addonWith(socket), loop, NETLINK_GENERIC);
  const ask = (): Promise<Answer<number>> =>
    reader.ask(encodeDumpServices(KIND), "GET", "all", (bytes, offset, header) =>
      header.length < 20
        ? { ok: false, drop: "tooShort", detail: "no number" }
        : { ok: true, value: readU32(bytes, offset + 16) },
    );
  /** Messages with the sequence number of the request that was sent last. */
  const answers = (...messages: MessageWriter[]): Uint8Array => {
    const sequence = readU32(socket.calls.at(-1)?.[0]?.data ?? new Uint8Array(12), 8);
    const parts = messages.map((message) => {
      const bytes = message.finish();
      setSequence(bytes, 0, sequence);
      return bytes;
    });
    return Uint8Array.from(parts.flatMap((bytes) => [...bytes]));
  };
  return { socket, loop, reader, ask, answers };
}

const part = (value: number, flags = NLM_F_MULTI): MessageWriter =>
  new MessageWriter().begin(KIND, flags).u32(value);
const done = (): MessageWriter => new MessageWriter().begin(NLMSG_DONE, NLM_F_MULTI).u32(0);
const refusal = (errno: number): MessageWriter =>
  new MessageWriter()
    .begin(NLMSG_ERROR, 0)
    .u32(-errno >>> 0)
    .raw(encodeDumpServices(KIND).subarray(0, 16));

test("a dump is read to its end, over several datagrams and turns", async () => {
  const { socket, loop, ask, answers } = setUp();
  socket.onSend = () => {
    for (let i = 0; i < 9; i++) socket.waiting.push(answers(part(2 * i), part(2 * i + 1)));
    socket.waiting.push(answers(done()));
  };
  const answer = ask();
  loop.settle();
  assert.deepEqual(await answer, { ok: true, messages: Array.from({ length: 18 }, (_, i) => i) });
});

test("a single reply is an answer by itself", async () => {
  const { socket, loop, ask, answers } = setUp();
  socket.onSend = () => void socket.waiting.push(answers(part(7, 0)));
  const answer = ask();
  loop.settle();
  assert.deepEqual(await answer, { ok: true, messages: [7] });
});

test("questions are asked one after the other, and late answers to others do not count", async () => {
  const { socket, loop, ask, answers } = setUp();
  socket.onSend = () => {
    const stale = answers(part(99));
    setSequence(stale, 0, 4711);
    socket.waiting.push(stale, answers(part(socket.calls.length), done()));
  };
  const both = Promise.all([ask(), ask()]);
  loop.settle();
  assert.deepEqual(await both, [
    { ok: true, messages: [1] },
    { ok: true, messages: [2] },
  ]);
});

test("refusals, silence, damage and a refused send are errors of the question", async () => {
  const { socket, loop, ask, answers } = setUp();
  const codeOf = async (answer: Promise<Answer<number>>): Promise<string> => {
    loop.settle();
    const result = await answer;
    return result.ok ? "ok" : result.error.code;
  };
  socket.onSend = () => void socket.waiting.push(answers(refusal(3)));
  assert.equal(await codeOf(ask()), "ESRCH");
  socket.onSend = () => {};
  assert.equal(await codeOf(ask()), "ENOBUFS");
  socket.onSend = () => void socket.waiting.push(answers(new MessageWriter().begin(KIND, NLM_F_MULTI)));
  assert.equal(await codeOf(ask()), "EBADMSG");
  socket.refusals.push("EPERM");
  assert.equal(await codeOf(ask()), "EPERM");
});

test("what waits when it is closed is answered", async () => {
  const { reader, ask } = setUp();
  const answer = ask();
  reader.close();
  const result = await answer;
  assert.equal(!result.ok && result.error.code, "ECANCELED");
});
