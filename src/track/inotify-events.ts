/** Records of inotify(7): struct inotify_event { int wd; uint32_t mask, cookie, len; char name[len]; }, host order. Pure. */
import { LITTLE_ENDIAN } from "../netlink/host-order.js";

export const IN_CLOSE_WRITE = 0x8;
export const IN_MOVED_FROM = 0x40;
export const IN_MOVED_TO = 0x80;
export const IN_CREATE = 0x100;
export const IN_DELETE = 0x200;
export const IN_DELETE_SELF = 0x400;
export const IN_MOVE_SELF = 0x800;
export const IN_UNMOUNT = 0x2000;
/** Events were lost; its watch is -1. */
export const IN_Q_OVERFLOW = 0x4000;
/** The kernel has removed the watch. */
export const IN_IGNORED = 0x8000;
export const IN_ONLYDIR = 0x1000000;

interface InotifyEvent {
  watch: number;
  mask: number;
  /** In the directory; empty when the event is about the directory itself. */
  name: string;
}

const HEADER = 16;

/** Records that are cut off are left out. */
export function decodeInotifyEvents(bytes: Uint8Array): InotifyEvent[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: InotifyEvent[] = [];
  for (let at = 0; at + HEADER <= bytes.length; ) {
    const length = view.getUint32(at + 12, LITTLE_ENDIAN);
    const end = at + HEADER + length;
    if (end > bytes.length) break;
    // The name is padded with NULs.
    const padded = Buffer.from(bytes.buffer, bytes.byteOffset + at + HEADER, length);
    const nul = padded.indexOf(0);
    events.push({
      watch: view.getInt32(at, LITTLE_ENDIAN),
      mask: view.getUint32(at + 4, LITTLE_ENDIAN),
      name: padded.toString("utf8", 0, nul < 0 ? length : nul),
    });
    at = end;
  }
  return events;
}
