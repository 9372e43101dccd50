/**
 * How late the benchmark itself sees what happens: adverts of a 10 ms master, the moment its own process reads them
 * against the kernel's time stamps of the same packets. Netlink events are read by the same loop in the same way.
 */
import { performance } from "node:perf_hooks";
import { Capture } from "./capture.js";
import { PATIENCE_MS, Session } from "./session.js";
import { percentile } from "./statistics.js";
import type { Program } from "./subject.js";
import { sleep } from "./feed.js";
import { nowMicros } from "./watch.js";

/** How much later than the kernel's stamp packets are read, in microseconds. */
export interface MeasuringError {
  packets: number;
  median: number;
  p99: number;
  longest: number;
}

/** Two adverts are 10 ms apart: what is read within this time after a stamp is that packet. */
const SAME_PACKET_MICROS = 5000;

export async function observeMeasuringError(program: Program): Promise<MeasuringError> {
  return Session.run(async (session) => {
    const { left, right } = session.lab;
    const { feed } = session.frames(right);
    const advert = feed.first((frame) => frame.kind === "advert", PATIENCE_MS, "first advert");
    const router = session.start(program, left, { priority: 200, advertInterval: 0.01 });
    await router.expect(advert);
    const read: number[] = [];
    feed.listen((frame) => {
      if (frame.kind === "advert") read.push(frame.atMicros);
    });
    const capture = await Capture.start(session.lab, right);
    await sleep(1500);
    const stamped = (await capture.stop()).filter((frame) => frame.kind === "advert");
    // The stamps are of CLOCK_REALTIME: the distance of the clocks now, good to a few microseconds.
    const distance = (performance.timeOrigin + performance.now()) * 1000 - nowMicros();
    const delays = stamped.flatMap(({ atMicros }) => {
      const stamp = atMicros - distance;
      const seen = read.find((at) => Math.abs(at - stamp) < SAME_PACKET_MICROS);
      return seen === undefined ? [] : [seen - stamp];
    });
    return {
      packets: delays.length,
      median: percentile(delays, 0.5),
      p99: percentile(delays, 0.99),
      longest: percentile(delays, 1),
    };
  });
}
