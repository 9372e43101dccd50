/**
 * `regex` of HTTP checks on JavaScript's regular expressions (check-ipvs reference, 4.4). Without `utf` a character is a
 * byte. Pure.
 */
import { isUtf8 } from "node:buffer";
import { createContext, Script } from "node:vm";
import type { BodyPattern } from "../../config/check-model.js";
import { liftBytes, translatePattern } from "./pcre-translation.js";

export interface BodyMatcher {
  /** @returns why the body does not do; undefined when it does. */
  mismatch(body: Buffer): string | undefined;
}

type CompiledPattern = { ok: true; matcher: BodyMatcher } | { ok: false; problem: string };

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

/** A pattern that tries every way through a hostile page must not hold up all other checks. */
const MATCH_LIMIT_MILLIS = 200;
const SEARCH = new Script("expression.exec(text)");

/** Like `expression.exec(text)`. @returns "tooLong" at the limit */
function searchWithin(expression: RegExp, text: string): RegExpExecArray | null | "tooLong" {
  try {
    return SEARCH.runInContext(createContext({ expression, text }), {
      timeout: MATCH_LIMIT_MILLIS,
    }) as RegExpExecArray | null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return "tooLong";
    throw error;
  }
}

function flagsOf(options: readonly string[]): string {
  const known = { caseless: "i", utf: "u" };
  return `g${Object.entries(known)
    .filter(([option]) => options.includes(option))
    .map(([, flag]) => flag)
    .join("")}`;
}

/** Makes a matcher, or says what JavaScript's expressions cannot do. */
export function compileBodyPattern(setting: BodyPattern): CompiledPattern {
  const { pattern, options, inverted, minOffsetBytes, maxOffsetBytes = Number.POSITIVE_INFINITY } = setting;
  const option = UNKNOWN_OPTIONS.find((name) => options.includes(name));
  if (option !== undefined) return { ok: false, problem: `regex_options ${option} is not known here` };
  const utf = options.includes("utf");
  const lifted = !utf && options.includes("caseless");
  const encoding = utf ? "utf8" : "latin1";
  const textOf = (bytes: Buffer): string => {
    const text = bytes.toString(encoding);
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
  let expression: RegExp;
  try {
    expression = new RegExp(translation.source, flagsOf(options));
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) };
  }
  const inFirstLineOnly = options.includes("firstline");
  const matches = (body: Buffer): boolean | "tooLong" => {
    if (utf && !isUtf8(body)) return false;
    const text = textOf(body);
    const start = body.toString(encoding, 0, minOffsetBytes).length;
    expression.lastIndex = start;
    const found = searchWithin(expression, text);
    if (found === null) return false;
    if (found === "tooLong") return found;
    if (inFirstLineOnly && text.slice(start, found.index).includes("\n")) return false;
    return Buffer.byteLength(text.slice(0, found.index), encoding) <= maxOffsetBytes;
  };
  return {
    ok: true,
    matcher: {
      mismatch(body) {
        const found = matches(body);
        if (found === "tooLong") return `regex was not done with the body after ${MATCH_LIMIT_MILLIS} ms`;
        if (found !== inverted) return undefined;
        return inverted ? "the body matches regex" : "the body does not match regex";
      },
    },
  };
}
