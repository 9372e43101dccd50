/**
 * Which words of a line nobody but the owner of the file should read: they are hidden wherever a line is shown, in
 * messages as in dumps, also when the keyword is misspelt or the secret stands in a definition.
 */

const MASK = "*";

/** A keyword with a secret argument (`key` of auth_hmac: after its number), or a definition that is named like one. */
const SECRET_LINE =
  /^(\s*(?:\$[A-Za-z0-9_]*(?:pass|pw|secret|key)[A-Za-z0-9_]*=\s*|\w*pas{1,2}w?o?r?d?\w*\s+|key\s+(?:\d+\s+)?))(\S.*)$/i;

/** The line with its secrets masked, as long as before; the same line when it has none. */
export function maskSecrets(line: string): string {
  const found = SECRET_LINE.exec(line);
  if (found === null) return line;
  const [, before = "", secret = ""] = found;
  return before + secret.replace(/\S/g, MASK);
}

/** The value of a definition that stands behind a secret, whatever its name. */
export function maskDefinition(line: string): string {
  return line.replace(
    /^(\s*\$\w+=\s*)(.*)$/,
    (_all, before: string, value: string) => before + value.replace(/\S/g, MASK),
  );
}
