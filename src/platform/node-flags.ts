/**
 * Options of Node for all our processes; those of the command stand in its first line (`src/bundle.mjs`). V8's threads
 * compile hot code and help to collect garbage. With the usual four they take the processor from the thread that works:
 * a large configuration is read a tenth faster with one, and each process has three stacks less.
 */
export const NODE_FLAGS: readonly string[] = ["--v8-pool-size=1"];
