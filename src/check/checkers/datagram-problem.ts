/** The words for what goes wrong with a datagram, for every checker that sends one. */
import { isAboutTheServer } from "../effects/connections.js";
import type { DatagramProblem } from "../effects/datagrams.js";
import type { CheckResult } from "./checker.js";
import { type ConnectFailure, connectFailure } from "./tcp.js";

/** What our own side refused before a datagram was sent says nothing about the server (check-ipvs reference, 3.1). */
export function datagramResult(problem: DatagramProblem): CheckResult<ConnectFailure> {
  const { stage, call, code } = problem;
  if (stage === "setup" || (stage === "connect" && !isAboutTheServer(code)))
    return { verdict: "notRun", detail: `${call}: ${code}` };
  return datagramFailure(problem);
}

/** The same where every error counts against the server. */
export function datagramFailure({ stage, code }: DatagramProblem): CheckResult<ConnectFailure> {
  const { reason, words } = connectFailure(code);
  const unreachable = stage === "receive" && reason === "refused";
  return { verdict: "failed", reason, detail: unreachable ? "the port is unreachable" : words };
}
