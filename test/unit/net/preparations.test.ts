/** What is built before it is wanted, and that it changes nothing but the time that wanting takes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Addon } from "../../../src/native/addon.js";
import { Links } from "../../../src/net/links.js";
import { Monitor } from "../../../src/net/monitor.js";
import { Preparations } from "../../../src/net/preparations.js";
import { Reconciler } from "../../../src/net/reconciler.js";
import { FakeKernel } from "./fake-kernel.js";
import { addonWith, FakeSocket } from "./fake-socket.js";
import { address, manyAddresses, route } from "./settings.js";
import { second, VirtualLoop } from "./virtual-loop.js";

const VIP = address("192.0.2.1/24");

function setUp() {
  const loop = new VirtualLoop();
  const links = new Links();
  const kernel = new FakeKernel(links, loop);
  const told: string[] = [];
  const reconciler = new Reconciler(kernel, links, loop, {
    lost: (_owner, _setting, putBack) => told.push(putBack),
  });
  kernel.link(3, "eth0", true);
  return { loop, kernel, reconciler, told };
}

test("a setting has one object, and a request as long as device and form are the same", () => {
  const preparations = new Preparations();
  const object = preparations.object(VIP);
  assert.equal(preparations.object(VIP), object);
  const request = preparations.addition(object, [3], true);
  assert.equal(preparations.addition(object, [3], true), request);
  assert.equal(request.call, "RTM_NEWADDR");
  const elsewhere = preparations.addition(object, [4], true);
  assert.notDeepEqual(elsewhere.message, request.message);
  assert.notDeepEqual(preparations.addition(object, [4], false).message, elsewhere.message);
  const way = preparations.object(route("10.0.0.0/8"));
  assert.equal(preparations.addition(way, [3], true).call, "RTM_NEWROUTE");
});

test("preparing asks nothing of the kernel; what was prepared is added as ever", () => {
  const { loop, kernel, reconciler } = setUp();
  const addresses = manyAddresses(40);
  reconciler.prepare({ addresses: addresses, routes: [route("10.0.0.0/8")] });
  loop.settle();
  assert.deepEqual(kernel.log, []);
  reconciler.setDesired("VI_1", { addresses: addresses, routes: [route("10.0.0.0/8")] });
  loop.settle();
  assert.equal(kernel.present.size, 41);
  reconciler.clear("VI_1");
  loop.settle();
  assert.equal(kernel.present.size, 0);
});

test("a prepared address follows its device to another index", () => {
  const { loop, kernel, reconciler } = setUp();
  reconciler.prepare({ addresses: [VIP] });
  kernel.unlink(3);
  kernel.link(9, "eth0", true);
  reconciler.setDesired("VI_1", { addresses: [VIP] });
  loop.settle();
  assert.deepEqual(kernel.log, ["add 192.0.2.1/24 on 9"]);
});

test("an address that is given up and wanted again has no memory of earlier losses", () => {
  const { loop, kernel, reconciler, told } = setUp();
  reconciler.prepare({ addresses: [VIP] });
  const steal = (times: number): void => {
    for (let i = 0; i < times; i++) {
      kernel.steal("192.0.2.1/24 on 3");
      loop.settle();
    }
  };
  reconciler.setDesired("VI_1", { addresses: [VIP] });
  loop.settle();
  steal(5);
  reconciler.clear("VI_1");
  loop.settle();
  reconciler.setDesired("VI_1", { addresses: [VIP] });
  loop.settle();
  steal(5);
  assert.deepEqual(told, Array(10).fill("now"));
});

class WatchedSocket extends FakeSocket {
  reading = false;
  override startReading(): void {
    this.reading = true;
  }
  override stopReading(): void {
    this.reading = false;
  }
}

test("a paused monitor reads again when told to, or by itself after the time it was given", () => {
  const socket = new WatchedSocket();
  const loop = new VirtualLoop();
  const addon: Addon = addonWith(socket);
  const monitor = new Monitor(addon, new Links(), loop);
  monitor.resume();
  assert.equal(socket.reading, false);
  monitor.pause(second);
  monitor.resume();
  assert.equal(socket.reading, true);
  monitor.pause(second);
  assert.equal(socket.reading, false);
  loop.advance(second / 2);
  monitor.pause(second);
  loop.advance(second / 2);
  assert.equal(socket.reading, true);
  monitor.pause(second);
  monitor.close();
  socket.reading = false;
  loop.advance(second);
  assert.equal(socket.reading, false);
});
