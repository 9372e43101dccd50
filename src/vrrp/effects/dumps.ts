/** The files that show the state of the process on request: gathers what they tell, and writes them. */
import type { VrrpConfig } from "../../config/model.js";
import { formatAddress } from "../../net/ip-address.js";
import type { Link, Links } from "../../net/links.js";
import type { Log } from "../../platform/child-log.js";
import { writeDump } from "../../platform/dump-file.js";
import { jsonDumpPath, stateDumpPath, statisticsDumpPath } from "../../platform/dump-path.js";
import type { Dump } from "../../platform/messages.js";
import type { VrrpInstance } from "../instance.js";
import type { Router } from "../router.js";
import type { InstanceView } from "../instance-dump.js";
import { formatState, formatStatistics, type InterfaceView } from "../state-dump.js";
import { formatJson } from "../state-json.js";
import { viewTrackers } from "./tracker-views.js";
import type { Trackers } from "../../track/effects/trackers.js";
import type { Channels } from "./channels.js";
import type { Notices } from "./notices.js";

interface DumpPorts {
  log: Log;
  router: Router;
  links: Links;
  channels: Channels;
  notices: Notices;
  trackers: Trackers;
  /** Directory of the files that are named without one. */
  folder: string;
  /** Monotonic microseconds. */
  now: () => number;
}

const WORDS: Record<Dump, string> = { data: "data", stats: "stats", statsClear: "stats", json: "JSON" };

function viewOfLink(link: Link): InterfaceView {
  return {
    name: link.name,
    index: link.index,
    mac: Buffer.from(link.mac)
      .toString("hex")
      .replace(/(..)(?=.)/g, "$1:"),
    mtu: link.mtu,
    up: link.up,
    addresses: [...link.addresses.values()].map(({ address }) => address),
  };
}

export class Dumps {
  readonly #ports: DumpPorts;

  constructor(ports: DumpPorts) {
    this.#ports = ports;
  }

  /** Writes the file that was asked for; what fails is logged. */
  write(what: Dump, config: VrrpConfig): void {
    const { log, router } = this.#ports;
    if (what === "json" && router.instances.length === 0)
      return log.info("No VRRP instance: no JSON is written");
    log.info(`Printing VRRP ${WORDS[what]} for process(${process.pid}) on signal`);
    const views = router.instances.map((machine) => this.#viewOf(machine));
    const [path, text] = this.#textOf(what, config, views);
    if (what === "statsClear") for (const { machine } of views) machine.counters.clear();
    writeDump(path, text).catch((error: unknown) => {
      log.error(`Cannot write ${path}: ${String(error)}`);
    });
  }

  /** The state as text. */
  describe(config: VrrpConfig): string {
    return this.#stateOf(
      config,
      this.#ports.router.instances.map((machine) => this.#viewOf(machine)),
    );
  }

  #viewOf(machine: VrrpInstance): InstanceView {
    const { router, notices, links, now } = this.#ports;
    const { deadline } = machine;
    return {
      machine,
      source: machine.sourceAddress.length === 0 ? undefined : formatAddress(machine.sourceAddress),
      lastTransitionMillis: notices.lastTransitionMillis(machine),
      deadlineMillis: deadline === undefined ? undefined : Date.now() + (deadline - now()) / 1000,
      group: router.groupOf(machine)?.name,
      ownLinkUp: links.byName(machine.settings.ownLink ?? "")?.up ?? false,
    };
  }

  #stateOf(config: VrrpConfig, views: readonly InstanceView[]): string {
    const { links, channels, trackers } = this.#ports;
    const interfaces = [...links.all()].map(viewOfLink);
    return formatState(config, views, interfaces, channels.describe(), viewTrackers(config, trackers));
  }

  #textOf(what: Dump, config: VrrpConfig, views: readonly InstanceView[]): [path: string, text: string] {
    const { folder } = this.#ports;
    switch (what) {
      case "data":
        return [stateDumpPath(folder, config.global, ""), this.#stateOf(config, views)];
      case "json":
        return [
          jsonDumpPath(folder, config.global),
          formatJson(config, views, viewTrackers(config, this.#ports.trackers).processes),
        ];
      default:
        return [statisticsDumpPath(folder, config.global), formatStatistics(views)];
    }
  }
}
