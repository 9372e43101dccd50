/** Addresses of services and servers: `IPADDR [PORT]` as two words (config-language reference, 5.4). */
import type { Family } from "../model.js";
import { Complaint } from "../schema.js";
import type { Word } from "../text.js";
import { parseAddress } from "./address.js";

export interface ServiceAddress {
  family: Family;
  address: string;
  /** 0: none. */
  port: number;
}

/** What is wrong, and with which word. */
interface AddressProblem {
  at: Word;
  complaint: Complaint;
}

const LARGEST_PORT = 65535;
const BAD_ADDRESS = new Complaint("is not an IPv4 or IPv6 address");
const BAD_PORT = new Complaint(`is not a port from 1 to ${LARGEST_PORT}`, "invalidNumber");

/** Reads the two words; text of the address from the first `-` or `/` on does not count. */
export function readServiceAddress(address: Word, port: Word | undefined): ServiceAddress | AddressProblem {
  const parsed = parseAddress(plainPart(address.text));
  if (parsed === undefined) return { at: address, complaint: BAD_ADDRESS };
  const number = port === undefined ? 0 : parsePort(port.text);
  if (number === undefined) return { at: port ?? address, complaint: BAD_PORT };
  return { family: parsed.family, address: parsed.text, port: number };
}

/** The part of a word that a plain address is read from. */
function plainPart(word: string): string {
  const end = word.search(/[-/]/);
  return end < 0 ? word : word.slice(0, end);
}

/** Decimal; zeros only mean no port. Undefined when it is none. */
export function parsePort(word: string): number | undefined {
  if (word.length === 0) return undefined;
  let value = 0;
  for (let i = 0; i < word.length; i++) {
    const digit = word.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return undefined;
    value = value * 10 + digit;
  }
  return value <= LARGEST_PORT ? value : undefined;
}
