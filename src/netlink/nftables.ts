/**
 * What the kernel says of changes of nftables (NFNLGRP_NFTABLES): only as much as tells that a table of ours, or
 * something in it, is gone. Pure.
 *
 *   struct nlmsghdr (type: subsystem << 8 | message), struct nfgenmsg: u8 family, u8 version, u16 resource, attributes
 *
 * A transaction is told as its messages, in order, and then one NFT_MSG_NEWGEN.       (linux/netfilter/nf_tables.h)
 */
import { AttributeTable, decodeHeader, HEADER_LENGTH } from "./attributes.js";

const NFNL_SUBSYS_NFTABLES = 10;
const NFT_MSG_NEWTABLE = 0;
const NFT_MSG_DELTABLE = 2;
const NFT_MSG_DELCHAIN = 5;
const NFT_MSG_DELRULE = 8;
const NFT_MSG_DELSET = 11;
const NFT_MSG_DELSETELEM = 14;
const NFT_MSG_NEWGEN = 15;
/** The name of the table is the first attribute of all these messages. */
const TABLE = 1;
const GENERIC_HEADER = 4;

const DELETIONS = new Set([
  NFT_MSG_DELTABLE,
  NFT_MSG_DELCHAIN,
  NFT_MSG_DELRULE,
  NFT_MSG_DELSET,
  NFT_MSG_DELSETELEM,
]);

/** A message, as far as it matters. */
type TableNews =
  | { kind: "made" | "deleted"; family: number; table: string }
  /** The messages since the last one were one transaction. */
  | { kind: "committed" }
  | { kind: "other" };

const OTHER: TableNews = { kind: "other" };
const attributes = new AttributeTable(TABLE);

/** Decodes the message at `offset`; what is no message of nftables is of no interest. */
export function decodeTableNews(bytes: Uint8Array, offset: number, end: number): TableNews {
  const header = decodeHeader(bytes, offset, end);
  if (!header.ok || header.value.type >> 8 !== NFNL_SUBSYS_NFTABLES) return OTHER;
  const message = header.value.type & 0xff;
  if (message === NFT_MSG_NEWGEN) return { kind: "committed" };
  const made = message === NFT_MSG_NEWTABLE;
  if (!made && !DELETIONS.has(message)) return OTHER;
  const start = offset + HEADER_LENGTH;
  if (attributes.read(bytes, start + GENERIC_HEADER, offset + header.value.length) !== undefined)
    return OTHER;
  const table = attributes.text(TABLE);
  if (table === undefined) return OTHER;
  return { kind: made ? "made" : "deleted", family: bytes[start] ?? 0, table };
}

/**
 * Whether transactions leave a table whole. One that makes the table anew, as ours do, may delete as much of the old
 * one as it likes before.
 */
export class TableWatch {
  readonly #table: string;
  readonly #watched: ReadonlySet<number>;
  /** Families of which something was deleted since the last commit. */
  readonly #hurt = new Set<number>();

  /** @param families of which there is a table of this name; whoever clears away another one harms nobody. */
  constructor(table: string, families: ReadonlySet<number>) {
    this.#table = table;
    this.#watched = families;
  }

  /** @returns true when a transaction has ended that took something of the table away. */
  take(news: TableNews): boolean {
    if (news.kind === "other") return false;
    if (news.kind === "committed") {
      const lost = this.#hurt.size > 0;
      this.#hurt.clear();
      return lost;
    }
    if (news.table !== this.#table || !this.#watched.has(news.family)) return false;
    if (news.kind === "made") this.#hurt.delete(news.family);
    else this.#hurt.add(news.family);
    return false;
  }
}
