/** Connections of the addon against the kernel: many at once, each stage that can fail, and who owns the descriptor. */
import assert from "node:assert/strict";
import { closeSync, fstatSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { test } from "node:test";
import { CONNECT_FIELDS, CONNECT_STAGES, type Connector } from "../../src/native/addon.js";
import { addon, asRoot, loopback4, loopback6, openDescriptors, until } from "./fixture.js";

const NOTHING = new Uint8Array(0);
const ECONNREFUSED = 111;
const EADDRNOTAVAIL = 99;
const ENODEV = 19;

interface Outcome {
  plan: number;
  stage: string | undefined;
  errno: number;
  fd: number;
}

async function listening(): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen({ host: "::", port: 0 }, resolve));
  const address = server.address();
  return { server, port: typeof address === "object" ? (address?.port ?? 0) : 0 };
}

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const { server, port } = await listening();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function collect(connector: Connector, room = 64): Outcome[] {
  const fields = new Int32Array(room * CONNECT_FIELDS);
  const count = connector.collect(fields);
  return Array.from({ length: count }, (_, i) => {
    const [plan = -1, stage = -1, errno = -1, fd = -1] = fields.subarray(i * CONNECT_FIELDS);
    return { plan, stage: CONNECT_STAGES[stage], errno, fd };
  });
}

/** Starts the plans and waits for all their outcomes, in the order of the plans. */
async function connect(connector: Connector, plans: readonly number[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  connector.start(Int32Array.from(plans), plans.length);
  await until(() => outcomes.push(...collect(connector)) >= plans.length);
  return outcomes.sort((a, b) => a.plan - b.plan);
}

test("a hundred connections at once succeed, and none leaves a descriptor", async () => {
  const { server, port } = await listening();
  const connector = new addon.Connector(() => {});
  const before = openDescriptors();
  const plans = Array.from({ length: 100 }, (_, i) =>
    connector.addPlan(i % 2 === 0 ? loopback4(port) : loopback6(port), NOTHING, "", 0, false),
  );
  const outcomes = await connect(connector, plans);
  assert.deepEqual(
    outcomes,
    plans.map((plan) => ({ plan, stage: "answer", errno: 0, fd: -1 })),
  );
  await until(() => openDescriptors() <= before);
  connector.close();
  server.close();
});

test("the loop is told of answers, and a callback collects them", async () => {
  const { server, port } = await listening();
  const outcomes: Outcome[] = [];
  const connector = new addon.Connector(() => outcomes.push(...collect(connector, 1)));
  const plan = connector.addPlan(loopback4(port), NOTHING, "", 0, false);
  const second = connector.addPlan(loopback4(port), NOTHING, "", 0, false);
  connector.start(Int32Array.of(plan, second), 2);
  await until(() => outcomes.length === 2);
  connector.close();
  server.close();
});

test("a port where nobody listens answers with ECONNREFUSED", async () => {
  const connector = new addon.Connector(() => {});
  const plan = connector.addPlan(loopback4(await closedPort()), NOTHING, "", 0, false);
  const [outcome] = await connect(connector, [plan]);
  assert.equal(outcome?.errno, ECONNREFUSED);
  connector.close();
});

test("a kept descriptor belongs to the caller and is connected", async () => {
  const { server, port } = await listening();
  const connector = new addon.Connector(() => {});
  const [outcome] = await connect(connector, [connector.addPlan(loopback4(port), NOTHING, "", 0, true)]);
  assert.ok(outcome !== undefined && outcome.errno === 0);
  connector.close();
  assert.ok(fstatSync(outcome.fd).isSocket(), "still open after the connector is closed");
  closeSync(outcome.fd);
  server.close();
});

test("each step of the preparation is named when it fails", asRoot, async () => {
  const connector = new addon.Connector(() => {});
  const destination = loopback4(await closedPort());
  const elsewhere = Buffer.from(loopback4(0));
  elsewhere.set([192, 0, 2, 1], 4);
  const odd = Buffer.from(destination);
  odd.writeUInt16LE(9999, 0);
  const outcomes = await connect(connector, [
    connector.addPlan(odd, NOTHING, "", 0, false),
    connector.addPlan(destination, NOTHING, "no-such-if", 0, false),
    connector.addPlan(destination, elsewhere, "", 7, false),
  ]);
  assert.deepEqual(
    outcomes.map(({ stage }) => stage),
    ["socket", "SO_BINDTODEVICE", "bind"],
  );
  assert.deepEqual(
    outcomes.slice(1).map(({ errno }) => errno),
    [ENODEV, EADDRNOTAVAIL],
  );
  connector.close();
});

test("a fixed source port can be used again at once", async () => {
  const { server, port } = await listening();
  const connector = new addon.Connector(() => {});
  const source = loopback4(await closedPort());
  const plan = connector.addPlan(loopback4(port), source, "", 0, false);
  for (let round = 0; round < 3; round++) {
    const [outcome] = await connect(connector, [plan]);
    // Nobody waits for the other side to close: an own port in TIME_WAIT is what has to be bearable.
    assert.notEqual(outcome?.stage, "bind");
  }
  connector.close();
  server.close();
});

test("a cancelled connection has no outcome, and its plan can start again", async () => {
  const { server, port } = await listening();
  const connector = new addon.Connector(() => {});
  const plan = connector.addPlan(loopback4(port), NOTHING, "", 0, false);
  connector.start(Int32Array.of(plan), 1);
  connector.cancel(plan);
  assert.deepEqual(collect(connector), []);
  const [outcome] = await connect(connector, [plan]);
  assert.equal(outcome?.errno, 0);
  connector.close();
  server.close();
});

test("what is not there is refused: plans, lengths, a closed connector", () => {
  const connector = new addon.Connector(() => {});
  const plan = connector.addPlan(loopback4(1), NOTHING, "", 0, false);
  assert.throws(() => connector.start(Int32Array.of(plan + 1), 1), RangeError);
  assert.throws(() => connector.start(Int32Array.of(-1), 1), RangeError);
  assert.throws(() => connector.start(Int32Array.of(plan), 2), RangeError);
  assert.throws(() => connector.addPlan(NOTHING, NOTHING, "", 0, false), RangeError);
  connector.removePlan(plan);
  assert.throws(() => connector.removePlan(plan), RangeError);
  assert.equal(connector.addPlan(loopback4(1), NOTHING, "", 0, false), plan, "the number is used again");
  connector.close();
  connector.close();
  assert.throws(() => connector.start(Int32Array.of(), 0), { code: "EBADF" });
  assert.equal(connector.collect(new Int32Array(CONNECT_FIELDS)), 0);
});
