/** Rows that this version acts on only in part: some of their values are named at start. */
import type { Row } from "../schema.js";

/** Names the keyword when its value is one that nothing happens for; `name` may say more than the keyword. */
export function notActedOnWhen<V>(
  row: Row<V>,
  when: (value: V) => boolean,
  name?: (value: V) => string,
): Row<V> {
  return {
    ...row,
    read: (site, previous) => {
      const value = row.read(site, previous);
      if (value !== undefined && when(value))
        site.tree.noteNotActedOn(name?.(value) ?? site.head.text, site.head);
      return value;
    },
  };
}
