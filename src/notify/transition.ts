/**
 * What is told to the outside, in upstream's words: the same for scripts, FIFOs and mails. Pure.
 */
import type { NotifyScripts, ScriptSetting } from "../config/model.js";

export type NotifyState = "MASTER" | "BACKUP" | "FAULT" | "STOP" | "DELETED";

/** A transition to tell about. */
export interface Transition {
  type: "INSTANCE" | "GROUP";
  name: string;
  state: NotifyState;
  /** Effective priority; always 0 for a group. */
  priority: number;
  /** A reload removed the instance; the state is DELETED, or FAULT for those who did not ask for that word. */
  removed?: boolean;
}

/** The last word about an object: nothing later makes it stale. */
export function isFinal({ state, removed }: Transition): boolean {
  return removed === true || state === "STOP";
}

/** One queue of scripts and one history of mails per instance or group. */
export function keyOf({ type, name }: Pick<Transition, "type" | "name">): string {
  return `${type} ${name}`;
}

/**
 * The commands of a transition, in order: the script of the state, then `notify` with TYPE NAME STATE PRIORITY. A
 * removal that is told as FAULT does not run the script of FAULT (seen with upstream 2.2.7).
 */
export function commandsFor(scripts: NotifyScripts, transition: Transition): ScriptSetting[] {
  const byState: Record<NotifyState, ScriptSetting | undefined> = {
    MASTER: scripts.master,
    BACKUP: scripts.backup,
    FAULT: scripts.fault,
    STOP: scripts.stop,
    DELETED: scripts.deleted,
  };
  const commands: ScriptSetting[] = [];
  const specific = transition.removed === true ? scripts.deleted : byState[transition.state];
  if (specific !== undefined) commands.push(specific);
  if (scripts.any !== undefined) {
    const words = [transition.type, transition.name, transition.state, String(transition.priority)];
    commands.push({ ...scripts.any, args: [...scripts.any.args, ...words] });
  }
  return commands;
}
