/**
 * Shell wildcards for one component of a path: `*`, `?`, `[set]`, `[!set]`, backslash. In time proportional to the
 * product of both lengths whatever the pattern: a file with many stars must not hang the daemon.
 */

type Token = { kind: "any" } | { kind: "one"; fits(char: string): boolean };

function tokensOf(pattern: string): Token[] {
  const tokens: Token[] = [];
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i] ?? "";
    const set = c === "[" ? /^\[([!^]?)(\]?[^\]]*)\]/.exec(pattern.slice(i)) : null;
    if (c === "*") {
      if (tokens.at(-1)?.kind !== "any") tokens.push({ kind: "any" });
    } else if (c === "?") {
      tokens.push({ kind: "one", fits: () => true });
    } else if (set !== null) {
      const [whole, negated, body = ""] = set;
      tokens.push({ kind: "one", fits: (char) => inSet(body, char) === (negated === "") });
      i += whole.length - 1;
    } else {
      const literal = c === "\\" && i + 1 < pattern.length ? (pattern[++i] ?? "") : c;
      tokens.push({ kind: "one", fits: (char) => char === literal });
    }
  }
  return tokens;
}

/** Characters and ranges such as `a-z`. */
function inSet(body: string, char: string): boolean {
  for (let i = 0; i < body.length; i++) {
    const low = body[i] ?? "";
    const high = body[i + 1] === "-" ? body[i + 2] : undefined;
    if (high === undefined) {
      if (char === low) return true;
    } else {
      if (char >= low && char <= high) return true;
      i += 2;
    }
  }
  return false;
}

/** A test for names against the pattern. */
export function wildcard(pattern: string): (name: string) => boolean {
  const tokens = tokensOf(pattern);
  return (name) => {
    let at = 0;
    let token = 0;
    // Where to go on when what follows the last star does not fit: the star takes one character more.
    let star = -1;
    let starAt = 0;
    while (at < name.length) {
      const wanted = tokens[token];
      if (wanted?.kind === "any") {
        star = token++;
        starAt = at;
      } else if (wanted?.kind === "one" && wanted.fits(name[at] ?? "")) {
        token++;
        at++;
      } else if (star >= 0) {
        token = star + 1;
        at = ++starAt;
      } else return false;
    }
    while (tokens[token]?.kind === "any") token++;
    return token === tokens.length;
  };
}
