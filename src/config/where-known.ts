/** In which blocks a keyword stands: for the hint about one that is in the wrong place. */
import type { Row, TableOutline } from "./schema.js";

/** Paths of blocks from the root ("vrrp_instance/authentication") by keyword; "root" for those outside all blocks. */
export function blocksByKeyword(root: TableOutline): ReadonlyMap<string, readonly string[]> {
  const blocks = new Map<string, string[]>();
  const visit = (path: string, table: TableOutline): void => {
    for (const [name, row] of Object.entries(table.rows) as [string, Row<unknown>][]) {
      const places = blocks.get(name);
      if (places === undefined) blocks.set(name, [path === "" ? "root" : path]);
      else places.push(path);
      if (row.inner !== undefined) visit(path === "" ? name : `${path}/${name}`, row.inner);
    }
  };
  visit("", root);
  return blocks;
}
