/**
 * A dress rehearsal of a take-over: a thousand addresses are added, reported by the monitor, announced and removed, on
 * sockets that lead nowhere. V8 compiles on the way what the first real take-over would otherwise have to interpret
 * (measured: 25 to 35 ms of processor time for the first thousand addresses, 3 to 6 ms from then on).
 *
 * Runs in turns of the loop, in the first seconds of a process that is still BACKUP.
 */
import { type Addon, META, META_FIELDS, type Socket } from "../native/addon.js";
import { HEADER_LENGTH, MessageWriter, readU32, setSequence } from "../netlink/attributes.js";
import { AF_UNSPEC, LIFETIME_FOREVER, NLM_F_CAPPED, NLMSG_ERROR } from "../netlink/constants.js";
import { decodeMessage, nextMessage } from "../netlink/message.js";
import { Announcer } from "./announcer.js";
import { IFF_RUNNING, IFF_UP } from "./constants.js";
import { Links } from "./links.js";
import type { Loop } from "./loop.js";
import { openChannel } from "./netlink-channel.js";
import { Reconciler } from "./reconciler.js";
import type { AddressSetting } from "./settings.js";

const DEVICE = "rehearsal";
const INDEX = 1;

/** Resolves when it is over; a thousand addresses are enough for V8. */
export function rehearse(loop: Loop, count = 1000): Promise<void> {
  const links = new Links();
  const link = {
    family: AF_UNSPEC,
    type: 1,
    index: INDEX,
    flags: IFF_UP | IFF_RUNNING,
    name: DEVICE,
    master: 0,
  };
  const header = { length: HEADER_LENGTH, type: 0, flags: 0, sequence: 0, portId: 0 };
  links.apply({ header, kind: "link", removed: false, link: { ...link, mac: new Uint8Array(6), mtu: 1500 } });
  const addon = stageFor(links);
  const channel = openChannel(addon, loop);
  const announcer = new Announcer(addon, loop, { garpIntervalMicros: 0, gnaIntervalMicros: 0 });
  return new Promise((resolve) => {
    const reconciler = new Reconciler(channel, links, loop, {
      applied(owner) {
        const device = links.byName(DEVICE);
        if (device !== undefined)
          announcer.announce(
            owner,
            device,
            addresses.map(({ address }) => address),
            1,
          );
        reconciler.clear(owner);
      },
      cleared() {
        announcer.close();
        channel.close();
        resolve();
      },
    });
    const addresses = Array.from({ length: count }, (_, i) => stageAddress(i));
    reconciler.setDesired(DEVICE, addresses, []);
  });
}

function stageAddress(i: number): AddressSetting {
  return {
    family: 4,
    address: `127.9.${(i >> 8) & 255}.${i & 255}`,
    prefixLength: 32,
    device: DEVICE,
    scope: 0,
    flags: 0,
    preferredSeconds: LIFETIME_FOREVER,
    noTrack: false,
    position: { file: "", line: 0, column: 0 },
  };
}

/** An addon whose sockets swallow everything, acknowledge every netlink request and tell the table of it. */
function stageFor(links: Links): Addon {
  return {
    Socket: class {
      constructor() {
        return stageSocket(links);
      }
    },
  } as unknown as Addon;
}

function stageSocket(links: Links): Socket {
  const answer = new MessageWriter()
    .begin(NLMSG_ERROR, NLM_F_CAPPED)
    .u32(0)
    .raw(new Uint8Array(HEADER_LENGTH))
    .finish();
  const answers: number[] = [];
  const nothing = (): void => {};
  return {
    fd: -1,
    setOption: nothing,
    getOption: () => 0,
    attachFilter: nothing,
    bind: nothing,
    connect: nothing,
    localAddress: () => new Uint8Array(0),
    receiveBatch(slab, slotSize, meta) {
      const count = Math.min(answers.length, slab.length / slotSize);
      for (let i = 0; i < count; i++) {
        setSequence(answer, 0, answers.shift() ?? 0);
        slab.set(answer, i * slotSize);
        meta[i * META_FIELDS + META.length] = answer.length;
      }
      return count;
    },
    sendBatch(slab, table, _first, count) {
      // Frames go with an address, requests without.
      if ((table[3] ?? 0) > 0) return count;
      const end = table[1] ?? 0;
      for (let at = 0; at < end; at = nextMessage(slab, at, end)) {
        answers.push(readU32(slab, at + 8));
        const decoded = decodeMessage(slab, at, end);
        if (decoded.ok) links.apply(decoded.value);
      }
      return count;
    },
    startReading: nothing,
    stopReading: nothing,
    setRef: nothing,
    close: nothing,
  };
}
