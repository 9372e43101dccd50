/** Settings for tests: only what matters is said. */
import { parseAddress } from "../../../src/net/ip-address.js";
import type { AddressSetting, RouteSetting, RuleSetting } from "../../../src/net/settings.js";

const position = { file: "test.conf", line: 1, column: 1 };

export function address(text: string, over: Partial<AddressSetting> = {}): AddressSetting {
  const [host = "", length = host.includes(":") ? "128" : "32"] = text.split("/");
  return {
    family: parseAddress(host)?.length === 16 ? 6 : 4,
    address: host,
    prefixLength: Number(length),
    device: "eth0",
    scope: 0,
    flags: 0,
    preferredSeconds: 0xffffffff,
    noTrack: false,
    position,
    ...over,
  };
}

export function route(text: string, over: Partial<RouteSetting> = {}): RouteSetting {
  const [host = "", length = "32"] = text.split("/");
  return {
    family: parseAddress(host)?.length === 16 ? 6 : 4,
    type: 1,
    destination: host,
    prefixLength: Number(length),
    device: "eth0",
    table: 254,
    protocol: 18,
    onlink: false,
    noTrack: false,
    position,
    ...over,
  };
}

export function rule(over: Partial<RuleSetting> = {}): RuleSetting {
  return {
    family: 4,
    preference: 100,
    action: { kind: "table", table: 100 },
    invert: false,
    protocol: 18,
    noTrack: false,
    position,
    ...over,
  };
}

/** 192.0.2.x and on, one after the other. */
export function manyAddresses(count: number): AddressSetting[] {
  return Array.from({ length: count }, (_, i) => address(`10.1.${i >> 8}.${i & 255}/32`));
}
