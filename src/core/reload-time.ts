/** When reload_time_file asks for a reload. Pure: the clock is an argument, the time zone that of the process. */

/** A moment, in milliseconds since 1970; `daily` when no date was given. */
export interface DueTime {
  atMillis: number;
  daily: boolean;
}

const LINE = /^(?:(\d\d|\d{4})-(\d\d)-(\d\d) )?(\d\d):(\d\d):(\d\d)(Z?)$/;
const CENTURY = 2000;

/** Undefined when the calendar has no such moment, like the 31st of June or an hour that the clock leaves out. */
function moment(words: readonly number[], utc: boolean): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = words;
  const at = utc
    ? new Date(Date.UTC(year, month - 1, day, hour, minute, second))
    : new Date(year, month - 1, day, hour, minute, second);
  const back = utc
    ? [at.getUTCMonth() + 1, at.getUTCDate(), at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()]
    : [at.getMonth() + 1, at.getDate(), at.getHours(), at.getMinutes(), at.getSeconds()];
  return back.join() === [month, day, hour, minute, second].join() ? at.getTime() : undefined;
}

/**
 * Understands `HH:MM:SS`, `YY-MM-DD HH:MM:SS` and `YYYY-MM-DD HH:MM:SS`, with a Z for UTC.
 * @returns why there is no such moment, in words, when there is none
 */
export function dueTime(line: string, nowMillis: number): DueTime | string {
  const found = LINE.exec(line);
  if (found === null) return "is no time";
  const [, year, month, day, hour, minute, second, zone] = found;
  const utc = zone === "Z";
  const clock = [hour, minute, second].map(Number);
  if (year !== undefined) {
    const full = year.length === 2 ? CENTURY + Number(year) : Number(year);
    const atMillis = moment([full, Number(month), Number(day), ...clock], utc);
    if (atMillis === undefined) return "is no time";
    return atMillis > nowMillis ? { atMillis, daily: false } : "is past";
  }
  const now = new Date(nowMillis);
  for (let later = 0; later < 3; later++) {
    const date = utc
      ? [now.getUTCFullYear(), now.getUTCMonth() + 1, now.getUTCDate()]
      : [now.getFullYear(), now.getMonth() + 1, now.getDate()];
    const atMillis = moment([...date, ...clock], utc);
    if (atMillis !== undefined && atMillis > nowMillis) return { atMillis, daily: true };
    if (utc) now.setUTCDate(now.getUTCDate() + 1);
    else now.setDate(now.getDate() + 1);
  }
  return "is no time";
}
