/** A network namespace for this test process alone, with the veth pair v0 (ours) and v1 (the neighbours' side). */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { loadAddon } from "../../../src/native/load.js";
import { Links, type LinksListener } from "../../../src/net/links.js";
import { Monitor, type MonitorOptions } from "../../../src/net/monitor.js";
import { type CommandSocket, openChannel } from "../../../src/net/netlink-channel.js";
import { Reconciler, type ReconcilerListener } from "../../../src/net/reconciler.js";
import type { AddressSetting } from "../../../src/net/settings.js";
import { createEventLoop, type EventLoop } from "../../../src/platform/event-loop.js";
import { namespaceName, undoAtExit } from "../harness/left-behind.js";

const CLONE_NEWNET = 0x40000000;

/** Why these tests cannot run; false when they can (the form that node:test takes). */
export const skip: string | false = process.getuid?.() === 0 ? false : "needs root for network namespaces";

/** Moves this process into a new namespace; it is removed when the process ends, however it ends. */
export function enterOwnNamespace(label: string): void {
  const name = namespaceName(label, "net");
  execFileSync("ip", ["netns", "add", name]);
  undoAtExit(() => removeOwn(name));
  loadAddon().enterNamespace(`/run/netns/${name}`, CLONE_NEWNET);
  ip("link set lo up");
  ip("link add v0 type veth peer name v1");
  for (const device of ["v0", "v1"]) {
    if (existsSync(`/proc/sys/net/ipv6/conf/${device}`)) {
      // No router solicitations and no duplicate detection between the frames under test.
      spawnSync("sysctl", [
        "-qw",
        `net.ipv6.conf.${device}.accept_dad=0`,
        `net.ipv6.conf.${device}.router_solicitations=0`,
      ]);
    }
    ip(`link set ${device} up`);
  }
}

/** Not `removeNamespace`, which kills what runs in it: that is us. */
function removeOwn(name: string): void {
  spawnSync("ip", ["netns", "delete", name]);
}

/** ip(8) inside the namespace. */
export function ip(command: string): string {
  return execFileSync("ip", command.split(" "), { encoding: "utf8" });
}

/** Many commands by one ip(8). */
export function ipBatch(commands: readonly string[]): void {
  execFileSync("ip", ["-force", "-batch", "-"], { input: commands.map((line) => `${line}\n`).join("") });
}

/** Addresses that the kernel has on v0, as ip(8) shows them. */
export function addressesOnV0(): string[] {
  return [...ip("-o address show dev v0").matchAll(/inet6? (\S+)/g)].map(([, text = ""]) => text);
}

export interface Networking {
  loop: EventLoop;
  links: Links;
  monitor: Monitor;
  channel: CommandSocket;
  reconciler: Reconciler;
  /** Refresh counter. */
  refreshes(): number;
  close(): void;
}

export async function openNetworking(
  listener: ReconcilerListener & Pick<LinksListener, "linkChanged">,
  options: MonitorOptions = {},
): Promise<Networking> {
  const addon = loadAddon();
  const loop = createEventLoop(addon);
  const links = new Links();
  const monitor = new Monitor(addon, links, loop, {}, options);
  await monitor.start();
  const channel = openChannel(addon, loop);
  const reconciler = new Reconciler(channel, links, loop, listener);
  let refreshes = 0;
  links.addListener({ refreshed: () => void refreshes++ });
  const close = (): void => {
    reconciler.close();
    channel.close();
    monitor.close();
  };
  return { loop, links, monitor, channel, reconciler, refreshes: () => refreshes, close };
}

export function onV0(setting: AddressSetting): AddressSetting {
  return { ...setting, device: "v0" };
}
