/**
 * Asks the driver of an interface whether there is a link: the PHY over MII, the driver over ethtool, or the flags.
 * For drivers that do not report a lost link by themselves.
 */
import type { Addon, Socket } from "../native/addon.js";
import {
  AF_INET,
  BMSR_LSTATUS,
  ETHTOOL_GLINK,
  IFF_RUNNING,
  MII_BMSR,
  SIOCETHTOOL,
  SIOCGIFFLAGS,
  SIOCGMIIPHY,
  SIOCGMIIREG,
  SOCK_DGRAM,
} from "./constants.js";
import { systemErrorOf } from "./system-error.js";

export type LinkMethod = "MII" | "ETHTOOL" | "IOCTL";

/** The first that works counts. */
const METHODS: readonly LinkMethod[] = ["MII", "ETHTOOL", "IOCTL"];

/** IFNAMSIZ; behind the name a struct ifreq has a union, of which 16 bytes are enough. */
const NAME_SIZE = 16;
const RECORD_SIZE = 32;
/** struct mii_ioctl_data in that union: phy_id, reg_num, val_in, val_out. */
const MII_REGISTER = 1;
const MII_VALUE = 3;
/** What the bus gives when there is no PHY. */
const NO_PHY = [0x0000, 0xffff];

/** What was found, and how. */
export interface LinkAnswer {
  up: boolean;
  method: LinkMethod;
}

export class LinkQuestion {
  readonly #socket: Socket;

  /** Throws a NativeError when there is no socket to be had. */
  constructor(addon: Addon) {
    this.#socket = new addon.Socket(AF_INET, SOCK_DGRAM, 0);
  }

  /**
   * Asks by `method`, and by those after it while one does not work for this interface; undefined for all of them.
   * @returns undefined when nothing works: most likely there is no such interface
   */
  ask(name: string, method: LinkMethod = "MII"): LinkAnswer | undefined {
    for (const way of METHODS.slice(METHODS.indexOf(method))) {
      try {
        const up = this.#askBy(way, name);
        if (up !== undefined) return { up, method: way };
      } catch (error) {
        systemErrorOf(error, name);
      }
    }
    return undefined;
  }

  #askBy(method: LinkMethod, name: string): boolean | undefined {
    const record = new Uint8Array(RECORD_SIZE);
    new TextEncoder().encodeInto(name, record.subarray(0, NAME_SIZE - 1));
    const fields = new Uint16Array(record.buffer, NAME_SIZE);
    if (method === "ETHTOOL") {
      const value = Uint32Array.of(ETHTOOL_GLINK, 0);
      this.#socket.interfaceRequest(SIOCETHTOOL, record, new Uint8Array(value.buffer));
      return value[1] !== 0;
    }
    if (method === "IOCTL") {
      this.#socket.interfaceRequest(SIOCGIFFLAGS, record);
      return ((fields[0] ?? 0) & IFF_RUNNING) !== 0;
    }
    this.#socket.interfaceRequest(SIOCGMIIPHY, record);
    // The bit stays down after a loss until it is read: the second reading is how it is now.
    this.#readStatus(record, fields);
    const status = this.#readStatus(record, fields);
    return NO_PHY.includes(status) ? undefined : (status & BMSR_LSTATUS) !== 0;
  }

  #readStatus(record: Uint8Array, fields: Uint16Array): number {
    fields[MII_REGISTER] = MII_BMSR;
    fields[MII_VALUE] = 0;
    this.#socket.interfaceRequest(SIOCGMIIREG, record);
    return fields[MII_VALUE] ?? 0;
  }

  close(): void {
    this.#socket.close();
  }
}
