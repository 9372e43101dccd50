/** Which orders it takes until the wanted IPVS sync daemons run (check reference, 9.2). */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SyncOrder } from "../../../src/net/ipvs-sync.js";
import { SyncDaemons, syncDaemon } from "../../../src/net/sync-daemons.js";

const settings = { interface: "eth0", port: 8848, group: "224.0.0.81" };

function setUp() {
  const errands: string[] = [];
  const describe = (order: SyncOrder): string =>
    order.kind === "stop" ? `stop ${order.role}` : `start ${order.daemon.role} ${order.daemon.syncId}`;
  const daemons = new SyncDaemons({
    run: (orders) => {
      errands.push(orders.map(describe).join(", "));
      return Promise.resolve([]);
    },
  });
  return { errands, daemons };
}

test("at first both roles are stopped: an earlier run may have left them", async () => {
  const { errands, daemons } = setUp();
  await daemons.want([syncDaemon(settings, "backup", 51)]);
  assert.deepEqual(errands, ["stop master, stop backup, start backup 51"]);
});

test("a change of role stops one and starts the other; what runs as wanted is left alone", async () => {
  const { errands, daemons } = setUp();
  await daemons.want([syncDaemon(settings, "backup", 51)]);
  await daemons.want([syncDaemon(settings, "backup", 51)]);
  await daemons.want([syncDaemon(settings, "master", 51)]);
  await daemons.want([]);
  await daemons.want([]);
  assert.deepEqual(errands.slice(1), ["stop backup, start master 51", "stop master"]);
});

test("a daemon whose settings changed is started anew, the other one is not", async () => {
  const { errands, daemons } = setUp();
  await daemons.want([syncDaemon(settings, "master", 1), syncDaemon(settings, "backup", 1)]);
  await daemons.want([syncDaemon(settings, "master", 1), syncDaemon({ ...settings, ttl: 2 }, "backup", 1)]);
  assert.deepEqual(errands.slice(1), ["stop backup, start backup 1"]);
});
