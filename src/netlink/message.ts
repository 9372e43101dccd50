/** One received rtnetlink message of any kind, typed. Pure. */
import { type AddressMessage, decodeAddress } from "./address.js";
import { align4, decodeHeader, type Header } from "./attributes.js";
import {
  NLMSG_DONE,
  NLMSG_ERROR,
  RTM_DELADDR,
  RTM_DELLINK,
  RTM_DELROUTE,
  RTM_DELRULE,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTM_NEWROUTE,
  RTM_NEWRULE,
} from "./constants.js";
import { decodeOutcome, type Outcome } from "./control.js";
import type { Decoded } from "./decoded.js";
import { decodeLink, type LinkMessage } from "./link.js";
import { decodeRoute, type RouteMessage } from "./route.js";
import { decodeRule, type RuleMessage } from "./rule.js";

export type Message = { header: Header } & (
  | { kind: "link"; removed: boolean; link: LinkMessage }
  | { kind: "address"; removed: boolean; address: AddressMessage }
  | { kind: "route"; removed: boolean; route: RouteMessage }
  | { kind: "rule"; removed: boolean; rule: RuleMessage }
  /** The answer to a request (NLMSG_ERROR), errno 0 when it was done. */
  | { kind: "answer"; outcome: Outcome }
  /** The end of a dump (NLMSG_DONE). */
  | { kind: "done"; outcome: Outcome }
  /** Something that nobody here asked for. */
  | { kind: "other" }
);

/** Decodes the message whose header stands at `offset`; the next one starts at `nextMessage`. */
export function decodeMessage(bytes: Uint8Array, offset: number, end: number): Decoded<Message> {
  const decoded = decodeHeader(bytes, offset, end);
  if (!decoded.ok) return decoded;
  const header = decoded.value;
  switch (header.type) {
    case RTM_NEWLINK:
    case RTM_DELLINK: {
      const link = decodeLink(bytes, offset, header);
      return link.ok
        ? good({ header, kind: "link", removed: header.type === RTM_DELLINK, link: link.value })
        : link;
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
    case RTM_NEWRULE:
    case RTM_DELRULE: {
      const rule = decodeRule(bytes, offset, header);
      if (!rule.ok) return rule;
      return good({ header, kind: "rule", removed: header.type === RTM_DELRULE, rule: rule.value });
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

function good(value: Message): Decoded<Message> {
  return { ok: true, value };
}

/** Offset of the message after the one at `offset`; `end` or beyond when there is none. */
export function nextMessage(bytes: Uint8Array, offset: number, end: number): number {
  const header = decodeHeader(bytes, offset, end);
  return header.ok ? offset + align4(header.value.length) : end;
}
