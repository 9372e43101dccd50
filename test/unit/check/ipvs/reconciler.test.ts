/** The reconciler of IPVS against a kernel in memory: which requests, in which order, and what is told (check reference, 6.6). */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Journal } from "../../../../src/check/ipvs/journal.js";
import type { DestinationSetting, ServiceSetting } from "../../../../src/check/ipvs/model.js";
import { Reconciler } from "../../../../src/check/ipvs/reconciler.js";
import { VirtualLoop } from "../../net/virtual-loop.js";
import { FakeIpvs } from "./fake-ipvs.js";

const FAMILY = 28;

function setUp(journal = new Journal(undefined, () => {})) {
  const loop = new VirtualLoop();
  const kernel = new FakeIpvs(loop);
  const told: string[] = [];
  const reconciler = new Reconciler(journal, {
    refused: (owner, { call, code, subject }) => told.push(`refused ${owner}: ${call} ${code} ${subject}`),
    lost: (owner, subject) => told.push(`lost ${owner}: ${subject}`),
  });
  /** Lets everything happen that was wanted, and gives the requests of it. */
  const settle = async (): Promise<string[]> => {
    // The journal answers in a microtask.
    await new Promise((resolve) => setImmediate(resolve));
    loop.settle();
    return kernel.log.splice(0);
  };
  reconciler.connect(kernel, FAMILY);
  return { reconciler, kernel, told, settle };
}

const NAT = { method: "NAT" } as const;

const server = (last: number, weight = 1): DestinationSetting => ({
  family: 4,
  address: `10.0.0.${last}`,
  port: 80,
  weight,
  forwarding: NAT,
  upperThreshold: 0,
  lowerThreshold: 0,
});

const web = (destinations: DestinationSetting[], more: Partial<ServiceSetting> = {}): ServiceSetting => ({
  key: { kind: "address", family: 4, protocol: "TCP", address: "10.0.0.1", port: 80 },
  scheduler: "rr",
  flags: { onePacket: false, flag1: false, flag2: false, flag3: false },
  persistence: { timeoutSeconds: 0 },
  destinations,
  ...more,
});

test("only what differs is edited: additions, then edits, then removals", async () => {
  const { reconciler, settle } = setUp();
  reconciler.want("web", [web([server(11), server(12)])]);
  assert.deepEqual(await settle(), [
    "add 10.0.0.1:80 rr",
    "add 10.0.0.1:80 > 10.0.0.11:80 = 1",
    "add 10.0.0.1:80 > 10.0.0.12:80 = 1",
  ]);
  reconciler.want("web", [web([server(12, 0), server(13)], { scheduler: "wlc" })]);
  assert.deepEqual(await settle(), [
    "edit 10.0.0.1:80 wlc",
    "add 10.0.0.1:80 > 10.0.0.13:80 = 1",
    "edit 10.0.0.1:80 > 10.0.0.12:80 = 0",
    "delete 10.0.0.1:80 > 10.0.0.11:80",
  ]);
  reconciler.want("web", [web([server(12, 0), server(13)], { scheduler: "wlc" })]);
  assert.deepEqual(await settle(), []);
  reconciler.want("web", []);
  assert.deepEqual(await settle(), ["delete 10.0.0.1:80"]);
});

test("what is not wanted any more when its turn comes is never sent", async () => {
  const { reconciler, settle } = setUp();
  reconciler.want("web", [web([server(11)])]);
  reconciler.want("web", []);
  assert.deepEqual(await settle(), []);
});

test("a batch has 32 requests", async () => {
  const { reconciler, kernel, settle } = setUp();
  reconciler.want("web", [web(Array.from({ length: 69 }, (_, i) => server(i + 10)))]);
  assert.equal((await settle()).length, 70);
  assert.deepEqual(kernel.batches, [32, 32, 6]);
});

test("what is there already counts as added", async () => {
  const { reconciler, kernel, told, settle } = setUp();
  kernel.table.set("10.0.0.1:80", new Map([["10.0.0.11:80", 4]]));
  reconciler.want("web", [web([server(11)])]);
  await settle();
  assert.deepEqual([...(kernel.table.get("10.0.0.1:80") ?? [])], [["10.0.0.11:80", 4]]);
  assert.deepEqual(told, []);
});

test("an edit of what somebody removed adds it again, and tells", async () => {
  const { reconciler, kernel, told, settle } = setUp();
  reconciler.want("web", [web([server(11), server(12)])]);
  await settle();
  kernel.table.get("10.0.0.1:80")?.delete("10.0.0.12:80");
  reconciler.want("web", [web([server(11), server(12, 5)])]);
  assert.deepEqual(await settle(), [
    "edit 10.0.0.1:80 > 10.0.0.12:80 = 5",
    "add 10.0.0.1:80 > 10.0.0.12:80 = 5",
  ]);
  assert.deepEqual(told, ["lost web: [10.0.0.12]:tcp:80 of [10.0.0.1]:tcp:80"]);
});

test("a service that somebody removed comes back whole, and is told of once", async () => {
  const { reconciler, kernel, told, settle } = setUp();
  reconciler.want("web", [web([server(11), server(12)])]);
  await settle();
  kernel.table.clear();
  reconciler.want("web", [web([server(11), server(12, 5)])]);
  await settle();
  assert.deepEqual(
    [...(kernel.table.get("10.0.0.1:80") ?? [])],
    [
      ["10.0.0.11:80", 1],
      ["10.0.0.12:80", 5],
    ],
  );
  assert.deepEqual(told, ["lost web: [10.0.0.1]:tcp:80"]);
});

test("whatever request finds the service gone brings it back; what shall go and is gone already is well", async () => {
  for (const now of [
    [web([server(11)])],
    [web([server(11), server(12)], { scheduler: "wlc" as const })],
    [web([server(11), server(12), server(13)])],
  ]) {
    const { reconciler, kernel, told, settle } = setUp();
    reconciler.want("web", [web([server(11), server(12)])]);
    await settle();
    kernel.table.clear();
    reconciler.want("web", now);
    await settle();
    assert.equal(kernel.table.get("10.0.0.1:80")?.size, now[0]?.destinations.length);
    assert.deepEqual(told, ["lost web: [10.0.0.1]:tcp:80"]);
  }
  const { reconciler, kernel, told, settle } = setUp();
  reconciler.want("web", [web([server(11), server(12)])]);
  await settle();
  kernel.table.get("10.0.0.1:80")?.clear();
  reconciler.want("web", [web([server(11)])]);
  await settle();
  kernel.table.clear();
  reconciler.want("web", []);
  await settle();
  assert.deepEqual(told, []);
});

test("a loss is told once for each time; a server that is missing is added again", async () => {
  const { reconciler, kernel, told, settle } = setUp();
  reconciler.want("web", [web([server(11), server(12)])]);
  await settle();
  const [entry] = reconciler.entries.all();
  const destination = entry?.destinations.get("10.0.0.12:80");
  assert.ok(entry && destination);
  kernel.table.get("10.0.0.1:80")?.delete("10.0.0.12:80");
  reconciler.missing(entry, destination);
  assert.deepEqual(await settle(), ["add 10.0.0.1:80 > 10.0.0.12:80 = 1"]);
  assert.deepEqual(told.splice(0), ["lost web: [10.0.0.12]:tcp:80 of [10.0.0.1]:tcp:80"]);
  reconciler.want("web", [web([server(11), server(12, 5)])]);
  await settle();
  kernel.table.clear();
  reconciler.missing(entry, destination);
  reconciler.missing(entry);
  await settle();
  assert.deepEqual(told.splice(0), ["lost web: [10.0.0.1]:tcp:80"]);
  reconciler.want("web", [web([server(11), server(12, 6)], { scheduler: "wlc" })]);
  await settle();
  assert.deepEqual(told, []);
});

test("what was looked for in vain and is there after all is nobody's loss", async () => {
  const { reconciler, told, settle } = setUp();
  reconciler.want("web", [web([server(11)])]);
  await settle();
  const [entry] = reconciler.entries.all();
  assert.ok(entry);
  reconciler.missing(entry);
  await settle();
  assert.deepEqual(told, []);
});

test("a refused service is told once with what stands behind it left out, and tried again when asked", async () => {
  const { reconciler, kernel, told, settle } = setUp();
  kernel.refusals.set("add 10.0.0.1:80 twos", "ENOENT");
  reconciler.want("web", [web([server(11)], { scheduler: "twos" })]);
  await settle();
  reconciler.retry();
  await settle();
  assert.deepEqual(told, ["refused web: IPVS_CMD_NEW_SERVICE ENOENT [10.0.0.1]:tcp:80"]);
  kernel.refusals.clear();
  assert.deepEqual(await settle(), []);
  reconciler.retry();
  assert.deepEqual(await settle(), ["add 10.0.0.1:80 twos", "add 10.0.0.1:80 > 10.0.0.11:80 = 1"]);
});

test("a refused server stands in nobody's way, and is tried again when its wish changes", async () => {
  const { reconciler, kernel, told, settle } = setUp();
  kernel.refusals.set("add 10.0.0.1:80 > 10.0.0.11:80 = 1", "EINVAL");
  reconciler.want("web", [web([server(11), server(12)])]);
  await settle();
  assert.equal(kernel.table.get("10.0.0.1:80")?.size, 1);
  assert.deepEqual(told.splice(0), [
    "refused web: IPVS_CMD_NEW_DEST EINVAL [10.0.0.11]:tcp:80 of [10.0.0.1]:tcp:80",
  ]);
  reconciler.want("web", [web([server(11, 2), server(12)])]);
  assert.deepEqual(await settle(), ["add 10.0.0.1:80 > 10.0.0.11:80 = 2"]);
  kernel.table.get("10.0.0.1:80")?.delete("10.0.0.11:80");
  kernel.refusals.set("edit 10.0.0.1:80 > 10.0.0.11:80 = 3", "EINVAL");
  reconciler.want("web", [web([server(11, 3), server(12)])]);
  await settle();
  assert.equal(told.length, 1, "after a success the same refusal is news");
});

test("a refused service is tried again when its wish changes", async () => {
  const { reconciler, kernel, settle } = setUp();
  kernel.refusals.set("add 10.0.0.1:80 twos", "ENOENT");
  reconciler.want("web", [web([], { scheduler: "twos" })]);
  await settle();
  reconciler.want("web", [web([], { scheduler: "rr" })]);
  assert.deepEqual(await settle(), ["add 10.0.0.1:80 rr"]);
});

test("what is gone and wanted by nobody is forgotten", async () => {
  const { reconciler, settle } = setUp();
  reconciler.want("web", [web([server(11), server(12)])]);
  await settle();
  reconciler.want("web", [web([server(11)])]);
  await settle();
  const [entry] = reconciler.entries.all();
  assert.deepEqual([...(entry?.destinations.keys() ?? [])], ["10.0.0.11:80"]);
  reconciler.want("web", []);
  await settle();
  assert.deepEqual([...reconciler.entries.all()], []);
});

test("who waits for the end of the work hears of it", async () => {
  const { reconciler, kernel, settle } = setUp();
  reconciler.want("web", [web([server(11)])]);
  let sent: number | undefined;
  void reconciler.idle().then(() => (sent = kernel.log.length));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(sent, undefined);
  const { length } = await settle();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([sent, length], [0, 2], "after the last request");
});

test("a service of two owners has the servers of both, the first one's word on the rest, and goes with the last", async () => {
  const { reconciler, kernel, settle } = setUp();
  const key = { kind: "mark", family: 4, mark: 7 } as const;
  reconciler.want("first", [web([server(11, 3)], { key })]);
  reconciler.want("second", [web([server(11, 9), server(12)], { key, scheduler: "wlc" })]);
  assert.deepEqual(await settle(), [
    "add mark 7 rr",
    "add mark 7 > 10.0.0.11:80 = 3",
    "add mark 7 > 10.0.0.12:80 = 1",
  ]);
  reconciler.want("first", []);
  assert.deepEqual(await settle(), ["edit mark 7 wlc", "edit mark 7 > 10.0.0.11:80 = 9"]);
  reconciler.want("second", []);
  await settle();
  assert.equal(kernel.table.size, 0);
});

test("a flush comes before what is added", async () => {
  const { reconciler, settle } = setUp();
  reconciler.want("web", [web([])]);
  reconciler.flush();
  assert.deepEqual(await settle(), ["flush", "add 10.0.0.1:80 rr"]);
  reconciler.flush();
  assert.deepEqual(await settle(), ["flush", "add 10.0.0.1:80 rr"], "what it took comes back");
});

test("without IPVS wishes are kept, and carried out when it comes", async () => {
  const { reconciler, kernel, settle } = setUp();
  reconciler.want("web", [web([server(11)])]);
  await settle();
  reconciler.disconnect();
  kernel.table.clear();
  await reconciler.idle();
  reconciler.want("web", [web([server(12)])]);
  assert.deepEqual(await settle(), []);
  reconciler.connect(kernel, FAMILY);
  assert.deepEqual(await settle(), ["add 10.0.0.1:80 rr", "add 10.0.0.1:80 > 10.0.0.12:80 = 1"]);
});

test("the journal hears of every entry once, and of none that nobody wants", async () => {
  const noted: string[] = [];
  const journal = new Journal(undefined, () => {});
  journal.add = (ids) => {
    noted.push(...ids);
    return Promise.resolve();
  };
  const reconciler = new Reconciler(journal, { refused: () => {}, lost: () => {} });
  reconciler.want("web", [web([server(11), server(12)])]);
  const [service, first, second] = ["", " > 10.0.0.11:80", " > 10.0.0.12:80"].map(
    (tail) => `tcp 10.0.0.1:80${tail}`,
  );
  assert.deepEqual(noted.splice(0), [service, first, second]);
  assert.deepEqual([...reconciler.journalIds()], [service, first, second]);
  reconciler.want("web", [web([server(12)])]);
  reconciler.want("web", []);
  assert.deepEqual(noted, []);
});

test("nothing is added before the journal has it; what is there may go at once", async () => {
  let written = (): void => {};
  const journal = new Journal(undefined, () => {});
  journal.add = () => new Promise((resolve) => (written = resolve));
  const loop = new VirtualLoop();
  const kernel = new FakeIpvs(loop);
  const reconciler = new Reconciler(journal, { refused: () => {}, lost: () => {} });
  reconciler.connect(kernel, FAMILY);
  reconciler.want("web", [web([server(11)])]);
  loop.settle();
  assert.deepEqual(kernel.log, []);
  written();
  await new Promise((resolve) => setImmediate(resolve));
  loop.settle();
  assert.equal(kernel.log.length, 2);
  reconciler.want("web", [web([server(12)])]);
  loop.settle();
  assert.deepEqual(kernel.log.slice(2), ["delete 10.0.0.1:80 > 10.0.0.11:80"]);
});

for (const connected of [true, false]) {
  test(`the journal is bounded by what there is, however often the servers are replaced${connected ? "" : ", also without IPVS"}`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "ipvs-journal-"));
    t.after(() => {
      rmSync(folder, { recursive: true });
    });
    const path = join(folder, "journal");
    const journal = new Journal(path, (reason) => assert.fail(reason));
    const { reconciler, kernel, settle } = setUp(journal);
    if (!connected) reconciler.disconnect();
    let most = 0;
    for (let round = 0; round < 40; round++) {
      const servers = Array.from({ length: 200 }, (_, i) => ({ ...server(i), port: 1000 + round }));
      reconciler.want("web", [web(servers)]);
      await journal.add([]);
      await settle();
      most = Math.max(most, readFileSync(path, "utf8").split("\n").length - 1);
    }
    assert.equal(kernel.table.get("10.0.0.1:80")?.size, connected ? 200 : undefined);
    assert.ok(most <= 2000 + 400, `${most} lines for 200 servers`);
    const now = new Set(readFileSync(path, "utf8").split("\n"));
    for (const id of reconciler.journalIds()) assert.ok(now.has(id), id);
    if (!connected) assert.equal(reconciler.journalIds().size, 201);
  });
}
