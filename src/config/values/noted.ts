/** Values made of other values: accepted with a remark, cut to a limit, turned into something else. */
import { quoted } from "../diagnostic.js";
import { Adjusted, Complaint, type Value } from "../schema.js";
import { decodeBytes } from "../text.js";

/** Accepted, with a remark that does not count. */
export function noted<V>(inner: Value<V>, applies: (value: V) => boolean, remark: string): Value<V> {
  return {
    ...inner,
    read: (text) => {
      const value = inner.read(text);
      if (value instanceof Complaint || value instanceof Adjusted || !applies(value)) return value;
      return new Adjusted(value, remark, "warning", "logged");
    },
  };
}

/** A plain address: what follows it from the first `-` or `/` on is ignored (config-language reference, 5.4). */
export function addressAlone<V>(inner: Value<V>): Value<V> {
  return {
    ...inner,
    read: (text) => {
      const end = text.search(/[-/]/);
      if (end < 0) return inner.read(text);
      const value = inner.read(text.slice(0, end));
      if (value instanceof Complaint || value instanceof Adjusted) return value;
      const remark = `is one address: ${quoted(text.slice(end))} is ignored`;
      return new Adjusted(value, remark, "warning", "logged");
    },
  };
}

/** Another value than the one that is read. */
export function mapped<V, W>(inner: Value<V>, turn: (value: V) => W, write: (value: W) => string): Value<W> {
  return {
    syntax: inner.syntax,
    read: (text) => {
      const value = inner.read(text);
      if (value instanceof Complaint) return value;
      if (!(value instanceof Adjusted)) return turn(value);
      return new Adjusted(turn(value.value), value.message, value.severity, value.kind);
    },
    write,
  };
}

/** Whole numbers; beyond the limits the limit is used, and that is reported. */
export function clamped(min: number, max: number): Value<number> {
  return {
    syntax: `<${min}-${max}>`,
    read: (text) => {
      if (!/^\s*[+-]?\d{1,20}$/.test(text))
        return new Complaint(`must be a whole number from ${min} to ${max}`, "invalidNumber");
      const value = Number(text);
      const used = Math.min(max, Math.max(min, value));
      return used === value ? value : new Adjusted(used, `must be from ${min} to ${max}; ${used} is used`);
    },
  };
}

/** A name of which more bytes than fit are cut off, and that is reported. */
export function cutTo(longest: number, syntax: string): Value<string> {
  return {
    syntax,
    read: (word) => {
      if (word.length <= longest) return decodeBytes(word);
      const used = decodeBytes(word.slice(0, longest));
      return new Adjusted(used, `must be at most ${longest} characters; '${used}' is used`);
    },
  };
}
