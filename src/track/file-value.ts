/** The number in a tracked file (reference: notify-track, section 9). Pure. */

/** As much of a file is read. */
export const READ_BYTES = 127;

const NUMBER = /^[\t\n\v\f\r ]*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)/;
const LEAST = -(2 ** 31);
const MOST = 2 ** 31 - 1;

/**
 * The number that a text begins with: decimal, 0x or, after a 0, octal; what follows it does not matter, and what is no
 * number is 0. Undefined when it does not fit into 32 bits.
 */
export function numberIn(text: string): number | undefined {
  const found = NUMBER.exec(text);
  if (found === null) return 0;
  const [, sign, digits = "0"] = found;
  const size = /^0[0-7]/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  const value = sign === "-" ? -size : size;
  return value < LEAST || value > MOST ? undefined : value + 0;
}
