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
}

/** One queue of scripts and one history of mails per instance or group. */
export function keyOf({ type, name }: Pick<Transition, "type" | "name">): string {
  return `${type} ${name}`;
}

/** The commands of a transition, in order: the script of the state, then `notify` with TYPE NAME STATE PRIORITY. */
export function commandsFor(scripts: NotifyScripts, transition: Transition): ScriptSetting[] {
  const byState: Record<NotifyState, ScriptSetting | undefined> = {
    MASTER: scripts.master,
    BACKUP: scripts.backup,
    FAULT: scripts.fault,
    STOP: scripts.stop,
    DELETED: scripts.deleted,
  };
  const commands: ScriptSetting[] = [];
  const specific = byState[transition.state];
  if (specific !== undefined) commands.push(specific);
  if (scripts.any !== undefined) {
    const words = [transition.type, transition.name, transition.state, String(transition.priority)];
    commands.push({ ...scripts.any, args: [...scripts.any.args, ...words] });
  }
  return commands;
}
