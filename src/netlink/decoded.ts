/** What a decoder of this room returns. Nothing that arrives can make a decoder throw. Pure. */

/** Why bytes are no message: a closed list. */
export type Malformed =
  /** Fewer bytes than the fixed part needs. */
  | "tooShort"
  /** A length field points outside of what was received, or is smaller than its own header. */
  | "badLength"
  /** An attribute that this kind of message must have is missing or has an impossible size. */
  | "badAttribute";

export type Decoded<T> = { ok: true; value: T } | { ok: false; drop: Malformed; detail: string };

export function malformed(drop: Malformed, detail: string): { ok: false; drop: Malformed; detail: string } {
  return { ok: false, drop, detail };
}
