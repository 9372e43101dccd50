/** Hosts as network namespaces on one bridge, which has a namespace of its own: no packet leaves them. */
import { execFileSync } from "node:child_process";
import { namespaceName, removeNamespace, undoAtExit } from "./left-behind.js";

/** Runs ip(8) with several commands at once in a namespace. */
function ipBatch(namespace: string, commands: readonly string[]): void {
  execFileSync("ip", ["-n", namespace, "-batch", "-"], { input: `${commands.join("\n")}\n`, stdio: "pipe" });
}

function makeNamespace(name: string): () => void {
  execFileSync("ip", ["netns", "add", name], { stdio: "pipe" });
  const remove = undoAtExit(() => {
    removeNamespace(name);
  });
  // No duplicate address detection: its second of waiting is not what is tested.
  const quiet = "for d in all default; do echo 0 > /proc/sys/net/ipv6/conf/$d/accept_dad; done";
  execFileSync("ip", ["netns", "exec", name, "sh", "-c", quiet], { stdio: "pipe" });
  ipBatch(name, ["link set lo up"]);
  return remove;
}

export interface HostSettings {
  /** Name of the interface on the lan. */
  device?: string;
  /** Addresses with prefix length. */
  addresses: readonly string[];
}

/** One network namespace with one interface on the lan. */
export class Host {
  readonly device: string;
  readonly #port: string;

  constructor(
    readonly name: string,
    readonly namespace: string,
    readonly lan: Lan,
    settings: HostSettings,
  ) {
    this.device = settings.device ?? "eth0";
    this.#port = `to-${name}`;
    ipBatch(lan.namespace, [
      `link add ${this.#port} type veth peer name ${this.device} netns ${namespace}`,
      `link set ${this.#port} master ${lan.device} up`,
    ]);
    ipBatch(namespace, [
      `link set ${this.device} up`,
      ...settings.addresses.map((address) => `address add ${address} dev ${this.device}`),
    ]);
  }

  /** Runs ip(8) in the host's namespace and returns what it prints. */
  ip(...args: string[]): string {
    return execFileSync("ip", ["-n", this.namespace, ...args], { encoding: "utf8" });
  }

  /** Hardware address of the interface on the lan. */
  get mac(): string {
    return this.ip("-br", "link", "show", "dev", this.device).split(/\s+/)[2] ?? "";
  }

  /** Pulls the cable: the host's interface loses its carrier. */
  unplug(): void {
    ipBatch(this.lan.namespace, [`link set ${this.#port} down`]);
  }

  /** Plugs it in again. */
  plug(): void {
    ipBatch(this.lan.namespace, [`link set ${this.#port} up`]);
  }

  /** Cuts the host off while its carrier stays: a partition. */
  isolate(): void {
    ipBatch(this.lan.namespace, [`link set ${this.#port} nomaster`]);
  }

  /** Ends the partition. */
  rejoin(): void {
    ipBatch(this.lan.namespace, [`link set ${this.#port} master ${this.lan.device}`]);
  }
}

/** The bridge between the hosts. */
export class Lan {
  readonly device = "lan";
  readonly namespace: string;
  readonly #label: string;
  readonly #remove: (() => void)[] = [];

  constructor(label: string) {
    this.#label = label;
    this.namespace = namespaceName(label, "lan");
    this.#remove.push(makeNamespace(this.namespace));
    ipBatch(this.namespace, [
      `link add ${this.device} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
      `link set ${this.device} up`,
    ]);
  }

  addHost(name: string, settings: HostSettings): Host {
    const namespace = namespaceName(this.#label, name);
    this.#remove.push(makeNamespace(namespace));
    return new Host(name, namespace, this, settings);
  }

  /** Removes all hosts, with what runs on them, and the bridge. */
  close(): void {
    for (const remove of this.#remove.splice(0).reverse()) remove();
  }
}
