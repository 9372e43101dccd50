/** A track_process with upstream's defaults and the few words that a test cares about. */
import type { TrackProcessConfig } from "../../../src/config/model.js";

export function trackProcess(changes: Partial<TrackProcessConfig> = {}): TrackProcessConfig {
  return {
    name: "p",
    process: "nginx",
    parameters: [],
    parameterMatch: "any",
    fullCommand: false,
    weight: 0,
    reverse: false,
    quorum: 1,
    forkDelayMicros: 0,
    terminateDelayMicros: 0,
    position: { file: "test", line: 1, column: 1 },
    ...changes,
  };
}
