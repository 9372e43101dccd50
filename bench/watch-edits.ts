/**
 * Every edit of the kernel's table of virtual servers that is asked for in a namespace, by whomever: read from a netlink
 * monitor (nlmon), which shows all netlink messages there.
 */
import { execFileSync } from "node:child_process";
import { Feed } from "./feed.js";
import { watchMonitor, type Watch } from "./watch.js";

const MONITOR = "nlmon0";
const HEADER = 16;
const NLM_F_REQUEST = 1;
/** Below are the messages of netlink itself and of generic netlink's own control. */
const FIRST_FAMILY = 0x11;
/** IPVS_CMD_NEW_SERVICE, SET_SERVICE, DEL_SERVICE, NEW_DEST, SET_DEST, DEL_DEST, and FLUSH. */
const EDITS: ReadonlySet<number> = new Set([1, 2, 3, 5, 6, 7, 17]);

/** One edit: its number among the commands of IPVS. */
export interface Edit {
  command: number;
  atMicros: number;
}

export const NEW_DESTINATION = 5;

/** @returns the edits in one datagram of generic netlink. IPVS is the only family that the daemons use. Pure. */
function readEdits(view: DataView, atMicros: number): Edit[] {
  const edits: Edit[] = [];
  for (let at = 0; at + HEADER + 4 <= view.byteLength; ) {
    const length = view.getUint32(at, true);
    if (length < HEADER) break;
    const command = view.getUint8(at + HEADER);
    const isRequest = (view.getUint16(at + 6, true) & NLM_F_REQUEST) !== 0;
    if (isRequest && view.getUint16(at + 4, true) >= FIRST_FAMILY && EDITS.has(command))
      edits.push({ command, atMicros });
    at += (length + 3) & ~3;
  }
  return edits;
}

/** Watches from now on; the namespace gets a monitor. */
export function watchEdits(namespace: string): Watch<Edit> {
  const ip = (...words: string[]): void => {
    execFileSync("ip", ["-n", namespace, ...words], { stdio: ["ignore", "ignore", "pipe"] });
  };
  ip("link", "add", MONITOR, "type", "nlmon");
  ip("link", "set", MONITOR, "up");
  const feed = new Feed<Edit>();
  const close = watchMonitor(namespace, MONITOR, (view, at) => {
    for (const edit of readEdits(view, at)) feed.push(edit);
  });
  return { feed, close };
}
