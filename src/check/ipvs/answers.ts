/** What the kernel's answer to a step says about the entry, and what its owners have to know (check reference, 6.6). Pure. */
import type { Result } from "../../net/netlink-channel.js";
import type { SystemError } from "../../net/system-error.js";
import { type DestinationEntry, forgetPresent, type ServiceEntry } from "./entries.js";
import { nameOfDestination, nameOfService } from "./kernel-form.js";
import type { DestinationStep, ServiceStep, Step } from "./steps.js";

export type Told = { kind: "refused"; error: SystemError } | { kind: "lost"; subject: string };

const NOTHING: readonly Told[] = [];
const NO_SUCH_SERVICE = "ESRCH";
const NO_SUCH_DESTINATION = "ENOENT";
const EXISTS = "EEXIST";

export function onAnswer(step: Step, result: Result): readonly Told[] {
  switch (step.verb) {
    case "newService":
    case "setService":
      return onServiceAnswer(step, result);
    case "deleteService":
      return onServiceDeleted(step.service, result);
    case "newDestination":
    case "setDestination":
      return onDestinationAnswer(step, result);
    case "deleteDestination":
      return onDestinationDeleted(step, result);
  }
}

function onServiceAnswer({ verb, service, wish }: ServiceStep, result: Result): readonly Told[] {
  if (result.ok || (verb === "newService" && result.error.code === EXISTS)) {
    service.present = wish;
    return onThere(service, result.ok, () => nameOfService(service.key));
  }
  if (verb === "setService" && result.error.code === NO_SUCH_SERVICE) return onVanished(service);
  return refuse(service, result.error);
}

function onServiceDeleted(service: ServiceEntry, result: Result): readonly Told[] {
  if (!result.ok && result.error.code !== NO_SUCH_SERVICE) return refuse(service, result.error);
  forgetPresent(service, false);
  return NOTHING;
}

function onDestinationAnswer(
  { verb, service, destination, wish }: DestinationStep,
  result: Result,
): readonly Told[] {
  const isNew = verb === "newDestination";
  if (result.ok || (isNew && result.error.code === EXISTS)) {
    destination.present = wish;
    return onThere(destination, result.ok, () =>
      nameOfDestination(destination.address, destination.port, service.key),
    );
  }
  const { code } = result.error;
  if (code === NO_SUCH_SERVICE) return onVanished(service);
  if (!isNew && code === NO_SUCH_DESTINATION) {
    destination.present = undefined;
    destination.missing = true;
    return NOTHING;
  }
  return refuse(destination, result.error);
}

function onDestinationDeleted({ service, destination }: DestinationStep, result: Result): readonly Told[] {
  if (!result.ok && result.error.code === NO_SUCH_SERVICE) return onVanished(service);
  if (!result.ok && result.error.code !== NO_SUCH_DESTINATION) return refuse(destination, result.error);
  destination.present = undefined;
  return NOTHING;
}

/** It is in the kernel now; `added`: just by us. One that was missing had been removed by somebody. */
function onThere(
  entry: ServiceEntry | DestinationEntry,
  added: boolean,
  subject: () => string,
): readonly Told[] {
  const lost = entry.missing && added;
  entry.missing = false;
  entry.told = undefined;
  return lost ? [{ kind: "lost", subject: subject() }] : NOTHING;
}

/** Somebody removed the service, or it was refused before: then that is what there is to say. */
function onVanished(service: ServiceEntry): readonly Told[] {
  if (!service.held) forgetPresent(service, true);
  return NOTHING;
}

/** The same refusal is told once. */
function refuse(entry: ServiceEntry | DestinationEntry, error: SystemError): readonly Told[] {
  entry.held = true;
  if (entry.told === error.code) return NOTHING;
  entry.told = error.code;
  return [{ kind: "refused", error }];
}
