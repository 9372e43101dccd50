/**
 * A master with 1,000 excluded addresses: from its first advert on the wire until the kernel reports the last of them
 * (RTM_NEWADDR), and until each of them was announced once (gratuitous ARP seen at the other end of the wire).
 * Measured with -D, which upstream's own sysconfig file passes: it then logs two lines per announcement, and that is
 * most of its time. Also without, where the goals do not apply.
 */
import { addressNumber, excludedAddress } from "./configuration.js";
import type { Program, Samples, Subject } from "./subject.js";
import { PATIENCE_MS, Session } from "./session.js";

const COUNT = 1000;

/** Accepts an item when it is the last of the awaited addresses to come. */
function lastOf(addresses: readonly string[]): (address: number) => boolean {
  const missing = new Set(addresses.map(addressNumber));
  return (address) => missing.delete(address) && missing.size === 0;
}

/** Milliseconds from the first advert to the last address and to the last announcement. */
async function takeOver(
  program: Program,
  options: readonly string[],
): Promise<{ present: number; announced: number }> {
  return Session.run(async (session) => {
    const { left, right } = session.lab;
    const { feed: frames } = session.frames(right);
    const { feed: addresses } = session.addresses(left);
    const awaited = Array.from({ length: COUNT }, (_, index) => excludedAddress(index));
    const isLastAdded = lastOf(awaited);
    const isLastAnnounced = lastOf(awaited);
    const advert = frames.first((frame) => frame.kind === "advert", PATIENCE_MS, "first advert");
    const added = addresses.first(
      (event) => event.kind === "added" && isLastAdded(event.address),
      PATIENCE_MS,
      `RTM_NEWADDR of the last of ${COUNT} addresses`,
    );
    const announced = frames.first(
      (frame) => frame.kind === "arp" && isLastAnnounced(frame.sender),
      PATIENCE_MS,
      `gratuitous ARP of the last of ${COUNT} addresses`,
    );
    const settings = { priority: 200, advertInterval: 0.5, excluded: COUNT };
    const router = session.start(program, left, settings, options);
    const from = (await router.expect(advert)).atMicros;
    return {
      present: ((await router.expect(added)).atMicros - from) / 1000,
      announced: ((await router.expect(announced)).atMicros - from) / 1000,
    };
  });
}

async function measure(program: Program): Promise<Samples> {
  const detailed = await takeOver(program, ["-D"]);
  const terse = await takeOver(program, []);
  return {
    "addresses.present": [detailed.present],
    "addresses.announced": [detailed.announced],
    "addresses.present-terse": [terse.present],
    "addresses.announced-terse": [terse.announced],
  };
}

export const addresses: Subject = {
  name: "addresses",
  about: "a master puts 1,000 addresses on its interface and announces them",
  rounds: 5,
  metrics: [
    {
      id: "addresses.present",
      title: "first advert of the master to the last of 1,000 addresses, -D",
      unit: "ms",
      goal: { kind: "ratio", atMost: 0.7 },
    },
    {
      id: "addresses.announced",
      title: "first advert of the master to the last of 1,000 GARPs, -D",
      unit: "ms",
      goal: { kind: "ratio", atMost: 0.4 },
    },
    { id: "addresses.present-terse", title: "  to the last address, without -D", unit: "ms" },
    { id: "addresses.announced-terse", title: "  to the last GARP, without -D", unit: "ms" },
  ],
  measure,
};
