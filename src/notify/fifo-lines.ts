/**
 * The lines of the notify FIFOs, as upstream writes them. Names stand in double quotes, nothing in them is escaped.
 *
 *     INSTANCE "<name>" MASTER|BACKUP|FAULT|STOP|DELETED <priority>
 *     GROUP "<name>" MASTER|BACKUP|FAULT|STOP 0
 *     INSTANCE "<name>" MASTER_RX_LOWER_PRI|MASTER_PRIORITY|BACKUP_PRIORITY <priority>
 *     VS <vs> UP|DOWN
 *     RS <rs> <vs> UP|DOWN
 *
 * Pure.
 */
import type { Transition } from "./transition.js";

/** A MASTER heard an advert of lower priority, or the effective priority changed. */
export type PriorityEvent = "MASTER_RX_LOWER_PRI" | "MASTER_PRIORITY" | "BACKUP_PRIORITY";

export function transitionLine({ type, name, state, priority }: Transition): string {
  return `${type} "${name}" ${state} ${priority}\n`;
}

export function priorityLine(name: string, event: PriorityEvent, priority: number): string {
  return `INSTANCE "${name}" ${event} ${priority}\n`;
}

/** @param service as upstream names a virtual server, for instance "[192.0.2.1]:tcp:80" */
export function serviceLine(service: string, up: boolean): string {
  return `VS ${service} ${up ? "UP" : "DOWN"}\n`;
}

export function serverLine(server: string, service: string, up: boolean): string {
  return `RS ${server} ${service} ${up ? "UP" : "DOWN"}\n`;
}
