/**
 * Options of Node for the command, which stand in its first line too (`src/bundle.mjs`). V8's threads compile hot code and
 * help to collect garbage; with the usual four they take the processor from the thread that reads, and a large
 * configuration takes a tenth longer. The children keep the usual ones: with one thread a backup took more of the processor.
 */
export const NODE_FLAGS: readonly string[] = ["--v8-pool-size=1"];
