/**
 * How a log line looks on the console: `Wed Nov 25 17:39:00 2026: text`, the date as %c of the C locale, local time.
 * Pure but for the time zone.
 */

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const two = (number: number): string => String(number).padStart(2, "0");

/** "Wed Nov 25 17:39:00 2026", the day of the month padded with a blank. */
export function formatDate(millis: number): string {
  const date = new Date(millis);
  const day = String(date.getDate()).padStart(2, " ");
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${DAYS[date.getDay()]} ${MONTHS[date.getMonth()]} ${day} ${time} ${date.getFullYear()}`;
}

/** One console line, with its end. Control characters of a foreign text are made visible. */
export function formatConsoleLine(millis: number, text: string): string {
  return `${formatDate(millis)}: ${text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, visible)}\n`;
}

function visible(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
