/** Milliseconds with up to three decimals, as microseconds (config-language reference, 5.2). */
import { Adjusted, Complaint, type Value } from "../schema.js";
import { decimal } from "./number.js";

/** Limits in whole milliseconds. More decimals are rounded half up and reported. */
export function milliseconds(min: number, max: number): Value<number> {
  const complaint = new Complaint(`must be a number of milliseconds from ${min} to ${max}`, "invalidNumber");
  return {
    syntax: `<${min}-${max}>`,
    read: (text) => {
      const parts = /^(\d*)\.?(\d*)$/.exec(text);
      const [, whole = "", fraction = ""] = parts ?? [];
      if (parts === null || whole + fraction === "") return complaint;
      const kept = Number(whole) * 1000 + Number(fraction.slice(0, 3).padEnd(3, "0"));
      const micros = (fraction[3] ?? "0") >= "5" ? kept + 1 : kept;
      if (!(micros >= min * 1000 && micros <= max * 1000)) return complaint;
      if (fraction.length <= 3) return micros;
      const message = `has more than three decimals; ${decimal(micros, 3)} is used`;
      return new Adjusted(micros, message, "warning", "invalidNumber");
    },
    write: (micros) => decimal(micros, 3),
  };
}
