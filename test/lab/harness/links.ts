/** Interfaces and kernel settings of a host, as ip(8) and /proc show them. */
import { execFileSync, spawnSync } from "node:child_process";
import type { Host } from "./network.js";

interface HostLink {
  name: string;
  mac: string;
  /** Name of the interface below. */
  base: string | undefined;
  /** "macvlan", "ipvlan" ... */
  kind: string | undefined;
  /** "private" ... */
  mode: string | undefined;
  /** Name of the VRF or bridge that it belongs to. */
  master: string | undefined;
  up: boolean;
}

interface IpLink {
  ifname: string;
  address: string;
  link?: string;
  master?: string;
  flags: string[];
  linkinfo?: { info_kind?: string; info_data?: { mode?: string } };
}

export function linksOf(host: Host): HostLink[] {
  const links = JSON.parse(host.ip("-j", "-d", "link", "show")) as IpLink[];
  return links.map(({ ifname, address, link, master, flags, linkinfo }) => ({
    name: ifname,
    mac: address,
    base: link,
    kind: linkinfo?.info_kind,
    mode: linkinfo?.info_data?.mode,
    master,
    up: flags.includes("UP"),
  }));
}

export function linkOf(host: Host, name: string): HostLink | undefined {
  return linksOf(host).find((link) => link.name === name);
}

/** The interface that holds an address. */
export function deviceOf(host: Host, address: string): string | undefined {
  return new RegExp(`^\\d+: (\\S+)\\s+inet6? ${address}/`, "m").exec(host.ip("-o", "address"))?.[1];
}

/** A file below /proc/sys/net of the host. */
export function kernelSetting(host: Host, path: string, value?: string): string {
  const file = `/proc/sys/net/${path}`;
  const script = value === undefined ? `cat ${file}` : `echo ${value} > ${file}`;
  const command = ["netns", "exec", host.namespace, "sh", "-c", script];
  return execFileSync("ip", command, { encoding: "utf8" }).trim();
}

/** Why this kernel cannot have an interface of a kind; undefined when it can. `words` are those of `ip link add`. */
export function missingKind(kind: string, words: readonly string[]): string | undefined {
  const script = [
    "ip link add kinda0 type veth peer name kinda1",
    `ip link add kindb0 ${words.join(" ")} 2>&1`,
  ].join(" && ");
  const { status, stdout } = spawnSync("unshare", ["-n", "sh", "-c", script], { encoding: "utf8" });
  return status === 0 ? undefined : `this kernel has no ${kind}: ${(stdout ?? "").trim()}`;
}
