import { decodeAddress } from "./address.js";
import { align4, decodeHeader } from "./attributes.js";
import {
  NLMSG_DONE,
  NLMSG_ERROR,
  RTM_DELADDR,
  RTM_DELLINK,
  RTM_DELROUTE,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTM_NEWROUTE
} from "./constants.js";
import { decodeOutcome } from "./control.js";
import { decodeLink } from "./link.js";
import { decodeRoute } from "./route.js";
function decodeMessage(bytes, offset, end) {
  const decoded = decodeHeader(bytes, offset, end);
  if (!decoded.ok) return decoded;
  const header = decoded.value;
  switch (header.type) {
    case RTM_NEWLINK:
    case RTM_DELLINK: {
      const link = decodeLink(bytes, offset, header);
      return link.ok ? good({ header, kind: "link", removed: header.type === RTM_DELLINK, link: link.value }) : link;
    }
    case RTM_NEWADDR:
    case RTM_DELADDR: {
      const address = decodeAddress(bytes, offset, header);
      if (!address.ok) return address;
      return good({ header, kind: "address", removed: header.type === RTM_DELADDR, address: address.value });
    }
    case RTM_NEWROUTE:
    case RTM_DELROUTE: {
      const route = decodeRoute(bytes, offset, header);
      if (!route.ok) return route;
      return good({ header, kind: "route", removed: header.type === RTM_DELROUTE, route: route.value });
    }
    case NLMSG_ERROR:
    case NLMSG_DONE: {
      const outcome = decodeOutcome(bytes, offset, header);
      if (!outcome.ok) return outcome;
      return good({ header, kind: header.type === NLMSG_ERROR ? "answer" : "done", outcome: outcome.value });
    }
    default:
      return good({ header, kind: "other" });
  }
}
function good(value) {
  return { ok: true, value };
}
function nextMessage(bytes, offset, end) {
  const header = decodeHeader(bytes, offset, end);
  return header.ok ? offset + align4(header.value.length) : end;
}
export {
  decodeMessage,
  nextMessage
};
//# sourceMappingURL=message.js.map
