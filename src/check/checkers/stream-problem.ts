/** The words for what goes wrong in a conversation over TCP, for every checker that has one. */
import type { StreamProblem } from "../effects/streams.js";
import type { CheckResult } from "./checker.js";
import { type ConnectFailure, connectFailure } from "./tcp.js";

export type StreamFailure = ConnectFailure | "tls";

/** @param stage what was going on: "waiting for the answer" */
export function streamResult(problem: StreamProblem, stage: string): CheckResult<StreamFailure> {
  switch (problem.kind) {
    case "refused": {
      const { reason, words } = connectFailure(problem.code);
      return { verdict: "failed", reason, detail: words };
    }
    case "broken": {
      const { reason, words } = connectFailure(problem.code);
      return { verdict: "failed", reason, detail: `${words} ${stage}` };
    }
    case "tls":
      return { verdict: "failed", reason: "tls", detail: `TLS: ${problem.text}` };
    case "notRun":
      return { verdict: "notRun", detail: `${problem.call}: ${problem.code}` };
    default:
      return problem satisfies never;
  }
}
