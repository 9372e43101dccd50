/** `DNS_CHECK`: one query. */
import type { DnsType } from "../../check-model.js";
import { didYouMean } from "../../did-you-mean.js";
import { Complaint, once, setting, table, type Value } from "../../schema.js";
import { decodeBytes } from "../../text.js";
import { connectionRows, scheduleRows } from "./timing.js";

const TYPES: readonly DnsType[] = ["A", "NS", "CNAME", "SOA", "MX", "TXT", "AAAA", "RRSIG", "DNSKEY"];
const LONGEST_NAME = 253;
const LONGEST_LABEL = 63;

const dnsType: Value<DnsType> = {
  syntax: TYPES.join("|"),
  read: (word) => {
    const upper = word.toUpperCase();
    const found = TYPES.find((type) => type === upper);
    return found ?? new Complaint(`must be one of ${TYPES.join(", ")}${didYouMean(word, TYPES)}`);
  },
};

const domain: Value<string> = {
  syntax: "DOMAIN",
  read: (word) => {
    if (word === ".") return word;
    const name = word.endsWith(".") ? word.slice(0, -1) : word;
    if (name.length > LONGEST_NAME) return new Complaint(`must be at most ${LONGEST_NAME} bytes`);
    const labels = name.split(".");
    if (labels.includes("")) return new Complaint("must not have an empty label");
    if (labels.some((label) => label.length > LONGEST_LABEL))
      return new Complaint(`must have labels of at most ${LONGEST_LABEL} bytes`);
    return decodeBytes(word);
  },
};

export const dnsCheck = table("DNS_CHECK", {
  ...connectionRows,
  ...scheduleRows,
  type: setting(dnsType, "Type of the query.", { default: "SOA" }),
  name: once(setting(domain, "Name to ask for; '.' is the root.", { default: "." })),
});
