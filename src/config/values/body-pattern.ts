/** Regular expressions of HTTP checks: their words, their options, and the mistakes that can be seen without PCRE2. */

export const PCRE_OPTIONS: ReadonlySet<string> = new Set(
  (
    "allow_empty_class alt_bsux auto_callout caseless dollar_endonly dotall dupnames extended firstline " +
    "match_unset_backref multiline never_ucp never_utf no_auto_capture no_auto_possess no_dotstar_anchor " +
    "no_start_optimize ucp ungreedy utf never_backslash_c alt_circumflex alt_verbnames use_offset_limit"
  ).split(" "),
);

/** What is wrong with a pattern; undefined when nothing is, as far as its brackets tell. */
export function patternProblem(pattern: string): string | undefined {
  let depth = 0;
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i];
    if (c === "\\") {
      if (i + 1 === pattern.length) return "ends with a backslash";
      if (pattern[i + 1] === "Q") {
        const end = pattern.indexOf("\\E", i + 2);
        i = end < 0 ? pattern.length : end + 1;
      } else i++;
    } else if (c === "[") {
      const end = endOfClass(pattern, i);
      if (end < 0) return "has a '[' without its ']'";
      i = end;
    } else if (c === "(") depth++;
    else if (c === ")" && --depth < 0) return "has a ')' without its '('";
  }
  if (depth > 0) return "has a '(' without its ')'";
  return /^[*+?]/.test(pattern) ? "has nothing to repeat at its start" : undefined;
}

/** Where a `[...]` ends; a `]` that comes first is part of it. */
function endOfClass(pattern: string, start: number): number {
  let i = start + 1;
  if (pattern[i] === "^") i++;
  if (pattern[i] === "]") i++;
  for (; i < pattern.length; i++) {
    const c = pattern[i];
    if (c === "]") return i;
    if (c === "\\") i++;
    else if (c === "[" && /[:.=]/.test(pattern[i + 1] ?? "")) {
      const end = pattern.indexOf(`${pattern[i + 1]}]`, i + 2);
      if (end >= 0) i = end + 1;
    }
  }
  return -1;
}
