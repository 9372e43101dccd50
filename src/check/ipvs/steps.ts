/**
 * From a service as it is wanted and as it is in the kernel to the requests between, in the order that leaves the fewest
 * gaps: what is added comes before what is edited, and that before what is removed. An entry that stays is edited, never
 * removed and added, so that its connections live on. Pure.
 */
import type { KernelRequest } from "../../net/netlink-channel.js";
import {
  encodeDeleteDestination,
  encodeNewDestination,
  encodeSetDestination,
  type DestinationMessage,
} from "../../netlink/ipvs-destination.js";
import {
  encodeDeleteService,
  encodeFlush,
  encodeNewService,
  encodeSetService,
  type ServiceMessage,
} from "../../netlink/ipvs-service.js";
import type { DestinationEntry, ServiceEntry } from "./entries.js";
import { nameOfDestination, nameOfService, sameDestination, sameService } from "./kernel-form.js";

export interface ServiceStep {
  verb: "newService" | "setService";
  service: ServiceEntry;
  wish: ServiceMessage;
}

export interface DestinationStep {
  verb: "newDestination" | "setDestination" | "deleteDestination";
  service: ServiceEntry;
  destination: DestinationEntry;
  /** For a removal: what is there. */
  wish: DestinationMessage;
}

export type Step = ServiceStep | DestinationStep | { verb: "deleteService"; service: ServiceEntry };

/** Every step that the service needs now; none of what is held. */
export function stepsOf(service: ServiceEntry): Step[] {
  if (service.held) return [];
  const { wish, present } = service;
  if (wish === undefined)
    return present === undefined || service.leftover ? [] : [{ verb: "deleteService", service }];
  const steps: Step[] = [];
  if (present === undefined) steps.push({ verb: "newService", service, wish });
  else if (!sameService(wish, present)) steps.push({ verb: "setService", service, wish });
  const edits: Step[] = [];
  const removals: Step[] = [];
  for (const destination of service.destinations.values()) {
    if (destination.held) continue;
    const wanted = destination.wish?.message;
    const there = destination.present;
    if (wanted !== undefined && there === undefined)
      steps.push({ verb: "newDestination", service, destination, wish: wanted });
    else if (wanted !== undefined && there !== undefined && !sameDestination(wanted, there))
      edits.push({ verb: "setDestination", service, destination, wish: wanted });
    else if (wanted === undefined && there !== undefined && !destination.leftover)
      removals.push({ verb: "deleteDestination", service, destination, wish: there });
  }
  return [...steps, ...edits, ...removals];
}

/** Whether a step puts something into the kernel that was not there. */
export function isAddition({ verb }: Step): boolean {
  return verb === "newService" || verb === "newDestination";
}

/** The step as a request; `family` is the number of IPVS in generic netlink. */
export function requestOf(step: Step, family: number): KernelRequest {
  const { service } = step;
  const { identity, key } = service;
  switch (step.verb) {
    case "newService":
      return about("IPVS_CMD_NEW_SERVICE", nameOfService(key), encodeNewService(family, step.wish));
    case "setService":
      return about("IPVS_CMD_SET_SERVICE", nameOfService(key), encodeSetService(family, step.wish));
    case "deleteService":
      return about("IPVS_CMD_DEL_SERVICE", nameOfService(key), encodeDeleteService(family, identity));
    case "newDestination":
      return about("IPVS_CMD_NEW_DEST", nameOf(step), encodeNewDestination(family, identity, step.wish));
    case "setDestination":
      return about("IPVS_CMD_SET_DEST", nameOf(step), encodeSetDestination(family, identity, step.wish));
    case "deleteDestination":
      return about("IPVS_CMD_DEL_DEST", nameOf(step), encodeDeleteDestination(family, identity, step.wish));
  }
}

export function flushRequest(family: number): KernelRequest {
  return about("IPVS_CMD_FLUSH", "all services", encodeFlush(family));
}

function nameOf({ service, destination }: DestinationStep): string {
  return nameOfDestination(destination.address, destination.port, service.key);
}

function about(call: string, subject: string, message: Uint8Array): KernelRequest {
  return { message, call, subject };
}
