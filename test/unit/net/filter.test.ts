/** The socket filters, by running them on captured packets. (The lab gives them to the kernel.) */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { assemble } from "../../../src/net/bpf.js";
import { IPPROTO_AH, IPPROTO_VRRP } from "../../../src/net/constants.js";
import { dropAllFilter, vrrpFilter } from "../../../src/net/filter.js";
import { monitorFilter } from "../../../src/net/monitor-filter.js";
import { run } from "./bpf-interpreter.js";
import { frame, fromHex, netlinkMessages, vectors } from "./vectors.js";

const ETHERNET = 14;
const IPV6 = 40;

/** What a raw socket sees of a captured frame. */
function seen(id: string): { family: 4 | 6; packet: Uint8Array } {
  const bytes = frame(id);
  const family = bytes[12] === 0x08 ? 4 : 6;
  return { family, packet: bytes.subarray(family === 4 ? ETHERNET : ETHERNET + IPV6) };
}

const adverts = vectors.filter(({ decoded }) => decoded?.type === "vrrp").map(({ id }) => id);
const isAh = (id: string): boolean => frame(id)[12] === 0x08 && frame(id)[ETHERNET + 9] === IPPROTO_AH;

/** The vrid of a captured advert, by hand. */
function vridOf(id: string): number {
  const { family, packet } = seen(id);
  const header = family === 6 ? 0 : isAh(id) ? 20 + 24 : 20;
  return packet[header + 1] ?? 0;
}

function filterFor(id: string, vrids: Iterable<number>): Uint8Array {
  return vrrpFilter({ family: seen(id).family, protocol: isAh(id) ? IPPROTO_AH : IPPROTO_VRRP, vrids });
}

test("captured adverts pass a filter that names their router, and no other", () => {
  assert.ok(adverts.length > 10);
  for (const id of adverts) {
    const vrid = vridOf(id);
    const others = Array.from({ length: 255 }, (_, i) => i + 1).filter((other) => other !== vrid);
    const { packet } = seen(id);
    assert.equal(run(filterFor(id, [vrid]), packet), 0xffffffff, id);
    assert.equal(run(filterFor(id, others), packet), 0, id);
    assert.equal(run(filterFor(id, [...others, vrid]), packet), 0xffffffff, id);
  }
});

test("any set of routers passes exactly its members", () => {
  const { packet } = seen("v2-noauth");
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 255 })),
      fc.integer({ min: 0, max: 255 }),
      (vrids, vrid) => {
        const advert = packet.slice();
        advert[21] = vrid;
        assert.equal(run(filterFor("v2-noauth", vrids), advert) !== 0, vrids.includes(vrid));
      },
    ),
  );
});

test("priority 0 can be told from the rest, router by router", () => {
  const { packet } = seen("v2-noauth");
  const sets = {
    vrids: [1, 2],
    resigning: [10, 11, 12, 13, 14, 100],
    advertising: [20, 21, 22, 23, 24, 200],
  };
  const program = vrrpFilter({ family: 4, protocol: IPPROTO_VRRP, ...sets });
  const passes = (vrid: number, priority: number): boolean => {
    const advert = packet.slice();
    advert[21] = vrid;
    advert[22] = priority;
    return run(program, advert) !== 0;
  };
  for (let vrid = 1; vrid <= 255; vrid++) {
    assert.equal(
      passes(vrid, 0),
      sets.vrids.includes(vrid) || sets.resigning.includes(vrid),
      `${vrid} resigning`,
    );
    const wanted = sets.vrids.includes(vrid) || sets.advertising.includes(vrid);
    assert.equal(passes(vrid, 1), wanted, `${vrid} priority 1`);
    assert.equal(passes(vrid, 255), wanted, `${vrid} priority 255`);
  }
});

test("options in the IPv4 header move the VRRP header", () => {
  const { packet } = seen("v2-noauth");
  const longer = new Uint8Array(packet.length + 4);
  longer.set(packet.subarray(0, 20));
  longer[0] = 0x46;
  longer.set(packet.subarray(20), 24);
  assert.notEqual(run(filterFor("v2-noauth", [vridOf("v2-noauth")]), longer), 0);
});

test("another protocol and a cut packet are dropped; another type is let through, to be counted", () => {
  const { packet } = seen("v2-noauth");
  const program = filterFor("v2-noauth", [vridOf("v2-noauth")]);
  const changed = (at: number, value: number): Uint8Array => packet.slice().fill(value, at, at + 1);
  assert.equal(run(program, changed(9, 17)), 0);
  assert.notEqual(run(program, changed(20, 0x22)), 0);
  for (let length = 0; length < 22; length++) assert.equal(run(program, packet.subarray(0, length)), 0);
});

test("a sender's filter keeps nothing", () => {
  assert.equal(run(dropAllFilter(), seen("v2-noauth").packet), 0);
});

test("the monitor hears of the routes of its protocols, and of everything else", () => {
  const program = monitorFilter([18]);
  const route = fromHex(netlinkMessages.sent["route"] as string);
  assert.notEqual(run(program, route), 0);
  const ofKernel = route.slice().fill(2, 21, 22);
  assert.equal(run(program, ofKernel), 0);
  const replacing = ofKernel.slice().fill(1, 7, 8);
  assert.notEqual(run(program, replacing), 0);
  const dumped = ofKernel.slice().fill(2, 6, 7);
  assert.notEqual(run(program, dumped), 0);
  assert.notEqual(run(program, fromHex(netlinkMessages.sent["address with label"] as string)), 0);
  assert.notEqual(run(program, fromHex(netlinkMessages.received["links"] as string)), 0);
  const end = fromHex(netlinkMessages.received["noop"] as string);
  assert.notEqual(run(program, end), 0);
});

test("a jump to a missing label is our bug", () => {
  assert.throws(() => assemble([{ op: "goto", label: "nowhere" }]), /nowhere/);
});
