/**
 * What is said of real servers and virtual servers in mails and in the log, in upstream's words (notify-track reference,
 * 5.2). Pure.
 */

/** A mail, before the router id and the limits of its parts. */
export interface AlertAbout {
  subject: string;
  body: string;
}

/** @param body why, for instance "TCP CHECK failed on service" */
export function serverAlert(server: string, service: string, up: boolean, body: string): AlertAbout {
  return { subject: `Realserver ${server} of virtual server ${service} - ${up ? "UP" : "DOWN"}`, body };
}

export function quorumAlert(service: string, up: boolean, body: string): AlertAbout {
  return { subject: `Virtualserver ${service} - ${up ? "UP" : "DOWN"}`, body };
}

/** Of a stop, and of a reload without the server. */
export const SHUTTING_DOWN = "Shutting down";
export const REMOVING = "Removing";

/** Body of the mail that a checker causes. */
export function checkerBody(mailTitle: string, up: boolean, detail: string): string {
  const outcome = `${mailTitle} ${up ? "succeed" : "failed"} on service`;
  return up || detail === "" ? outcome : `${outcome} : ${detail}`;
}

/** The line about a report of a checker. */
export function checkerLine(
  keyword: string,
  service: string,
  up: boolean,
  retries: number,
  detail: string,
): string {
  if (up) return `${keyword} on service ${service} succeeded`;
  const after = retries === 0 ? "" : ` after ${retries} ${retries === 1 ? "retry" : "retries"}`;
  return `${keyword} on service ${service} failed${after}: ${detail}`;
}
