/** What is known of everything that is tracked, gathered for the files that show it. */
import type { VrrpConfig } from "../../config/model.js";
import type { Trackers } from "../../track/effects/trackers.js";
import type { TrackerViews } from "../tracker-dump.js";

export function viewTrackers(config: VrrpConfig, trackers: Trackers): TrackerViews {
  const bfds = new Set(
    [...config.instances, ...config.syncGroups].flatMap(({ trackBfds }) => trackBfds.map(({ name }) => name)),
  );
  return {
    scripts: config.scripts.flatMap((script) => {
      const found = trackers.script(script.name);
      if (found === undefined) return [];
      const { count, running, finding } = found;
      return [
        {
          config: script,
          count,
          running,
          up: finding.value === undefined ? undefined : finding.value === true,
        },
      ];
    }),
    files: config.trackFiles.map((file) => ({ config: file, value: trackers.fileValue(file.name) })),
    processes: config.processes.flatMap((process) => {
      const quorum = trackers.quorum(process.name);
      if (quorum === undefined) return [];
      return [
        {
          config: process,
          current: quorum.count,
          haveQuorum: quorum.up === true,
          forkDelayRunning: quorum.waitsFor === "fork",
          terminateDelayRunning: quorum.waitsFor === "exit",
        },
      ];
    }),
    bfds: [...bfds].map((name) => ({ name, up: trackers.find("bfd", name)?.value === true })),
  };
}
