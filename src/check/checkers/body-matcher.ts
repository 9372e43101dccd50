/**
 * `regex` of HTTP checks on JavaScript's regular expressions (check-ipvs reference, 4.4). Without `utf` a character is a
 * byte. Pure.
 */
import { isUtf8 } from "node:buffer";
import { createContext, Script } from "node:vm";
import type { BodyPattern } from "../../config/check-model.js";
import { readBodyExpression } from "../../config/values/body-expression.js";

export interface BodyMatcher {
  /** @returns why the body does not do; undefined when it does. */
  mismatch(body: Buffer): string | undefined;
}

type CompiledPattern = { ok: true; matcher: BodyMatcher } | { ok: false; problem: string };

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

/** Makes a matcher, or says what JavaScript's expressions cannot do. */
export function compileBodyPattern(setting: BodyPattern): CompiledPattern {
  const { options, inverted, minOffsetBytes, maxOffsetBytes = Number.POSITIVE_INFINITY } = setting;
  const read = readBodyExpression(setting);
  if (!read.ok) return read;
  const { expression, encoding, textOf } = read;
  const inFirstLineOnly = options.includes("firstline");
  const matches = (body: Buffer): boolean | "tooLong" => {
    if (encoding === "utf8" && !isUtf8(body)) return false;
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
