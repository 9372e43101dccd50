/** Many instances in one process at advert_int 1: 255 on one interface, 1,000 over eight. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { TestContext } from "node:test";
import type { Lab } from "./harness/lab.js";
import { labTest } from "./harness/lab-test.js";
import type { Host } from "./harness/network.js";
import type { Program } from "./harness/program.js";

const INTERVAL_MS = 1000;
/** How much later than due an advert may be on a busy machine. */
const LATE_MS = 150;
/** RFC 9568 section 6.1 at priority 100. */
const SKEW_MS = 609;
/** All instances change hands at once: how long two hosts may hold an address while a thousand are moved. */
const MOVING_MS = 500;

interface Size {
  interfaces: number;
  perInterface: number;
}

const device = (index: number): string => `eth${index}`;
const virtual = (index: number, vrid: number): string => `10.${90 + index}.1.${vrid}`;

function configuration({ interfaces, perInterface }: Size, priority: number): string {
  const blocks: string[] = [];
  for (let index = 0; index < interfaces; index++) {
    for (let vrid = 1; vrid <= perInterface; vrid++) {
      blocks.push(`vrrp_instance I_${index}_${vrid} {
interface ${device(index)}
virtual_router_id ${vrid}
version 3
advert_int 1
priority ${priority}
virtual_ipaddress {\n${virtual(index, vrid)}/32\n}
}`);
    }
  }
  return `${blocks.join("\n")}\n`;
}

/** Two hosts with as many wires between them; the first is the lan, which is captured. */
async function addHosts(lab: Lab, { interfaces }: Size): Promise<[Host, Host]> {
  const a = await lab.addHost("a", { addresses: ["10.90.0.1/16"] });
  const b = await lab.addHost("b", { addresses: ["10.90.0.2/16"] });
  for (let index = 1; index < interfaces; index++) {
    a.ip("link", "add", device(index), "type", "veth", "peer", "name", device(index), "netns", b.namespace);
    for (const [number, host] of [a, b].entries()) {
      host.ip("address", "add", `10.${90 + index}.0.${number + 1}/16`, "dev", device(index));
      host.ip("link", "set", device(index), "up");
    }
  }
  return [a, b];
}

/** How many of the virtual addresses each host holds; every event is looked at once, as there are thousands. */
class Held {
  readonly #lab: Lab;
  readonly #counts = new Map<string, number>();
  #seen = 0;

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  by(host: Host): number {
    for (const { address, host: name, added } of this.#lab.holders.events.slice(this.#seen)) {
      this.#seen += 1;
      if (/^10\.9\d\.1\./.test(address))
        this.#counts.set(name, (this.#counts.get(name) ?? 0) + (added ? 1 : -1));
    }
    return this.#counts.get(host.name) ?? 0;
  }
}

async function moveAllTo(lab: Lab, held: Held, to: Host, from: Host, count: number): Promise<void> {
  await lab.waitFor(
    () => held.by(to) === count && held.by(from) === 0,
    20_000,
    `${to.name} to hold all ${count} addresses, and ${from.name} none`,
  );
}

/** The longest time between two adverts of one instance on the lan. */
function longestGapMs(lab: Lab, since: number): number {
  const last = new Map<number, number>();
  let longest = 0;
  for (const { at, vrid } of lab.capture.adverts.filter((advert) => advert.at >= since)) {
    longest = Math.max(longest, at - (last.get(vrid) ?? at));
    last.set(vrid, at);
  }
  return longest;
}

/** Seconds of processor time that all processes of a program have used. */
function processorSeconds(program: Program): number {
  const ticks = program.processes().map(({ pid }) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, value) => sum + value, 0) / 100;
}

async function moveAll(lab: Lab, size: Size, t: TestContext): Promise<void> {
  const count = size.interfaces * size.perInterface;
  const [a, b] = await addHosts(lab, size);
  const held = new Held(lab);
  const first = lab.startRouter(a, "ours", configuration(size, 200));
  await moveAllTo(lab, held, a, b, count);
  const second = lab.startRouter(b, "ours", configuration(size, 100));
  await lab.waitFor(() => second.output.find(/Entering BACKUP STATE/), 10_000, "the second to be BACKUP");

  const since = Date.now();
  const usedBefore = processorSeconds(first);
  const wanted = size.perInterface * 6;
  await lab.waitFor(
    () => lab.capture.adverts.filter(({ at }) => at >= since).length >= wanted,
    10_000,
    `${wanted} adverts`,
  );
  const seconds = (Date.now() - since) / 1000;
  t.diagnostic(
    `master: ${(((processorSeconds(first) - usedBefore) / seconds) * 100).toFixed(1)} % of a core`,
  );
  const gapMs = longestGapMs(lab, since);
  t.diagnostic(`longest gap ${gapMs.toFixed(1)} ms`);
  assert.ok(gapMs < INTERVAL_MS + LATE_MS, `longest gap ${gapMs} ms`);
  assert.equal(held.by(b), 0, "the backup holds nothing");

  const stoppedAt = Date.now();
  first.kill("SIGTERM");
  await moveAllTo(lab, held, b, a, count);
  const movedMs =
    Math.max(
      ...lab.holders.events.filter(({ host, at }) => host === b.name && at > stoppedAt).map(({ at }) => at),
    ) - stoppedAt;
  t.diagnostic(`all at the other host ${movedMs.toFixed(0)} ms after SIGTERM (skew ${SKEW_MS} ms)`);
  assert.ok(
    movedMs < SKEW_MS + MOVING_MS + INTERVAL_MS,
    "every priority 0 was heard: nobody waited for master-down",
  );
  await lab.waitFor(() => first.exit !== undefined, 10_000, "the stopped router to end");
  lab.startRouter(a, "ours", configuration(size, 200));
  await moveAllTo(lab, held, a, b, count);
  const overlaps = [...new Set(lab.holders.events.map(({ address }) => address))]
    .filter((address) => /^10\.9\d\.1\./.test(address))
    .flatMap((address) => lab.holders.overlaps(address).map(({ from, until }) => until - from));
  const longest = Math.max(0, ...overlaps);
  t.diagnostic(`two holders of an address for at most ${longest.toFixed(1)} ms`);
  assert.ok(longest < MOVING_MS, `two holders for ${longest} ms`);
}

labTest("255 instances on one interface: punctual, and all move", ["ours"], (lab, t) =>
  moveAll(lab, { interfaces: 1, perInterface: 255 }, t),
);

labTest("1,000 instances over eight interfaces: punctual, and all move", ["ours"], (lab, t) =>
  moveAll(lab, { interfaces: 8, perInterface: 125 }, t),
);
