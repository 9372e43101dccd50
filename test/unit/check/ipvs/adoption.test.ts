/** What an earlier run left in the kernel: what of it is ours, and when it goes (check reference, 6.6). */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { Journal } from "../../../../src/check/ipvs/journal.js";
import { destinationMessage, identityOf, serviceMessage } from "../../../../src/check/ipvs/kernel-form.js";
import type { KernelService } from "../../../../src/check/ipvs/kernel-table.js";
import type { DestinationSetting, ServiceSetting } from "../../../../src/check/ipvs/model.js";
import { Reconciler } from "../../../../src/check/ipvs/reconciler.js";
import type { ReportedDestination } from "../../../../src/netlink/ipvs-destination.js";
import type { ReportedService } from "../../../../src/netlink/ipvs-service.js";
import { VirtualLoop } from "../../net/virtual-loop.js";
import { FakeIpvs } from "./fake-ipvs.js";

function server(last: number, weight = 1): DestinationSetting {
  const address = `10.0.0.${last}`;
  const forwarding = { method: "NAT" } as const;
  return { family: 4, address, port: 80, weight, forwarding, upperThreshold: 0, lowerThreshold: 0 };
}

function service(last: number, destinations: DestinationSetting[]): ServiceSetting {
  return {
    key: { kind: "address", family: 4, protocol: "TCP", address: `10.0.0.${last}`, port: 80 },
    scheduler: "rr",
    flags: { onePacket: false, flag1: false, flag2: false, flag3: false },
    persistence: { timeoutSeconds: 0 },
    destinations,
  };
}

/** As it is read back. */
function inKernel(setting: ServiceSetting): KernelService {
  const message = serviceMessage(identityOf(setting.key), setting) as ReportedService;
  const destinations = setting.destinations.map((one) => {
    const { address, port } = one;
    return { address, port, message: destinationMessage(one) as ReportedDestination };
  });
  return { key: setting.key, message, destinations };
}

/** A kernel with these services, and a journal of an earlier run with these lines. */
async function setUp(t: TestContext, services: ServiceSetting[], lines: string[]) {
  const folder = mkdtempSync(join(tmpdir(), "ipvs-adoption-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "journal");
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
  const journal = new Journal(path, (reason) => assert.fail(reason));
  await journal.load();
  const loop = new VirtualLoop();
  const kernel = new FakeIpvs(loop);
  for (const { key, destinations } of services) {
    const weights = destinations.map(({ address, port, weight }) => [`${address}:${port}`, weight] as const);
    kernel.table.set(key.kind === "mark" ? "" : `${key.address}:${key.port}`, new Map(weights));
  }
  const told: string[] = [];
  const reconciler = new Reconciler(journal, {
    refused: (owner, { call, code }) => told.push(`refused ${owner}: ${call} ${code}`),
    lost: (owner, subject) => told.push(`lost ${owner}: ${subject}`),
  });
  const settle = async (): Promise<string[]> => {
    await journal.add([]);
    await new Promise((resolve) => setImmediate(resolve));
    loop.settle();
    return kernel.log.splice(0);
  };
  reconciler.connect(kernel, 28);
  reconciler.adopt(services.map(inKernel));
  return { reconciler, kernel, told, settle };
}

test("what is as wanted stays untouched; the rest of ours is edited at once, and goes when leftovers go", async (t) => {
  const lines = ["tcp 10.0.0.1:80", "tcp 10.0.0.1:80 > 10.0.0.11:80", "tcp 10.0.0.1:80 > 10.0.0.12:80"];
  const before = [service(1, [server(11), server(12), server(13)]), service(2, [server(11)])];
  const { reconciler, told, settle } = await setUp(t, before, [...lines, "tcp 10.0.0.2:80"]);
  assert.deepEqual(await settle(), [], "nothing goes before its owners have spoken");
  reconciler.want("web", [service(1, [server(11)])]);
  assert.deepEqual(await settle(), []);
  reconciler.removeLeftovers();
  assert.deepEqual(
    await settle(),
    ["delete 10.0.0.1:80 > 10.0.0.12:80", "delete 10.0.0.2:80"],
    "13 is somebody else's",
  );
  assert.deepEqual(told, []);
});

test("a leftover that is wanted is ours like any other: edited, kept with the leftovers, removed when the wish ends", async (t) => {
  const lines = ["tcp 10.0.0.1:80", "tcp 10.0.0.1:80 > 10.0.0.11:80"];
  const { reconciler, settle } = await setUp(t, [service(1, [server(11)])], lines);
  reconciler.want("web", [service(1, [server(11, 5)])]);
  assert.deepEqual(await settle(), ["edit 10.0.0.1:80 > 10.0.0.11:80 = 5"]);
  reconciler.want("web", [service(1, [])]);
  assert.deepEqual(await settle(), ["delete 10.0.0.1:80 > 10.0.0.11:80"], "not left over any more");
  reconciler.want("web", []);
  assert.deepEqual(await settle(), ["delete 10.0.0.1:80"]);
});

test("what was wanted before the kernel was read is no leftover", async (t) => {
  const { reconciler, settle } = await setUp(t, [], ["tcp 10.0.0.1:80", "tcp 10.0.0.1:80 > 10.0.0.11:80"]);
  reconciler.want("web", [service(1, [server(11)])]);
  reconciler.adopt([inKernel(service(1, [server(11)]))]);
  assert.deepEqual(await settle(), []);
  const [entry] = reconciler.entries.all();
  assert.deepEqual([entry?.leftover, [...(entry?.destinations.values() ?? [])][0]?.leftover], [false, false]);
});

test("services that no journal knows are somebody else's, even when they are wanted by nobody", async (t) => {
  const { reconciler, kernel, settle } = await setUp(
    t,
    [service(1, [server(11)])],
    ["tcp 10.0.0.1:80 > 10.0.0.11:80"],
  );
  reconciler.removeLeftovers();
  assert.deepEqual(await settle(), []);
  assert.equal(kernel.table.size, 1);
});
