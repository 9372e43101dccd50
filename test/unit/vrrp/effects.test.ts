/** Timers, sending and hearing, against a fake addon: what is handed over when, and in how many system calls. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Addon, META_FIELDS, SEND_FIELDS } from "../../../src/native/addon.js";
import { SO_TIMESTAMPNS, SOL_SOCKET } from "../../../src/net/constants.js";
import { run } from "../net/bpf-interpreter.js";
import { AdvertChannel } from "../../../src/vrrp/effects/advert-channel.js";
import { AdvertSender } from "../../../src/vrrp/effects/advert-sender.js";
import { Alarm } from "../../../src/vrrp/effects/alarm.js";
import { VrrpInstance } from "../../../src/vrrp/instance.js";
import { addressBytes, outgoing } from "../../../src/vrrp/outgoing.js";
import { settings } from "./settings.js";

/** A socket that remembers what was sent, and delivers what the test puts into it. */
class FakeSocket {
  static made: FakeSocket[] = [];
  readonly fd = 3;
  readonly calls: Uint8Array[][] = [];
  readonly waiting: Uint8Array[] = [];
  /** When those came, as [seconds, nanoseconds]; the others have no stamp. */
  readonly arrivals = new Map<Uint8Array, [number, number]>();
  readonly options: number[][] = [];
  filter = new Uint8Array(0);
  closed = false;
  onReadable: ((status: number) => void) | undefined;
  refuse: Error | undefined;
  full = false;

  constructor() {
    FakeSocket.made.push(this);
  }
  setOption(level: number, name: number, value: number): void {
    this.options.push([level, name, value]);
  }
  getOption(): number {
    return 0;
  }
  attachFilter(program: Uint8Array): void {
    this.filter = program.slice();
  }
  bind(): void {}
  connect(): void {}
  interfaceRequest(): void {}
  localAddress(): Uint8Array {
    return new Uint8Array(0);
  }
  receiveBatch(slab: Uint8Array, slotSize: number, meta: Int32Array): number {
    const batch = this.waiting.splice(0, Math.floor(slab.length / slotSize));
    batch.forEach((bytes, i) => {
      slab.set(bytes, i * slotSize);
      meta.set([bytes.length, 0, 0, -1, 0, 0, ...(this.arrivals.get(bytes) ?? [0, 0])], i * META_FIELDS);
    });
    return batch.length;
  }
  sendBatch(slab: Uint8Array, table: Int32Array, first: number, count: number): number {
    if (this.full) return 0;
    if (this.refuse !== undefined) {
      const error = this.refuse;
      this.refuse = undefined;
      throw error;
    }
    const sent: Uint8Array[] = [];
    for (let i = first; i < first + count; i++) {
      const at = table[i * SEND_FIELDS] ?? 0;
      sent.push(slab.slice(at, at + (table[i * SEND_FIELDS + 1] ?? 0)));
    }
    this.calls.push(sent);
    return count;
  }
  startReading(onReadable: (status: number) => void): void {
    this.onReadable = onReadable;
  }
  stopReading(): void {
    this.onReadable = undefined;
  }
  setRef(): void {}
  close(): void {
    this.closed = true;
  }
}

/** A clock that stands still, one timer that the test sets off, and the sockets above. */
function fakeAddon(): {
  addon: Addon;
  clock: { now: number; asleep: number; armedFor: number | undefined; fire(): void };
} {
  FakeSocket.made = [];
  const clock = { now: 0, asleep: 0, armedFor: undefined as number | undefined, fire: (): void => {} };
  class FakeTimer {
    constructor(callback: () => void) {
      clock.fire = callback;
    }
    arm(at: number): void {
      clock.armedFor = at;
    }
    disarm(): void {
      clock.armedFor = undefined;
    }
    setRef(): void {}
    close(): void {}
  }
  const some: Partial<Addon> = {
    Timer: FakeTimer,
    Socket: FakeSocket,
    monotonicMicros: () => clock.now,
    bootMicros: () => clock.now + clock.asleep,
  };
  return { addon: some as Addon, clock };
}

const key = {
  family: 4,
  protocol: 112,
  interfaceName: "eth0",
  ifindex: 7,
  group: "224.0.0.18",
  source: undefined,
} as const;
const source = addressBytes("192.0.2.1");
const machine = (id: number): VrrpInstance => new VrrpInstance(settings({ virtualRouterId: id }), id);

function sender(): { socket: FakeSocket; errors: Array<[number, string]>; sender: AdvertSender } {
  const socket = new FakeSocket();
  const errors: Array<[number, string]> = [];
  const it = new AdvertSender(key, socket, (owner, error) => errors.push([owner, error.message]));
  for (const id of [1, 2, 3]) {
    it.setPackets(id, outgoing(settings({ virtualRouterId: id }), source, 100), source);
  }
  return { socket, errors, sender: it };
}

const vridAndId = (packet: Uint8Array): [number, number] => [
  packet[21] ?? 0,
  (packet[4] ?? 0) * 256 + (packet[5] ?? 0),
];

test("adverts that are due together leave in one call, each with its identification", () => {
  const { socket, sender: it } = sender();
  it.enqueue(3, 0x1234);
  it.enqueue(1, 7);
  it.flush();
  assert.equal(socket.calls.length, 1);
  assert.deepEqual(socket.calls[0]?.map(vridAndId), [
    [3, 0x1234],
    [1, 7],
  ]);
  it.flush();
  assert.equal(socket.calls.length, 1);
});

test("two adverts of one instance are two packets, in order", () => {
  const { socket, sender: it } = sender();
  it.enqueue(1, 1);
  it.enqueue(1, 2);
  it.flush();
  assert.deepEqual(socket.calls.flat().map(vridAndId), [
    [1, 1],
    [1, 2],
  ]);
});

test("packets given with an advert leave instead of the known ones, and nothing is laid out anew", () => {
  const { socket, sender: it } = sender();
  const [own] = outgoing(settings({ virtualRouterId: 2 }), source, 100).packets;
  assert.ok(own);
  const marked = (last: number) => [new Uint8Array([...own.subarray(0, -1), last])];
  it.enqueue(2, 1, marked(7)); // before the first layout
  it.enqueue(1, 1);
  it.enqueue(2, 2, marked(8)); // while the first is due
  it.enqueue(2, 3, marked(9));
  it.flush();
  const sent = socket.calls.flat().map((packet) => [packet[21], packet[5], packet.at(-1)]);
  assert.deepEqual(sent, [
    [2, 1, 7],
    [1, 1, 0],
    [2, 2, 8],
    [2, 3, 9],
  ]);
});

test("a packet that changes while it is due leaves as it was", () => {
  const { socket, sender: it } = sender();
  it.enqueue(1, 1);
  it.setPackets(1, outgoing(settings({ virtualRouterId: 1 }), source, 0), source);
  it.enqueue(1, 2);
  it.flush();
  assert.deepEqual(
    socket.calls.flat().map((packet) => packet[22]),
    [100, 0],
  );
});

test("a refused packet is reported and skipped, the others leave", () => {
  const { socket, errors, sender: it } = sender();
  for (const id of [1, 2, 3]) it.enqueue(id, id);
  socket.refuse = new Error("ENETUNREACH");
  it.flush();
  assert.deepEqual(errors, [[1, "ENETUNREACH"]]);
  assert.deepEqual(socket.calls.flat().map(vridAndId), [
    [2, 2],
    [3, 3],
  ]);
});

test("a refusal is told once, and again after an advert has left", () => {
  const { socket, errors, sender: it } = sender();
  for (const refused of [true, true, false, true]) {
    if (refused) socket.refuse = new Error("ENETUNREACH");
    it.enqueue(1, 1);
    it.flush();
  }
  assert.equal(errors.length, 2);
});

test("a full send buffer is reported and does not loop", () => {
  const { socket, errors, sender: it } = sender();
  it.enqueue(2, 1);
  socket.full = true;
  it.flush();
  assert.deepEqual(errors, [[2, "the socket's send buffer is full"]]);
});

test("all deadlines that are due are handed over with one time, then the timer is set for the next", () => {
  const { addon, clock } = fakeAddon();
  const fired: Array<[number, string, number]> = [];
  let afterwards = 0;
  const alarm = new Alarm(addon, {
    fired: (which, timer, now) => fired.push([which.id, timer, now]),
    late: () => {},
    beforeDecision: () => {},
    slept: () => {},
    afterwards: () => void afterwards++,
  });
  const [a, b, c] = [machine(1), machine(2), machine(3)];
  alarm.arm(a, "advert", 100);
  alarm.arm(b, "advert", 105);
  alarm.arm(c, "advert", 900);
  assert.equal(clock.armedFor, 100);
  clock.now = 120;
  clock.fire();
  assert.deepEqual(fired, [
    [1, "advert", 120],
    [2, "advert", 120],
  ]);
  assert.equal(afterwards, 1);
  assert.equal(clock.armedFor, 900);
});

test("postponing costs no system call, an earlier deadline does", () => {
  const { addon, clock } = fakeAddon();
  const alarm = new Alarm(addon, {
    fired: () => {},
    late: () => {},
    beforeDecision: () => {},
    slept: () => {},
    afterwards: () => {},
  });
  const a = machine(1);
  alarm.arm(a, "masterDown", 1000);
  clock.armedFor = undefined;
  alarm.arm(a, "masterDown", 2000);
  assert.equal(clock.armedFor, undefined);
  alarm.arm(a, "advert", 500);
  assert.equal(clock.armedFor, 500);
});

test("before a master is declared dead the sockets are read: an advert that waits there saves it", () => {
  const { addon, clock } = fakeAddon();
  const fired: number[] = [];
  const [a, b] = [machine(1), machine(2)];
  let drained = 0;
  const alarm: Alarm = new Alarm(addon, {
    fired: (which) => fired.push(which.id),
    slept: () => {},
    late: () => {},
    beforeDecision: () => {
      drained++;
      alarm.arm(a, "masterDown", 5000);
    },
    afterwards: () => {},
  });
  alarm.arm(a, "masterDown", 100);
  alarm.arm(b, "masterDown", 110);
  clock.now = 3000;
  clock.fire();
  assert.equal(drained, 1);
  assert.deepEqual(fired, [2]);
  assert.equal(clock.armedFor, 5000);
});

test("a master whose advert is late by an interval reads the sockets first; a punctual one does not", () => {
  const { addon, clock } = fakeAddon();
  const steps: string[] = [];
  const a = machine(1);
  const alarm: Alarm = new Alarm(addon, {
    fired: (_, timer) => steps.push(timer),
    late: () => {},
    beforeDecision: () => steps.push("sockets"),
    slept: () => {},
    afterwards: () => {},
  });
  alarm.arm(a, "advert", 1_000);
  clock.now = 1_500;
  clock.fire();
  assert.deepEqual(steps, ["advert"]);
  alarm.arm(a, "advert", 2_000);
  clock.now = 2_000 + a.settings.advertIntervalMicros;
  clock.fire();
  assert.deepEqual(steps, ["advert", "sockets", "advert"]);
});

test("time that the host slept is told before anything that is due", () => {
  const { addon, clock } = fakeAddon();
  const steps: string[] = [];
  const alarm = new Alarm(addon, {
    fired: (_, timer) => steps.push(timer),
    late: () => {},
    beforeDecision: () => {},
    slept: (micros) => steps.push(`slept ${micros}`),
    afterwards: () => {},
  });
  const a = machine(1);
  for (const asleep of [0, 50_000, 7_000_000, 7_000_100]) {
    alarm.arm(a, "advert", clock.now);
    clock.asleep = asleep;
    clock.fire();
  }
  assert.deepEqual(steps, ["advert", "advert", "slept 7000000", "advert", "advert"]);
});

test("a forgotten instance has no deadlines", () => {
  const { addon, clock } = fakeAddon();
  const fired: number[] = [];
  const alarm = new Alarm(addon, {
    fired: (which) => fired.push(which.id),
    late: () => {},
    beforeDecision: () => {},
    slept: () => {},
    afterwards: () => {},
  });
  const a = machine(1);
  alarm.arm(a, "advert", 10);
  alarm.forget(a);
  clock.now = 100;
  clock.fire();
  assert.deepEqual(fired, []);
});

/** An advert of this vrid and priority as the socket sees it. */
function advert(vrid: number, priority: number): Uint8Array {
  const { packets } = outgoing(settings({ virtualRouterId: vrid }), source, priority);
  return packets[0] ?? new Uint8Array(0);
}

test("the urgent socket hears what cannot wait, the patient one the rest, and no advert goes to neither", () => {
  const { addon } = fakeAddon();
  const ports = { onPacket: () => {}, onDrained: () => {}, onSendError: () => {}, onPollError: () => {} };
  const channel = new AdvertChannel(addon, key, ports);
  channel.hear({ urgent: [1], patient: [2], patienceMillis: 5 });
  const [first, second] = FakeSocket.made;
  const heardBy = (vrid: number, priority: number): string =>
    [first, second]
      .map((socket, i) => (socket !== undefined && run(socket.filter, advert(vrid, priority)) !== 0 ? i : ""))
      .join("");
  assert.deepEqual([heardBy(1, 100), heardBy(1, 0)], ["0", "0"]);
  assert.deepEqual([heardBy(2, 100), heardBy(2, 0)], ["1", "0"]);
  assert.deepEqual([heardBy(3, 100), heardBy(3, 0)], ["", ""]);
  channel.hear({ urgent: [1, 2], patient: [], patienceMillis: 5 });
  assert.equal(heardBy(2, 100).startsWith("0"), true);
  assert.equal(second?.closed, true);
});

test("after a burst the patient socket is left alone for as many ticks as the one before took, then polled again", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { addon, clock } = fakeAddon();
  let heard = 0;
  const channel = new AdvertChannel(addon, key, {
    onPacket: () => void heard++,
    onDrained: () => {},
    onSendError: () => {},
    onPollError: () => {},
  });
  channel.hear({ urgent: [], patient: [1], patienceMillis: 5 });
  const socket = FakeSocket.made[1];
  assert.ok(socket);
  const wakeUp = (): void => socket.onReadable?.(0);
  /** Adverts heard, and whether the socket is polled. */
  const seen = (): [number, boolean] => [heard, socket.onReadable !== undefined];
  socket.waiting.push(advert(1, 100));
  wakeUp();
  assert.deepEqual(seen(), [1, false]);
  socket.waiting.push(advert(1, 100), advert(1, 100));
  context.mock.timers.tick(5);
  assert.deepEqual(seen(), [3, false]);
  context.mock.timers.tick(5);
  assert.deepEqual(seen(), [3, true]);
  // As long as the last burst, and not a tick longer.
  clock.now = 100_000;
  socket.waiting.push(advert(1, 100));
  wakeUp();
  assert.deepEqual(seen(), [4, false]);
  socket.waiting.push(advert(1, 100));
  context.mock.timers.tick(5);
  assert.deepEqual(seen(), [5, true]);
  // Who comes just then should have been waited for.
  clock.now += 4_999;
  socket.waiting.push(advert(1, 100));
  wakeUp();
  assert.deepEqual(seen(), [6, false]);
  socket.waiting.push(advert(1, 100));
  context.mock.timers.tick(5);
  assert.deepEqual(seen(), [7, false]);
});

/** A channel with both sockets; what it hears is written down as the priorities of the adverts. */
function hearing(): { channel: AdvertChannel; urgent: FakeSocket; patient: FakeSocket; heard: number[] } {
  const { addon } = fakeAddon();
  const heard: number[] = [];
  const channel = new AdvertChannel(addon, key, {
    onPacket: ({ bytes }) => heard.push(bytes[22] ?? NaN),
    onDrained: () => {},
    onSendError: () => {},
    onPollError: () => {},
  });
  channel.hear({ urgent: [], patient: [1], patienceMillis: 5 });
  const [urgent, patient] = FakeSocket.made;
  assert.ok(urgent !== undefined && patient !== undefined);
  return { channel, urgent, patient, heard };
}

function arrive(socket: FakeSocket, priority: number, seconds: number, nanoseconds = 0): void {
  const bytes = advert(1, priority);
  socket.waiting.push(bytes);
  socket.arrivals.set(bytes, [seconds, nanoseconds]);
}

test("what waits in both sockets is read in the order of arrival: 'I stop' is between its master's advert and the next one's", () => {
  const { channel, urgent, patient, heard } = hearing();
  arrive(patient, 150, 100, 999_999_999);
  arrive(urgent, 0, 101);
  arrive(patient, 120, 101, 1);
  channel.drain();
  assert.deepEqual(heard, [150, 0, 120]);
});

test("the order of arrival holds beyond one read of 64, in either socket, and in the year 2038", () => {
  const { channel, urgent, patient, heard } = hearing();
  const expected: number[] = [];
  for (let i = 0; i < 400; i++) {
    // 150 in one, then 130 in the other, then by turns.
    const socket = i < 150 || (i > 280 && i % 2 === 0) ? patient : urgent;
    const priority = (i % 200) + 1;
    arrive(socket, priority, (2 ** 31 - 200 + i) | 0);
    expected.push(priority);
  }
  channel.drain();
  assert.deepEqual(heard, expected);
});

test("the order of arrival holds when the wall clock is set back between two packets that wait", (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: 5_000_010 });
  const { channel, urgent, patient, heard } = hearing();
  // 50 s back after the advert of a master, and before its "I stop".
  arrive(patient, 150, 5049, 999_000_000);
  arrive(urgent, 0, 5000, 1_000_000);
  // The same after an "I stop", and before the advert of the next master.
  arrive(urgent, 0, 5000, 2_000_000);
  arrive(patient, 120, 5000, 3_000_000);
  arrive(patient, 121, 5000, 10_900_000);
  arrive(urgent, 0, 5000, 10_950_000);
  channel.drain();
  assert.deepEqual(heard, [150, 0, 0, 120, 121, 0]);
  arrive(urgent, 0, 5060);
  arrive(patient, 130, 5000, 9_000_000);
  channel.drain();
  assert.deepEqual(heard.slice(6), [0, 130]);
});

test("without time stamps what waited patiently counts as the older", () => {
  const { channel, urgent, patient, heard } = hearing();
  urgent.waiting.push(advert(1, 0));
  patient.waiting.push(advert(1, 150));
  channel.drain();
  assert.deepEqual(heard, [150, 0]);
});

test("both sockets ask for time stamps while there are two, the first alone does not", () => {
  const { channel, urgent, patient } = hearing();
  const stamps = ({ options }: FakeSocket): unknown[] =>
    options.filter(([level, name]) => level === SOL_SOCKET && name === SO_TIMESTAMPNS).map(([, , on]) => on);
  assert.deepEqual([stamps(urgent), stamps(patient)], [[1], [1]]);
  channel.hear({ urgent: [1], patient: [], patienceMillis: 5 });
  assert.deepEqual(stamps(urgent), [1, 0]);
});
