/**
 * Subjects and bodies of alert mails, in upstream's words, with upstream's limits. Pure.
 */
import type { Transition } from "./transition.js";

/** One mail, before it has a sender and recipients. */
export interface AlertText {
  subject: string;
  body: string;
}

const SUBJECT_BYTES = 255;
const BODY_BYTES = 511;

/** Never cuts a character in two. */
function limited(text: string, bytes: number): string {
  const encoded = Buffer.from(text);
  if (encoded.length <= bytes) return text;
  let end = bytes;
  while (end > 0 && ((encoded[end] ?? 0) & 0xc0) === 0x80) end--;
  return encoded.toString("utf8", 0, end);
}

export function alertText(routerId: string, about: string, body: string): AlertText {
  return {
    subject: limited(`[${routerId}] ${about}`, SUBJECT_BYTES),
    body: limited(`=> ${body} <=`, BODY_BYTES),
  };
}

/** The mail about a transition of an instance or sync group. */
export function transitionAlert(routerId: string, transition: Transition): AlertText {
  const { type, name, state } = transition;
  return type === "GROUP" ? groupAlert(routerId, name, state) : instanceAlert(routerId, name, state);
}

function instanceAlert(routerId: string, name: string, state: Transition["state"]): AlertText {
  const subject = `VRRP Instance ${name}`;
  switch (state) {
    case "MASTER":
      return alertText(
        routerId,
        `${subject} - Entering MASTER state`,
        "VRRP Instance is now owning VRRP VIPs",
      );
    case "BACKUP":
    case "FAULT":
      return alertText(
        routerId,
        `${subject} - Entering ${state} state`,
        "VRRP Instance is no longer owning VRRP VIPs",
      );
    case "STOP":
      return alertText(routerId, `${subject} - Stopping`, "VRRP Instance stopping");
    case "DELETED":
      return alertText(routerId, `${subject} - Deleted`, "VRRP Deleted at reload");
  }
}

function groupAlert(routerId: string, name: string, state: Transition["state"]): AlertText {
  const subject = `VRRP Group ${name}`;
  if (state === "STOP")
    return alertText(routerId, `${subject} - Stopping`, "All VRRP group instances are now stopping");
  return alertText(
    routerId,
    `${subject} - Entering ${state} state`,
    `All VRRP group instances are now in ${state} state`,
  );
}
