/** PING_CHECK on a socket in memory: what counts as an answer, and when. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Addon } from "../../../../src/native/addon.js";
import type { CheckerPorts, CheckResult } from "../../../../src/check/checkers/checker.js";
import { ping } from "../../../../src/check/checkers/ping.js";
import { checker, virtualServer } from "../../config/check-texts.js";

/** The sockets that a check opens, and what they are given to read. */
class Wire {
  readonly sent: Uint8Array[] = [];
  opened = 0;
  /** Domain and protocol of the last socket. */
  kind: number[] = [];
  open = 0;
  waiting: Array<Uint8Array | string> = [];
  /** What the kernel answers to the next calls that send, or set a socket up. */
  refusals: { send?: string; setup?: string } = {};
  /** Calls of receiveBatch since the last `deliver`. */
  reads = 0;
  onReadable: (status: number) => void = () => {};

  readonly addon = {
    Socket: socketClass(this),
    interfaceIndex: () => 0,
  } as unknown as Addon;

  /** Datagrams, or errors by name. */
  deliver(...messages: Array<Uint8Array | string>): void {
    this.waiting.push(...messages);
    this.reads = 0;
    this.onReadable(0);
  }
}

function refuse(code: string | undefined, syscall: string): void {
  if (code !== undefined) throw Object.assign(new Error(code), { code, syscall });
}

function socketClass(wire: Wire): unknown {
  return class {
    constructor(domain: number, _type: number, protocol: number) {
      wire.kind = [domain, protocol];
      wire.opened++;
      wire.open++;
    }
    setOption(): void {
      refuse(wire.refusals.setup, "SO_BINDTODEVICE");
    }
    bind(): void {}
    connect(): void {}
    startReading(onReadable: (status: number) => void): void {
      wire.onReadable = onReadable;
    }
    sendBatch(bytes: Uint8Array): number {
      const { send } = wire.refusals;
      delete wire.refusals.send;
      refuse(send, "sendmmsg");
      wire.sent.push(Uint8Array.from(bytes));
      return 1;
    }
    receiveBatch(slab: Uint8Array, _size: number, meta: Int32Array): number {
      wire.reads++;
      const next = wire.waiting.shift();
      if (next === undefined) return 0;
      if (typeof next === "string") throw Object.assign(new Error(next), { code: next, syscall: "recvmmsg" });
      slab.set(next);
      meta[0] = next.length;
      return 1;
    }
    close(): void {
      wire.open--;
    }
  };
}

const V4 = Uint8Array.of(192, 0, 2, 1);
const V6 = Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

const reply = (sequence: number, type = 0): Uint8Array => Uint8Array.of(type, 0, 0, 0, 0, 0, 0, sequence);

interface Scene {
  wire: Wire;
  results: CheckResult[];
  check: ReturnType<typeof ping.create>;
  /** The only timer: when it goes off, and that it does. */
  limit: { due: number | undefined; fire: () => void };
}

function scene(address = V4): Scene {
  const wire = new Wire();
  const results: CheckResult[] = [];
  const limit: Scene["limit"] = { due: undefined, fire: () => {} };
  const timers = {
    create: (callback: () => void) => {
      limit.fire = callback;
      return {};
    },
    set: (_timer: unknown, at: number) => void (limit.due = at),
    cancel: () => void (limit.due = undefined),
  };
  const check = ping.create(
    {
      config: checker("ping", virtualServer("", "PING_CHECK {\n}")),
      address,
      port: 0,
      endpoint: "[192.0.2.1]:0",
      subject: "tested",
      done: (result) => void results.push(result),
    },
    { addon: wire.addon, now: () => 7, timers } as unknown as CheckerPorts,
  );
  return { wire, results, check, limit };
}

test("4.3: an echo reply with the number of the request passes; the socket stays, and the numbers go up", () => {
  const { wire, results, check } = scene();
  for (let run = 1; run <= 3; run++) {
    check.start(0);
    wire.deliver(reply(run));
  }
  assert.deepEqual(results, Array(3).fill({ verdict: "passed" }));
  assert.deepEqual([wire.opened, wire.open, wire.sent.at(-1)?.[7]], [1, 1, 3]);
});

test("4.3: ICMP speaks its own numbers to IPv4 and IPv6", () => {
  for (const [address, kind, request, answer] of [
    [V4, [2, 1], 8, 0],
    [V6, [10, 58], 128, 129],
  ] as const) {
    const { wire, results, check } = scene(address);
    check.start(0);
    assert.deepEqual([wire.kind, wire.sent[0]?.[0]], [kind, request]);
    wire.deliver(reply(1, answer));
    assert.deepEqual(results, [{ verdict: "passed" }]);
  }
});

test("4.3: no reply within the limit is a failure; one in time ends the limit", () => {
  const { wire, results, check, limit } = scene();
  check.start(0);
  assert.equal(limit.due, 5_000_007, "connect_timeout, by default");
  limit.fire();
  assert.deepEqual(results, [{ verdict: "failed", reason: "noReply", detail: "no reply within 5 s" }]);
  assert.equal(wire.open, 0);
  check.start(0);
  wire.deliver(reply(1));
  assert.equal(limit.due, undefined);
});

test("a kept socket that cannot send is replaced within the check: its interface may be there anew, or gone", () => {
  const { wire, results, check } = scene();
  check.start(0);
  wire.deliver(reply(1));
  wire.refusals = { send: "ENETUNREACH" };
  check.start(0);
  wire.deliver(reply(2));
  assert.deepEqual(results, Array(2).fill({ verdict: "passed" }));
  assert.deepEqual([wire.opened, wire.open], [2, 1]);

  wire.refusals = { send: "ENETUNREACH", setup: "ENODEV" };
  check.start(0);
  assert.deepEqual(results.at(-1), { verdict: "notRun", detail: "SO_BINDTODEVICE: ENODEV" });
  assert.equal(wire.open, 0);

  wire.refusals = { send: "ENETUNREACH" };
  check.start(0);
  const { verdict } = results.at(-1) ?? {};
  assert.equal(verdict, "failed", "a new socket that cannot send says something of the server");
});

test("a datagram that ends in its header is no reply", () => {
  const { wire, results, check } = scene();
  for (let run = 1; run <= 255; run++) {
    check.start(0);
    wire.deliver(reply(run));
  }
  results.length = 0;
  check.start(0);
  // The number of the request is 0x0100; the second byte of it is cut off.
  wire.deliver(Uint8Array.of(0, 0, 0, 0, 0, 0, 1));
  assert.deepEqual(
    results.map(({ verdict }) => verdict),
    ["failed"],
  );
});

test("4.3: another type or number is a failure, and the next check opens a new socket and counts anew", () => {
  const { wire, results, check } = scene();
  check.start(0);
  wire.deliver(reply(9));
  check.start(0);
  wire.deliver(reply(1, 3));
  assert.deepEqual(
    results.map(({ verdict }) => verdict),
    ["failed", "failed"],
  );
  assert.deepEqual([wire.opened, wire.open, wire.sent.at(-1)?.[7]], [2, 0, 1]);
});

test("what comes while nothing is asked is no result: answers twice, strange ones, errors of an old request", () => {
  const { wire, results, check } = scene();
  check.start(0);
  wire.deliver(reply(1), reply(1), reply(7), reply(0, 3));
  wire.deliver(reply(1));
  assert.deepEqual(results, [{ verdict: "passed" }]);
  wire.deliver("EHOSTUNREACH");
  assert.deepEqual(results, [{ verdict: "passed" }]);
  assert.equal(wire.open, 0, "a socket with an error is given up");
  check.start(0);
  wire.deliver(reply(1));
  assert.deepEqual(results, [{ verdict: "passed" }, { verdict: "passed" }]);
});

test("a flood of datagrams is read in portions, with the loop in between", () => {
  const { wire, check } = scene();
  check.start(0);
  wire.deliver(reply(1), ...Array<Uint8Array>(1000).fill(reply(7)));
  assert.ok(wire.reads <= 64, `${wire.reads} reads in one turn`);
});
