/**
 * A reload of many instances that adds one: from SIGHUP until the new one speaks, the longest gap between two adverts
 * of any untouched one on the first interface, and the addresses that were touched though nothing about them changed.
 */
import {
  addressNumber,
  BEACON,
  INSTANCES_PER_INTERFACE,
  routerConfiguration,
  virtualAddress,
  wireName,
} from "./configuration.js";
import { sleep } from "./feed.js";
import { addWire } from "./lab.js";
import { PATIENCE_MS, Session } from "./session.js";
import type { Program, Samples, Subject } from "./subject.js";

const ADVERT_INTERVAL = 1;
const SETTLE_MS = 5000;
const AFTERWARDS_MS = 3000;

async function measure(program: Program, name: string, instances: number): Promise<Samples> {
  return Session.run(async (session) => {
    const { left, right } = session.lab;
    const wires = Math.ceil(instances / INSTANCES_PER_INTERFACE);
    for (let index = 1; index < wires; index += 1) addWire(session.lab, wireName(index), 100 + index);
    const { feed: addresses } = session.addresses(left);
    const awaited = new Set(
      Array.from({ length: instances }, (_, index) => addressNumber(virtualAddress(index + 1))),
    );
    const complete = addresses.first(
      ({ kind, address }) => kind === "added" && awaited.delete(address) && awaited.size === 0,
      PATIENCE_MS,
      `master of ${instances} instances`,
    );
    const settings = { priority: 200, advertInterval: ADVERT_INTERVAL, instances };
    const router = session.start(program, left, settings);
    await router.expect(complete);
    await sleep(SETTLE_MS);

    const { feed: frames } = session.frames(right);
    const heard = new Map<number, number>();
    let longestGap = 0;
    frames.listen((frame) => {
      if (frame.kind !== "advert" || frame.vrid === BEACON) return;
      const before = heard.get(frame.vrid);
      heard.set(frame.vrid, frame.atMicros);
      if (before !== undefined) longestGap = Math.max(longestGap, frame.atMicros - before);
    });
    let touched = 0;
    addresses.listen(({ address }) => {
      if (address !== addressNumber("10.77.255.254")) touched += 1;
    });
    await sleep(AFTERWARDS_MS);
    const inForce = frames.first(
      (frame) => frame.kind === "advert" && frame.vrid === BEACON,
      PATIENCE_MS,
      "advert of the new instance",
    );
    const from = router.reload(routerConfiguration(left, { ...settings, beacon: true }));
    const { atMicros } = await router.expect(inForce);
    await sleep(AFTERWARDS_MS);
    return {
      [`${name}.inForce`]: [(atMicros - from) / 1000],
      [`${name}.gap`]: [longestGap / 1000],
      [`${name}.touched`]: [touched],
    };
  });
}

function reloadOf(instances: number): Subject {
  const name = `reload-${instances}`;
  return {
    name,
    about: `a reload of ${instances} instances that adds one`,
    rounds: 3,
    metrics: [
      {
        id: `${name}.inForce`,
        title: `SIGHUP with ${instances} instances to the first advert of a new one`,
        unit: "ms",
        goal: { kind: "ratio", atMost: 1 },
      },
      {
        id: `${name}.gap`,
        title: "  longest gap of adverts due every second",
        unit: "ms",
        goal: { kind: "ratio", atMost: 1 },
      },
      { id: `${name}.touched`, title: "  events of addresses that did not change", unit: "" },
    ],
    measure: (program) => measure(program, name, instances),
  };
}

export const reload500 = reloadOf(500);
export const reload2000 = reloadOf(2000);
