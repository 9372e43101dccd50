/** The configurations that are measured: VRRP version 3, IPv4, one interface. Pure. */
import type { Host } from "./lab.js";

export interface RouterSettings {
  priority: number;
  /** Seconds. */
  advertInterval: number;
  /** Instances with router ids 1..n; each has one address of its own. */
  instances?: number;
  /** Excluded addresses of the first instance. */
  excluded?: number;
  /** An instance in addition that is master at once, as its advert tells that the configuration is in force. */
  beacon?: boolean;
}

/** Instances on one interface: router ids are one byte, and the beacon wants one of its own. */
export const INSTANCES_PER_INTERFACE = 250;
/** Router id of the beacon, on the first interface. */
export const BEACON = 255;

/** @returns the name of the interface of a number from 0: the lab's own, then further wires. */
export function wireName(index: number): string {
  return `eth${index}`;
}

/** @returns the address of an instance, as text. */
export function virtualAddress(instance: number): string {
  return `10.77.${200 + (instance >> 8)}.${instance & 0xff}`;
}

/** @returns the excluded address of a number from 0, as text. */
export function excludedAddress(index: number): string {
  return `10.78.${index >> 8}.${index & 0xff}`;
}

/** @returns an address as the number that watchers report. */
export function addressNumber(text: string): number {
  return text.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}

function excludedBlock(count: number): string[] {
  if (count === 0) return [];
  const lines = Array.from({ length: count }, (_, index) => `    ${excludedAddress(index)}/32`);
  return ["  virtual_ipaddress_excluded {", ...lines, "  }"];
}

interface InstanceText {
  name: string;
  device: string;
  vrid: number;
  priority: number;
  advertInterval: number;
  address: string;
  excluded: number;
}

function instanceBlock({
  name,
  device,
  vrid,
  priority,
  advertInterval,
  address,
  excluded,
}: InstanceText): string[] {
  return [
    `vrrp_instance ${name} {`,
    `  state ${priority === 255 ? "MASTER" : "BACKUP"}`,
    `  interface ${device}`,
    `  virtual_router_id ${vrid}`,
    `  priority ${priority}`,
    `  advert_int ${advertInterval}`,
    "  garp_master_repeat 1",
    "  garp_master_delay 0",
    "  virtual_ipaddress {",
    `    ${address}/32`,
    "  }",
    ...excludedBlock(excluded),
    "}",
  ];
}

/**
 * @returns a configuration file. Announcements are one round at the transition and none later,
 * so that they are the same work for every program and do not fall into another measurement.
 */
export function routerConfiguration(host: Host, settings: RouterSettings): string {
  const { priority, advertInterval, instances = 1, excluded = 0, beacon = false } = settings;
  const lines = ["global_defs {", `  router_id ${host.namespace}`, "  vrrp_version 3", "}"];
  for (let instance = 1; instance <= instances; instance += 1) {
    const wire = Math.floor((instance - 1) / INSTANCES_PER_INTERFACE);
    lines.push(
      ...instanceBlock({
        name: `I${instance}`,
        device: wire === 0 ? host.interfaceName : wireName(wire),
        vrid: ((instance - 1) % INSTANCES_PER_INTERFACE) + 1,
        priority,
        advertInterval,
        address: virtualAddress(instance),
        excluded: instance === 1 ? excluded : 0,
      }),
    );
  }
  if (beacon) {
    const device = host.interfaceName;
    const address = "10.77.255.254";
    lines.push(
      ...instanceBlock({
        name: "BEACON",
        device,
        vrid: BEACON,
        priority: 255,
        advertInterval,
        address,
        excluded: 0,
      }),
    );
  }
  return `${lines.join("\n")}\n`;
}
