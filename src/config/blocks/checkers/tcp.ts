/** `TCP_CHECK` and `PING_CHECK`: a connection, an echo; no keywords of their own. */
import { table } from "../../schema.js";
import { connectionRows, scheduleRows } from "./timing.js";

export const tcpCheck = table("TCP_CHECK", { ...connectionRows, ...scheduleRows });
export const pingCheck = table("PING_CHECK", { ...connectionRows, ...scheduleRows });
