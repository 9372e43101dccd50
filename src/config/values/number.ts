/** Whole numbers, decimals and booleans (config-language reference, 5.1 to 5.3). */
import { Adjusted, Complaint, type Value } from "../schema.js";

/** Decimal only; leading blanks and a plus sign are accepted. */
export function integer(min: number, max: number): Value<number> {
  const complaint = new Complaint(`must be a whole number from ${min} to ${max}`, "invalidNumber");
  return {
    syntax: `<${min}-${max}>`,
    read: (text) => {
      if (!/^\s*[+-]?\d+$/.test(text)) return complaint;
      const n = Number(text);
      return n >= min && n <= max ? n + 0 : complaint;
    },
  };
}

/**
 * Seconds with up to six decimals, as microseconds. More decimals are rounded half up and reported.
 * Limits are given in seconds, as text, for the messages.
 */
export function seconds(min: string, max: string): Value<number> {
  const low = toMicros(min);
  const high = toMicros(max);
  const complaint = new Complaint(`must be a number of seconds from ${min} to ${max}`, "invalidNumber");
  return {
    syntax: `<${min}-${max}>`,
    read: (text) => {
      if (!/^(\d+\.?\d*|\.\d+)$/.test(text)) return complaint;
      const micros = toMicros(text);
      if (!(micros >= low && micros <= high)) return complaint;
      if (!/\.\d{7}/.test(text)) return micros;
      return new Adjusted(
        micros,
        `has more than six decimals; ${micros / 1e6} is used`,
        "warning",
        "invalidNumber",
      );
    },
    write: (micros) => decimal(micros, 6),
  };
}

/** A whole number of small units as people write it: the last `decimals` digits are the fraction. */
export function decimal(value: number, decimals: number): string {
  const scale = 10 ** decimals;
  const whole = Math.floor(value / scale);
  const fraction = String(value - whole * scale)
    .padStart(decimals, "0")
    .replace(/0+$/, "");
  return fraction === "" ? String(whole) : `${whole}.${fraction}`;
}

/** Exact for six decimals, half up beyond. */
function toMicros(text: string): number {
  const [whole = "", fraction = ""] = text.split(".");
  const micros = Number(whole || "0") * 1_000_000 + Number(fraction.slice(0, 6).padEnd(6, "0"));
  return (fraction[6] ?? "0") >= "5" ? micros + 1 : micros;
}

/** `on`, `true`, `yes`, `off`, `false`, `no`: lower case only. */
export const boolean: Value<boolean> = {
  syntax: "on|off|true|false|yes|no",
  read: (text) => {
    if (text === "on" || text === "true" || text === "yes") return true;
    if (text === "off" || text === "false" || text === "no") return false;
    return new Complaint("must be on, off, true, false, yes or no");
  },
};

/** Whole seconds, as microseconds. */
export function wholeSeconds(min: number, max: number): Value<number> {
  const inner = integer(min, max);
  return {
    syntax: inner.syntax,
    read: (text) => {
      const n = inner.read(text);
      return typeof n === "number" ? n * 1_000_000 : n;
    },
    write: (micros) => decimal(micros, 6),
  };
}

/** A value for which one number stands for another. */
export function replaced(inner: Value<number>, from: number, by: number): Value<number> {
  return {
    syntax: inner.syntax,
    read: (text) => {
      const n = inner.read(text);
      return n === from ? new Adjusted(by, `must not be ${from}; ${by} is used`) : n;
    },
  };
}
