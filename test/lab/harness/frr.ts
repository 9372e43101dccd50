/** FRR's vrrpd on a host of the lab: its macvlan interfaces hold the virtual addresses, up only while it is master. */
import { existsSync } from "node:fs";
import type { Lab } from "./lab.js";
import type { Host } from "./network.js";
import type { Program } from "./program.js";

const ZEBRA = "/usr/lib/frr/zebra";
const VRRPD = "/usr/lib/frr/vrrpd";

/** Why FRR cannot be run here; undefined when it can. */
export function missingFrr(): string | undefined {
  return existsSync(VRRPD) ? undefined : `${VRRPD} is not installed`;
}

export interface FrrSettings {
  vrid: number;
  priority: number;
  intervalMs: number;
  /** IPv4 virtual addresses with prefix length. */
  addresses4: readonly string[];
  /** IPv6 virtual addresses with prefix length. */
  addresses6: readonly string[];
}

/** The hardware address of a virtual router (RFC 9568 section 7.3). */
export function virtualMac(family: 4 | 6, vrid: number): string {
  return `00:00:5e:00:0${family === 4 ? 1 : 2}:${vrid.toString(16).padStart(2, "0")}`;
}

const bare = (address: string): string => address.replace(/\/.*/, "");

function configuration(
  host: Host,
  { vrid, priority, intervalMs, addresses4, addresses6 }: FrrSettings,
): string {
  const lines = [
    "version 3",
    `priority ${priority}`,
    `advertisement-interval ${intervalMs}`,
    ...addresses4.map((address) => `ip ${bare(address)}`),
    ...addresses6.map((address) => `ipv6 ${bare(address)}`),
  ];
  return [`interface ${host.device}`, ...lines.map((line) => ` vrrp ${vrid} ${line}`), ""].join("\n");
}

/** vrrpd finds its interfaces by their hardware address and takes their addresses' word for what is virtual. */
function addInterface(host: Host, family: 4 | 6, vrid: number, addresses: readonly string[]): void {
  const name = `vrrp${family}-${vrid}`;
  host.ip("link", "add", name, "link", host.device, "type", "macvlan", "mode", "bridge");
  host.ip("link", "set", "dev", name, "address", virtualMac(family, vrid));
  for (const address of addresses) host.ip("address", "add", address, "dev", name);
  host.ip("link", "set", name, "up");
}

/** Makes the interfaces that `startFrr` needs. */
export function addFrrInterfaces(host: Host, { vrid, addresses4, addresses6 }: FrrSettings): void {
  if (addresses4.length > 0) addInterface(host, 4, vrid, addresses4);
  if (addresses6.length > 0) addInterface(host, 6, vrid, addresses6);
}

/** Starts zebra and vrrpd; the returned program is vrrpd. */
export function startFrr(lab: Lab, host: Host, settings: FrrSettings): Program {
  const common = "-u frr -g frr -z /run/frr/zebra.sock --vty_socket /run/frr --log stdout";
  const script = [
    "set -e",
    "mkdir -m 755 /run/frr",
    'printf "%s" "$1" > /run/frr/vrrpd.conf',
    "chown -R frr:frr /run/frr",
    `${ZEBRA} -f /dev/null -i /run/frr/zebra.pid ${common} &`,
    "while [ ! -S /run/frr/zebra.sock ]; do sleep 0.05; done",
    `exec ${VRRPD} -f /run/frr/vrrpd.conf -i /run/frr/vrrpd.pid ${common}`,
  ].join("\n");
  return lab.run(`${host.name} (frr)`, {
    namespace: host.namespace,
    command: ["sh", "-c", script, "sh", `log stdout\n${configuration(host, settings)}`],
    ownFolders: true,
  });
}
