/**
 * Which of the addresses that suspended virtual servers wait for are on this host, and how often (ha_suspend). Opens its
 * netlink socket only when somebody asks.
 */
import type { VirtualServerGroupConfig } from "../../config/check-model.js";
import type { Addon } from "../../native/addon.js";
import { compareAddresses, parseAddress } from "../../net/ip-address.js";
import { Links } from "../../net/links.js";
import { Monitor } from "../../net/monitor.js";
import type { ReceiveBuffer } from "../../net/socket-option.js";
import { formatSystemError } from "../../net/system-error.js";
import type { Log } from "../../platform/child-log.js";
import { createEventLoop } from "../../platform/event-loop.js";
import { rangesOf } from "../services.js";
import type { VirtualServer } from "../virtual-server.js";

interface Watched {
  service: VirtualServer;
  /** `single`: the text of a range of one. */
  ranges: Array<{ first: Uint8Array; last: Uint8Array; single?: string }>;
}

interface OwnAddressPorts {
  addon: Addon;
  log: Log;
  changed(service: VirtualServer, count: number): void;
}

export class OwnAddresses {
  readonly #ports: OwnAddressPorts;
  readonly #links = new Links();
  #monitor: Monitor | undefined;
  #receiveBuffer: ReceiveBuffer | undefined;
  #watched: Watched[] = [];
  #complete = false;
  #scheduled = false;

  constructor(ports: OwnAddressPorts) {
    this.#ports = ports;
    this.#links.addListener({
      addressAdded: () => this.#tellSoon(),
      addressRemoved: () => this.#tellSoon(),
      refreshed: () => this.#tellSoon(),
    });
  }

  /** From now on these are told how often their addresses are here, whenever that changes. */
  async watch(
    services: readonly VirtualServer[],
    groups: ReadonlyMap<string, VirtualServerGroupConfig>,
  ): Promise<void> {
    this.#watched = services
      .filter(({ config }) => config.haSuspend)
      .map((service) => ({
        service,
        ranges: rangesOf(service.config, groups).flatMap(({ first, last }) => {
          const from = parseAddress(first);
          const to = parseAddress(last);
          if (from === undefined || to === undefined) return [];
          return [{ first: from, last: to, ...(first === last && { single: first }) }];
        }),
      }));
    if (this.#watched.length > 0 && this.#monitor === undefined) await this.#open();
    this.#tell();
  }

  /** lvs_netlink_monitor_rcv_bufs: room for the kernel's messages. */
  setReceiveBuffer(buffer: ReceiveBuffer): void {
    this.#receiveBuffer = buffer;
    this.#monitor?.setReceiveBuffer(buffer);
  }

  async #open(): Promise<void> {
    const { addon, log } = this.#ports;
    this.#monitor = new Monitor(addon, this.#links, createEventLoop(addon), {
      overrun: () => log.warning("Netlink: kernel messages were lost; addresses are read anew"),
      failed: (error) => log.error(`Netlink: ${formatSystemError(error)}`),
    });
    if (this.#receiveBuffer !== undefined) this.#monitor.setReceiveBuffer(this.#receiveBuffer);
    await this.#monitor.start();
    this.#complete = true;
  }

  /** Addresses come and go in crowds: they are counted once per turn of the loop. */
  #tellSoon(): void {
    if (this.#scheduled || !this.#complete) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#tell();
    });
  }

  #tell(): void {
    if (!this.#complete) return;
    const present = [...this.#links.all()].flatMap((link) => [...link.addresses.values()]);
    const counts = new Map<string, number>();
    for (const { address } of present) counts.set(address, (counts.get(address) ?? 0) + 1);
    for (const { service, ranges } of this.#watched) {
      let count = 0;
      for (const range of ranges) {
        if (range.single !== undefined) count += counts.get(range.single) ?? 0;
        else count += present.filter(({ bytes }) => within(bytes, range.first, range.last)).length;
      }
      if (count !== service.addressCount) this.#ports.changed(service, count);
    }
  }

  close(): void {
    this.#monitor?.close();
  }
}

function within(address: Uint8Array, first: Uint8Array, last: Uint8Array): boolean {
  if (address.length !== first.length) return false;
  return compareAddresses(address, first) >= 0 && compareAddresses(address, last) <= 0;
}
