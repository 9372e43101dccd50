/** What the service manager is told, byte by byte. Expected texts: sd_notify(3). */
import assert from "node:assert/strict";
import test from "node:test";
import { keepAlivePeriod, serviceText, unixAddress } from "../../../src/platform/systemd.js";

test("notification texts", () => {
  assert.equal(
    serviceText({ kind: "ready", pid: 42, status: "running: vrrp" }),
    "READY=1\nMAINPID=42\nSTATUS=running: vrrp",
  );
  assert.equal(
    serviceText({ kind: "reloading", monotonicMicros: 1234567.9 }),
    "RELOADING=1\nMONOTONIC_USEC=1234567\nSTATUS=reloading",
  );
  assert.equal(serviceText({ kind: "stopping" }), "STOPPING=1\nSTATUS=stopping");
  assert.equal(serviceText({ kind: "alive" }), "WATCHDOG=1");
  assert.equal(serviceText({ kind: "failed", errno: 22 }), "ERRNO=22");
});

test("socket addresses: a path with its end, an abstract name without", () => {
  assert.deepEqual([...(unixAddress("/a") ?? [])], [1, 0, 0x2f, 0x61, 0]);
  assert.deepEqual([...(unixAddress("@ab") ?? [])], [1, 0, 0, 0x61, 0x62]);
  assert.equal(unixAddress(""), undefined);
  assert.equal(unixAddress("relative"), undefined);
  assert.equal(unixAddress(`/${"x".repeat(108)}`), undefined);
});

test("the keep-alive comes at half the time that systemd allows, if it is meant for us", () => {
  assert.equal(keepAlivePeriod({ WATCHDOG_USEC: "3000000" }, 7), 1_500_000);
  assert.equal(keepAlivePeriod({ WATCHDOG_USEC: "3000000", WATCHDOG_PID: "7" }, 7), 1_500_000);
  assert.equal(keepAlivePeriod({ WATCHDOG_USEC: "3000000", WATCHDOG_PID: "8" }, 7), undefined);
  assert.equal(keepAlivePeriod({ WATCHDOG_USEC: "0" }, 7), undefined);
  assert.equal(keepAlivePeriod({ WATCHDOG_USEC: "x" }, 7), undefined);
  assert.equal(keepAlivePeriod({}, 7), undefined);
});
