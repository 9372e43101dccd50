/** Keywords by table: every setting is kept with its value, both ends of its range, and refused beyond, at its column. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config } from "../../../src/config/model.js";
import { good, read } from "./fake-files.js";

export interface Case {
  keyword: string;
  of: (config: Config) => unknown;
  byDefault?: unknown;
  accepted: readonly (readonly [argument: string, expected: unknown])[];
  /** Arguments that are errors and leave the default. */
  refused?: readonly string[];
  /** Alone it is an ordinary error, or one after which nothing goes on; else nothing is wrong. */
  alone?: "lenient" | "fatal";
}

export const s = 1_000_000;
export const onOff = [
  ["", true],
  ["yes", true],
  ["off", false],
] as const;
export const flag = [["", true]] as const;
export const paths = [["/a/b", "/a/b"]] as const;

/** A line of `global_defs`. */
export const globalLine = (line: string): string => `global_defs {\n${line}\n}\n`;

/** One test per keyword. `text` makes a configuration of a line, which must stand at the start of its line. */
export function checkKeywords(block: string, text: (line: string) => string, cases: readonly Case[]): void {
  for (const { keyword, of, byDefault, accepted, refused = [], alone } of cases) {
    test(`${block}: ${keyword}`, () => {
      assert.deepEqual(of(good(text(""))), byDefault);
      for (const [argument, expected] of accepted) {
        const line = argument === "" ? keyword : `${keyword} ${argument}`;
        assert.deepEqual(of(good(text(line))), expected, line);
      }
      for (const argument of refused) {
        const result = read(text(`${keyword} ${argument}`));
        const [problem, ...more] = result.diagnostics;
        assert.equal(more.length, 0, argument);
        assert.equal(problem?.severity, "error", argument);
        assert.equal(problem?.at?.column, keyword.length + 2, argument);
        assert.deepEqual(of(result.config), byDefault, argument);
      }
      if (alone === undefined) return;
      assert.equal(read(text(keyword)).testStatus, alone === "lenient" ? 5 : 2);
    });
  }
}
