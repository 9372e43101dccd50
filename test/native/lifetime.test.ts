/** Ownership: collection without close, exceptions in callbacks, exit and worker termination in the middle of work. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import {
  addon,
  addonPath,
  boundUdp,
  EVERYTHING_UNDER_WAY,
  openDescriptors,
  runScript,
  until,
} from "./fixture.js";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("objects that nobody closed are closed when they are collected", async () => {
  const before = openDescriptors();
  (() => {
    for (let i = 0; i < 50; i++) {
      boundUdp();
      const stopped = boundUdp().socket;
      stopped.startReading(() => undefined);
      stopped.stopReading();
      new addon.Timer(() => undefined);
    }
  })();
  assert.ok(openDescriptors() >= before + 150);
  await until(() => {
    gc();
    return openDescriptors() <= before;
  });
});

test("what is under way is not collected", async () => {
  let fired = 0;
  let readable = 0;
  let exited = 0;
  (() => {
    new addon.Timer(() => fired++).arm(addon.monotonicMicros() + 30_000);
    const { socket, address } = boundUdp();
    socket.startReading(() => {
      readable++;
      socket.close();
    });
    const slab = Buffer.concat([address, Buffer.from("x")]);
    setTimeout(() => boundUdp().socket.sendBatch(slab, Int32Array.from([16, 1, 0, 16, 0, 0]), 0, 1, 0), 20);
    addon.spawn({ file: "/bin/sleep", args: ["sleep", "0.05"], env: [] }, () => exited++);
  })();
  for (let i = 0; i < 5; i++) {
    gc();
    await turn();
  }
  await until(() => fired === 1 && readable === 1 && exited === 1);
});

test("an exception in any callback is an uncaughtException, and work goes on", async () => {
  const result = await runScript(`
    const caught = [];
    process.on("uncaughtException", (error) => caught.push(error.message));
    let n = 0;
    const timer = new addon.Timer(() => { if (++n < 3) timer.arm(0); else timer.close(); throw new Error("timer" + n); });
    timer.arm(0);
    const watch = new addon.SignalWatch(40, () => { watch.close(); throw new Error("signal"); });
    const udp = new addon.Socket(2, 2, 0);
    udp.bind(Uint8Array.from([2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]));
    udp.connect(udp.localAddress());
    udp.startReading(() => { udp.close(); throw new Error("socket"); });
    udp.sendBatch(new Uint8Array(1), Int32Array.from([0, 1, 0, 0, 0, 0]), 0, 1, 0);
    addon.spawn({ file: "/bin/sh", args: ["sh", "-c", "echo x >&2; kill -40 " + process.pid], env: [], captureStderr: true },
      () => { throw new Error("exit"); }, (chunk) => { if (chunk.length === 0) throw new Error("stderr"); });
    process.on("exit", () => console.log(caught.sort().join()));`);
  assert.equal(result.stdout, "exit,signal,socket,stderr,timer1,timer2,timer3\n", result.stderr);
  assert.equal(result.code, 0);
});

test("an exception that nobody catches ends the process as any other", async () => {
  const result = await runScript(`new addon.Timer(() => { throw new Error("ours"); }).arm(0);`);
  assert.equal(result.code, 1);
  assert.match(result.stderr, /Error: ours/);
});

for (const [how, end] of Object.entries({
  "process.exit": `process.exit(7);`,
  "process.exit in a callback": `new addon.Timer(() => process.exit(7)).arm(addon.monotonicMicros() + 5000);`,
  "process.exit in a readable callback": `udp.stopReading(); send(); udp.startReading(() => process.exit(7));`,
  "process.exit with callbacks due": `const until = Date.now() + 20; while (Date.now() < until); process.exit(7);`,
})) {
  test(`everything under way, then ${how}`, async () => {
    const result = await runScript(`${EVERYTHING_UNDER_WAY} ${end}`);
    assert.deepEqual([result.code, result.signal, result.stderr], [7, null, ""]);
  });
}

test("workers are terminated in the middle of work, several at once, and leave nothing open", async () => {
  const before = openDescriptors();
  const text = `const { parentPort, workerData: addonPath } = require("node:worker_threads"); const addon = require(addonPath);
    ${EVERYTHING_UNDER_WAY} parentPort.postMessage("busy");`;
  for (let round = 0; round < 5; round++) {
    const workers = Array.from({ length: 4 }, () => new Worker(text, { eval: true, workerData: addonPath }));
    await Promise.all(
      workers.map(async (worker, i) => {
        await new Promise((resolve) => worker.once("message", resolve));
        await new Promise((resolve) => setTimeout(resolve, i * 3));
        await worker.terminate();
      }),
    );
  }
  await until(() => openDescriptors() <= before + 2);
});

test("a worker that leaves from a callback, or whose callback throws, ends alone", async () => {
  for (const [body, code] of [
    ["process.exit(3)", 3],
    [`throw new Error("ours")`, 1],
    ["for (;;);", 1],
  ] as const) {
    const worker = new Worker(
      `const { workerData: addonPath, parentPort } = require("node:worker_threads"); const addon = require(addonPath);
       ${EVERYTHING_UNDER_WAY} new addon.Timer(() => { parentPort.postMessage(0); ${body} }).arm(addon.monotonicMicros() + 2000);`,
      { eval: true, workerData: addonPath },
    );
    let error: Error | undefined;
    worker.on("error", (thrown: Error) => (error = thrown));
    const exit = new Promise((resolve) => worker.once("exit", resolve));
    if (body === "for (;;);") worker.once("message", () => void worker.terminate());
    assert.equal(await exit, code);
    assert.equal(error?.message, body.startsWith("throw") ? "ours" : undefined);
  }
});

test("the addon works in a worker beside the main thread", async () => {
  const worker = new Worker(
    `const { workerData, parentPort } = require("node:worker_threads"); const addon = require(workerData);
     new addon.Timer(() => addon.spawn({ file: "/bin/sh", args: ["sh", "-c", "exit 5"], env: [] }, (status) => parentPort.postMessage(status))).arm(0);`,
    { eval: true, workerData: addonPath },
  );
  const exit = new Promise((resolve) => worker.once("exit", resolve));
  let fired = false;
  const timer = new addon.Timer(() => (fired = true));
  timer.arm(0);
  assert.equal(await new Promise((resolve) => worker.once("message", resolve)), 5);
  await until(() => fired);
  timer.close();
  assert.equal(await exit, 0);
});
