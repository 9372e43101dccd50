/** The tables of the blocks as a tree for whoever describes the language: reference, editors' grammars, tests. */
import { root } from "../blocks/root.js";
import type { OptionDoc, Row, TableOutline } from "../schema.js";

export interface Keyword {
  readonly name: string;
  readonly row: Row<unknown>;
}

/** A block with keywords of its own, by its path from the root. */
export interface OutlineBlock {
  /** "vrrp_instance/authentication"; "" for what stands outside all blocks. */
  readonly path: string;
  /** The row that opens it; absent for the root. */
  readonly keyword: Keyword | undefined;
  readonly keywords: readonly Keyword[];
}

/** The rows of a table in the order of their declaration. */
function keywordsOf(table: TableOutline): Keyword[] {
  const rows = Object.entries(table.rows) as [string, Row<unknown>][];
  return rows.map(([name, row]) => ({ name, row }));
}

/** Options of the entries of a value block. */
export function optionsOf(row: Row<unknown>): [string, OptionDoc][] {
  return Object.entries(row.options ?? {});
}

/** All blocks, each before the blocks inside it. */
export function outline(): OutlineBlock[] {
  const blocks: OutlineBlock[] = [];
  const visit = (path: string, keyword: Keyword | undefined, table: TableOutline): void => {
    const keywords = keywordsOf(table);
    blocks.push({ path, keyword, keywords });
    for (const inner of keywords) {
      if (inner.row.inner === undefined) continue;
      visit(path === "" ? inner.name : `${path}/${inner.name}`, inner, inner.row.inner);
    }
  };
  visit("", undefined, root);
  return blocks;
}
