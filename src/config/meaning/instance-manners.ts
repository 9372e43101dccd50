/**
 * What instances have in common. Large configurations hold many that say the same but for what no two may share: name,
 * router id and addresses. The rest is worked out for the first of them, and taken over by the others.
 */
import type { Family } from "../model.js";
import type { InstanceBlock, ReadInstance } from "./instance.js";

/** What an instance has for itself, besides its name. */
const OWN: readonly string[] = [
  "virtual_router_id",
  "virtual_ipaddress",
  "virtual_ipaddress_excluded",
  "mcast_dst_ip",
];

export class Manners {
  readonly #known = new Map<string, ReadInstance>();

  /** What decides everything but the instance's own; undefined when that is more than single words. */
  keyOf(block: InstanceBlock, family: Family): string | undefined {
    const said = block.signature(OWN);
    return said === undefined ? undefined : `${family}\n${said}`;
  }

  /** An instance of which nothing was complained about. */
  find(key: string): ReadInstance | undefined {
    return this.#known.get(key);
  }

  keep(key: string, instance: ReadInstance): void {
    const { family, version, strict } = instance.config;
    // Whether IPv6 may stay with version 2 depends on the order of the lines; strict mode looks at the addresses.
    if (strict || (family === 6 && version === 2)) return;
    this.#known.set(key, instance);
  }
}
