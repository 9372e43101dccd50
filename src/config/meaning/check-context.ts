/** What the readers of virtual servers, real servers and checkers share. */
import type { CheckDefaults, VirtualServerConfig } from "../check-model.js";
import type { Block } from "../schema.js";
import type { Word } from "../text.js";
import type { TrackFileConfig } from "../vrrp-model.js";
import type { Judge } from "./judge.js";
import type { ServerModels } from "./real-server.js";
import type { Scripts } from "./scripts.js";
import type { GroupFacts } from "./virtual-server-group.js";

/** A `track_file` that checkers may follow. */
export interface FollowedFile {
  defined: Word;
  config: TrackFileConfig;
  /** A checker follows it. */
  isUsed: boolean;
}

export interface CheckContext {
  judge: Judge;
  scripts: Pick<Scripts, "ofServer" | "ofChecker">;
  models: ServerModels;
  groups: ReadonlyMap<string, GroupFacts>;
  trackFiles: ReadonlyMap<string, FollowedFile>;
  /** `bfd_instance`s, and where they are defined. */
  sessions: ReadonlyMap<string, Word>;
  /** Mails unless the server says otherwise. */
  alertOfService: boolean;
  alertOfServer: boolean;
  /** checker_log_all_failures. */
  logAllFailures: boolean;
}

/** The virtual server around a real server, as far as it is settled. */
export interface ServiceFacts {
  /** As messages show it. */
  title(): string;
  /** Absent: not known yet, or both. */
  family: VirtualServerConfig["family"];
  /** Port that a real server without one takes; 0 for none. */
  port: number;
  kind: "address" | "mark" | "group";
  /** Ports of the group's addresses; 0 for its marks. */
  portsOfGroup: readonly number[];
  config: Pick<VirtualServerConfig, "forwarding" | "defaults" | "virtualHost">;
  weight: number;
  inhibitOnFailure: boolean;
}

/** The settings that virtual servers and real servers hand on. */
interface Inherited {
  delay_loop: number | undefined;
  delay_before_retry: number | undefined;
  warmup: number | undefined;
  connect_timeout: number | undefined;
  retry: number | undefined;
}

/** What a block says, and for the rest what stands around it. The same object when it says nothing. */
export function inherit<S extends Inherited>(
  block: Block<S>,
  outer: CheckDefaults,
  alpha: boolean | undefined,
): CheckDefaults {
  const delayLoop = block.value("delay_loop");
  const delayBeforeRetry = block.value("delay_before_retry");
  const warmup = block.value("warmup");
  const timeout = block.value("connect_timeout");
  const retry = block.value("retry");
  const nothing =
    (delayLoop ?? delayBeforeRetry ?? warmup ?? timeout ?? retry) === undefined &&
    (alpha === undefined || alpha === outer.alpha);
  if (nothing) return outer;
  const result: CheckDefaults = {
    alpha: alpha ?? outer.alpha,
    delayLoopMicros: delayLoop ?? outer.delayLoopMicros,
    connectTimeoutMicros: timeout ?? outer.connectTimeoutMicros,
  };
  setGiven(result, "retry", retry ?? outer.retry);
  setGiven(result, "delayBeforeRetryMicros", delayBeforeRetry ?? outer.delayBeforeRetryMicros);
  setGiven(result, "warmupMicros", warmup ?? outer.warmupMicros);
  return result;
}

/** Sets a property that may be absent, without one that is there and undefined. */
export function setGiven<T, N extends keyof T>(into: T, name: N, value: T[N] | undefined): void {
  if (value !== undefined) into[name] = value;
}
