import { NLM_F_MULTI, RTM_DELROUTE, RTM_NEWROUTE } from "../netlink/constants.js";
import { LITTLE_ENDIAN } from "../netlink/host-order.js";
import { assemble, DROP, KEEP } from "./bpf.js";
const TYPE_AT = 4;
const FLAGS_AT = 6;
const PROTOCOL_AT = 16 + 5;
function monitorFilter(routeProtocols) {
  return assemble([
    { op: "load", size: 2, at: TYPE_AT },
    { op: "ifEqual", value: swap(RTM_NEWROUTE), then: "route" },
    { op: "ifEqual", value: swap(RTM_DELROUTE), then: "route", else: "keep" },
    { op: "label", name: "route" },
    { op: "load", size: 2, at: FLAGS_AT },
    { op: "ifAnyBit", value: swap(NLM_F_MULTI), then: "keep" },
    { op: "load", size: 1, at: PROTOCOL_AT },
    ...[...routeProtocols].map((value) => ({ op: "ifEqual", value, then: "keep" })),
    DROP,
    { op: "label", name: "keep" },
    KEEP
  ]);
}
function swap(value) {
  return LITTLE_ENDIAN ? (value & 255) << 8 | value >> 8 : value;
}
export {
  monitorFilter
};
//# sourceMappingURL=monitor-filter.js.map
