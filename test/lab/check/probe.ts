/** One check against a server on loopback, with the real ports of the check process. */
import { createSecureContext } from "node:tls";
import type { CheckerConfig } from "../../../src/config/check-model.js";
import type { CheckResult, CheckerPorts, CheckerRow } from "../../../src/check/checkers/checker.js";
import { CHECKERS } from "../../../src/check/checkers/table.js";
import { Connections } from "../../../src/check/effects/connections.js";
import { Timers } from "../../../src/check/effects/timers.js";
import { loadAddon } from "../../../src/native/load.js";
import { formatAddress, parseAddress } from "../../../src/net/ip-address.js";
import { ownIdentity } from "../../../src/platform/accounts.js";
import { ScriptRunner } from "../../../src/platform/script-runner.js";

export interface Target {
  address: string;
  port: number;
}

/** How a check is scheduled does not matter for one check. */
export const SCHEDULE = {
  alpha: false,
  delayLoopMicros: 1_000_000,
  retry: 0,
  delayBeforeRetryMicros: 1_000_000,
  warmupMicros: 0,
  logAllFailures: false,
};

/** @returns the part of a checker that says how to connect */
export const target = (timeoutMillis = 400, changes = {}) => ({
  mark: 0,
  timeoutMicros: timeoutMillis * 1000,
  ...changes,
});

interface ProbeOutcome {
  result: CheckResult;
  /** What it warned of. */
  warnings: string[];
}

/** Checks `times` times one after the other with the same check. @param ca certificates to trust, instead of the system's */
export async function probe(
  config: CheckerConfig,
  { address, port }: Target,
  { ca, times = 1 }: { ca?: string; times?: number } = {},
): Promise<ProbeOutcome> {
  const addon = loadAddon();
  const warnings: string[] = [];
  const connections = new Connections(addon);
  const timers = new Timers(addon, () => connections.flush());
  const ports: CheckerPorts = {
    addon,
    now: () => addon.monotonicMicros(),
    timers,
    connections,
    tls: () => createSecureContext(ca === undefined ? {} : { ca }),
    scripts: new ScriptRunner(addon),
    identityOf: () => ownIdentity(),
    files: { follow: () => () => {}, valueOf: () => 0 },
    bfd: { follow: () => () => {}, isUp: () => undefined },
    warn: (text) => warnings.push(text),
  };
  const row = CHECKERS[config.kind] as CheckerRow<CheckerConfig> | undefined;
  if (row === undefined) throw new Error(`there is no checker ${config.kind}`);
  const bytes = parseAddress(address);
  if (bytes === undefined) throw new Error(`${address} is no address`);
  let settle: (result: CheckResult) => void = () => {};
  const check = row.create(
    {
      config,
      address: bytes,
      port,
      endpoint: `[${formatAddress(bytes)}]:${port}`,
      subject: "tested",
      done: (result) => settle(result),
    },
    ports,
  );
  try {
    let result: CheckResult = { verdict: "notRun", detail: "nothing was checked" };
    for (let run = 0; run < times; run++) {
      result = await new Promise<CheckResult>((resolve) => {
        settle = resolve;
        check.start(0);
        connections.flush();
      });
    }
    return { result, warnings };
  } finally {
    check.cancel();
    check.close?.();
    connections.close();
    timers.close();
  }
}

/** "passed", or the reason, a colon and the words. */
export function brief({ result }: ProbeOutcome): string {
  if (result.verdict === "passed") return "passed";
  return result.verdict === "failed" ? `${result.reason}: ${result.detail}` : `notRun: ${result.detail}`;
}
