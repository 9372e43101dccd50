/**
 * Must be the first import of an entry file: until somebody listens to SIGUSR1, that signal opens Node's inspector, and
 * SIGHUP and SIGUSR2 end the process. From here on they do nothing, until the daemon listens for itself.
 */
for (const name of ["SIGUSR1", "SIGUSR2", "SIGHUP"] as const) process.on(name, () => undefined);
// One that came before this line has opened it already. Later, as loading the module would hold up the start.
setImmediate(() => {
  void import("node:inspector").then(({ default: inspector }) => {
    if (inspector.url() !== undefined) inspector.close();
  });
});
