/**
 * `regex` of HTTP checks as one of JavaScript's regular expressions (check-ipvs reference, 4.4). Without `utf` a character is a
 * byte. Pure.
 */
import { liftBytes, translatePattern } from "./pcre-translation.js";

interface BodyExpression {
  ok: true;
  /** With the flag `g`: it searches from its `lastIndex`. */
  expression: RegExp;
  /** latin1: a byte is a character. */
  encoding: "utf8" | "latin1";
  /** Makes of a body what the expression is for. */
  textOf: (body: Buffer) => string;
}

/** Options that change what a pattern means, in ways that JavaScript does not know. */
const UNKNOWN_OPTIONS = [
  "allow_empty_class",
  "alt_circumflex",
  "no_auto_capture",
  "ucp",
  "extended",
  "ungreedy",
  "alt_bsux",
  "match_unset_backref",
  "dupnames",
  "alt_verbnames",
];

function flagsOf(options: readonly string[]): string {
  const known = { caseless: "i", utf: "u" };
  return `g${Object.entries(known)
    .filter(([option]) => options.includes(option))
    .map(([, flag]) => flag)
    .join("")}`;
}

/** Reads it, or says what JavaScript's expressions cannot do. */
export function readBodyExpression(setting: {
  pattern: string;
  options: readonly string[];
}): BodyExpression | { ok: false; problem: string } {
  const { pattern, options } = setting;
  const option = UNKNOWN_OPTIONS.find((name) => options.includes(name));
  if (option !== undefined) return { ok: false, problem: `regex_options ${option} is not known here` };
  const utf = options.includes("utf");
  const lifted = !utf && options.includes("caseless");
  const encoding = utf ? "utf8" : "latin1";
  const textOf = (body: Buffer): string => {
    const text = body.toString(encoding);
    return lifted ? liftBytes(text) : text;
  };
  // Without utf a character of the configuration is as many as it has bytes.
  const translation = translatePattern(textOf(Buffer.from(pattern)), {
    utf,
    lifted,
    dotAll: options.includes("dotall"),
    multiline: options.includes("multiline"),
    dollarEndOnly: options.includes("dollar_endonly"),
  });
  if (!translation.ok) return translation;
  try {
    return { ok: true, expression: new RegExp(translation.source, flagsOf(options)), encoding, textOf };
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) };
  }
}
