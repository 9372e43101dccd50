/** The monitor of links, addresses, routes and rules when notifications are lost, on a socket without a kernel. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Links } from "../../../src/net/links.js";
import { Monitor } from "../../../src/net/monitor.js";
import { readU16, readU32 } from "../../../src/netlink/attributes.js";
import { NLMSG_DONE } from "../../../src/netlink/constants.js";
import { addonWith, FakeSocket } from "./fake-socket.js";
import { fromHex, netlinkMessages } from "./vectors.js";
import { VirtualLoop } from "./virtual-loop.js";

const NOTIFICATION = fromHex(netlinkMessages.sent["address with label"] as string);

/** NLMSG_DONE without error for the dump that was asked for. */
function done(request: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, NLMSG_DONE, true);
  view.setUint32(8, readU32(request, 8), true);
  return bytes;
}

async function started() {
  const socket = new FakeSocket();
  const loop = new VirtualLoop();
  const monitor = new Monitor(addonWith(socket), new Links(), loop);
  /** Types of the dumps, and how many messages waited when each was asked for. */
  const dumps: { type: number; waited: number }[] = [];
  socket.onSend = ([datagram]) => {
    const { data } = datagram as { data: Uint8Array };
    dumps.push({ type: readU16(data, 4), waited: socket.waiting.length });
    socket.waiting.push(done(data));
  };
  /** As the poll does: somebody is woken as long as something waits. */
  const settle = (): void => {
    while (socket.waiting.length > 0 || socket.receiveFailures.length > 0 || loop.turn()) monitor.drain();
  };
  const complete = monitor.start();
  settle();
  await complete;
  const atStart = dumps.splice(0);
  return { socket, settle, dumps, atStart };
}

test("links, addresses, routes and rules are dumped at the start", async () => {
  const { atStart } = await started();
  assert.deepEqual(
    atStart.map(({ type }) => type),
    [18, 22, 26, 26, 34, 34],
  );
});

test("after an overrun nothing is dumped before all that waits is read: the kernel keeps silent until then", async () => {
  const { socket, settle, dumps, atStart } = await started();
  for (let i = 0; i < 1000; i++) socket.waiting.push(NOTIFICATION);
  socket.receiveFailures.push("ENOBUFS");
  settle();
  assert.deepEqual(dumps, atStart);
});

test("an overrun during a dump has it done once more, again after all that waits", async () => {
  const { socket, settle, dumps, atStart } = await started();
  const { onSend } = socket;
  socket.onSend = (datagrams) => {
    socket.onSend = onSend;
    onSend(datagrams);
    for (let i = 0; i < 500; i++) socket.waiting.push(NOTIFICATION);
    socket.receiveFailures.push("ENOBUFS");
  };
  socket.receiveFailures.push("ENOBUFS");
  settle();
  const [first, ...again] = dumps;
  assert.equal(first?.type, 18);
  assert.deepEqual(again, atStart);
});
