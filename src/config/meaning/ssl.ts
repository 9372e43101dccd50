/** `SSL`: a second block replaces the first one. */
import type { ssl } from "../blocks/ssl.js";
import type { SslConfig } from "../interface-model.js";
import type { Block, Table } from "../schema.js";
import { given } from "./given.js";
import type { Judge } from "./judge.js";

type Settings<T> = T extends Table<infer S> ? S : never;

export function readSsl(blocks: readonly Block<Settings<typeof ssl>>[], judge: Judge): SslConfig | undefined {
  const [first] = blocks;
  for (const block of blocks.slice(1)) {
    const notes = first?.head === undefined ? [] : [{ message: "this one", at: first.head }];
    judge.error(block.head, "there is an 'SSL' already; this one replaces it", { notes });
  }
  const last = blocks.at(-1);
  if (last === undefined) return undefined;
  return given({
    password: last.value("password"),
    caFile: last.value("ca"),
    certificateFile: last.value("certificate"),
    keyFile: last.value("key"),
  });
}
