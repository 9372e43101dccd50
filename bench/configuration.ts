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
}

/** @returns the address of an instance, as text. */
export function virtualAddress(instance: number): string {
  return `10.77.200.${instance}`;
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

/**
 * @returns a configuration file. Announcements are one round at the transition and none later,
 * so that they are the same work for every program and do not fall into another measurement.
 */
export function routerConfiguration(host: Host, settings: RouterSettings): string {
  const owner = settings.priority === 255;
  const lines = ["global_defs {", `  router_id ${host.namespace}`, "  vrrp_version 3", "}"];
  for (let instance = 1; instance <= (settings.instances ?? 1); instance += 1) {
    lines.push(
      `vrrp_instance I${instance} {`,
      `  state ${owner ? "MASTER" : "BACKUP"}`,
      `  interface ${host.interfaceName}`,
      `  virtual_router_id ${instance}`,
      `  priority ${settings.priority}`,
      `  advert_int ${settings.advertInterval}`,
      "  garp_master_repeat 1",
      "  garp_master_delay 0",
      "  virtual_ipaddress {",
      `    ${virtualAddress(instance)}/32`,
      "  }",
      ...excludedBlock(instance === 1 ? (settings.excluded ?? 0) : 0),
      "}",
    );
  }
  return `${lines.join("\n")}\n`;
}
