/** From settings to what the kernel knows (linux/ip_vs.h), and what counts as a difference worth an edit. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Forwarding, TransportProtocol } from "../../../../src/config/check-model.js";
import {
  destinationMessage,
  identityOf,
  keyOfIdentity,
  sameDestination,
  sameService,
  serviceMessage,
} from "../../../../src/check/ipvs/kernel-form.js";
import type { DestinationSetting, ServiceSetting } from "../../../../src/check/ipvs/model.js";

const NO_FLAGS = { onePacket: false, flag1: false, flag2: false, flag3: false };

const setting: ServiceSetting = {
  key: { kind: "address", family: 4, protocol: "TCP", address: "10.0.0.1", port: 80 },
  scheduler: "rr",
  flags: NO_FLAGS,
  persistence: { timeoutSeconds: 60 },
  destinations: [],
};
const identity = identityOf(setting.key);

test("flags, masks and engines of a service", () => {
  const flags = (name: keyof typeof NO_FLAGS): number =>
    serviceMessage(identity, { ...setting, flags: { ...NO_FLAGS, [name]: true } }).flags;
  assert.deepEqual((["onePacket", "flag1", "flag2", "flag3"] as const).map(flags), [0x04, 0x08, 0x10, 0x20]);
  const masked = { timeoutSeconds: 60, mask: "255.255.255.0", engine: "sip" } as const;
  const message = serviceMessage(identity, { ...setting, persistence: masked });
  assert.deepEqual([...(message.granularity ?? [])], [255, 255, 255, 0]);
  assert.equal(message.engine, "sip");
  const prefixed = serviceMessage(identity, {
    ...setting,
    persistence: { timeoutSeconds: 60, prefixLength: 64 },
  });
  assert.deepEqual([...(prefixed.granularity ?? [])], [64]);
});

test("protocols by their numbers, there and back; others are none of ours", () => {
  for (const [protocol, number] of [
    ["TCP", 6],
    ["UDP", 17],
    ["SCTP", 132],
  ] as [TransportProtocol, number][]) {
    const key = { kind: "address", family: 4, protocol, address: "10.0.0.1", port: 80 } as const;
    const there = identityOf(key);
    assert.equal(there.kind === "address" && there.protocol, number);
    assert.deepEqual(keyOfIdentity(there), key);
  }
  assert.equal(
    keyOfIdentity({ kind: "address", family: 2, protocol: 1, address: new Uint8Array(4), port: 0 }),
    undefined,
  );
});

const destination: DestinationSetting = {
  family: 4,
  address: "10.0.0.11",
  port: 80,
  weight: 1,
  forwarding: { method: "NAT" },
  upperThreshold: 0,
  lowerThreshold: 0,
};

const forwarded = (forwarding: Forwarding): ReturnType<typeof destinationMessage> =>
  destinationMessage({ ...destination, forwarding });

test("methods and tunnels of a destination", () => {
  assert.deepEqual(
    [forwarded({ method: "NAT" }), forwarded({ method: "DR" })].map(({ method, tunnel }) => [method, tunnel]),
    [
      [0, undefined],
      [3, undefined],
    ],
  );
  const tunnels = [
    forwarded({ method: "TUN", tunnel: "ipip", checksum: "nocsum" }),
    forwarded({ method: "TUN", tunnel: "gue", port: 6080, checksum: "csum" }),
    forwarded({ method: "TUN", tunnel: "gre", checksum: "remcsum" }),
  ];
  assert.deepEqual(
    tunnels.map(({ method, tunnel }) => [method, tunnel]),
    [
      [2, { type: 0, port: 0, flags: 0 }],
      [2, { type: 1, port: 6080, flags: 1 }],
      [2, { type: 2, port: 0, flags: 2 }],
    ],
  );
});

test("every setting of a service is worth an edit, its mask of single addresses is none", () => {
  const base = serviceMessage(identity, setting);
  assert.ok(sameService(base, { ...base, granularity: Uint8Array.of(255, 255, 255, 255) }));
  const identity6 = identityOf({ kind: "mark", family: 6, mark: 7 });
  assert.ok(
    sameService(
      { ...base, identity: identity6 },
      { ...base, identity: identity6, granularity: Uint8Array.of(128) },
    ),
  );
  for (const other of [
    { scheduler: "wlc" },
    { flags: 0x04 },
    { timeoutSeconds: 61 },
    { engine: "sip" },
    { granularity: Uint8Array.of(255, 255, 255, 0) },
  ])
    for (const [a, b] of [
      [base, { ...base, ...other }],
      [{ ...base, ...other }, base],
    ] as const)
      assert.ok(!sameService(a, b), Object.keys(other).join());
});

test("every setting of a destination is worth an edit", () => {
  const base = forwarded({ method: "TUN", tunnel: "gue", port: 6080, checksum: "csum" });
  assert.ok(sameDestination(base, { ...base }));
  assert.ok(base.tunnel);
  for (const other of [
    { method: 0 },
    { weight: 2 },
    { upperThreshold: 9 },
    { lowerThreshold: 9 },
    { tunnel: { ...base.tunnel, type: 2 } },
    { tunnel: { ...base.tunnel, port: 6081 } },
    { tunnel: { ...base.tunnel, flags: 0 } },
  ])
    assert.ok(!sameDestination(base, { ...base, ...other }), JSON.stringify(other));
});
