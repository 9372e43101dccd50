/**
 * The recorded scenarios of a balancer (test/data/ipvs-scenarios.json: seen with upstream 2.2.7, part of them with 2.4.3
 * too), in virtual time: services, destinations, weights, FIFO lines and scripts after every step. What belongs to the
 * kernel's table alone (entries of others, timeouts, sync daemons) is shown where there is a kernel.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { CheckConfig } from "../../../src/config/check-model.js";
import type { Checker } from "../../../src/check/checker-state.js";
import type { CheckResult } from "../../../src/check/checkers/checker.js";
import { fileResult } from "../../../src/check/checkers/file.js";
import type { ServiceSetting } from "../../../src/check/ipvs/model.js";
import { read } from "../config/fake-files.js";
import { FAIL, Farm, PASS, SECOND } from "./farm.js";

interface Destination {
  address: string;
  port: number;
  forward: string;
  weight: number;
}

interface Step {
  action: string;
  settle_s: number;
  config?: string;
  rs?: string;
  path?: string;
  content?: string;
  cmd?: string;
  expected: {
    services: Array<{
      protocol?: string;
      address?: string;
      port?: number;
      fwmark?: number;
      family?: string;
      scheduler: string;
      destinations: Destination[];
    }>;
    fifo?: string[];
    scripts_any_order?: string[];
  };
}

interface Scenario {
  name: string;
  config: string;
  listening: string[];
  setup?: string[];
  steps: Step[];
}

const SCENARIOS = JSON.parse(
  readFileSync(new URL("../../data/ipvs-scenarios.json", import.meta.url), "utf8"),
) as Scenario[];

/** Entries that others put into the kernel's table, or that a flush takes: no business of the director. */
const ABOUT_THE_TABLE = new Set([
  "foreign_entries_no_flush",
  "lvs_flush_on_stop",
  "lvs_flush_on_stop_VS",
  "foreign_entries_lvs_flush",
  "stop_no_release_SIGKILL_restart",
]);

function configOf(text: string): CheckConfig {
  const { config } = read(text);
  // Core passes it on as JSON.
  return JSON.parse(JSON.stringify(config.check)) as CheckConfig;
}

/** One entry of the table, in the words of the recording. */
function describe({ key, scheduler, destinations }: ServiceSetting): string {
  const service =
    key.kind === "mark"
      ? `fwmark ${key.mark} ${key.family === 6 ? "inet6" : "inet"}`
      : `${key.protocol.toLowerCase()} ${key.address} ${key.port}`;
  const servers = destinations.map(
    ({ address, port, forwarding, weight }) => `${address}:${port} ${forwarding.method} ${weight}`,
  );
  return `${service} ${scheduler}: ${servers.sort().join(", ")}`;
}

function describeExpected(service: Step["expected"]["services"][number]): string {
  const { protocol, address, port, fwmark, family, scheduler, destinations } = service;
  const name = fwmark === undefined ? `${protocol} ${address} ${port}` : `fwmark ${fwmark} ${family}`;
  const servers = destinations.map(
    (server) => `${server.address}:${server.port} ${server.forward} ${server.weight}`,
  );
  return `${name} ${scheduler}: ${servers.sort().join(", ")}`;
}

class Replay {
  readonly #listening: Set<string>;
  readonly #files = new Map<string, string>();
  readonly #scenario: Scenario;
  #config: CheckConfig;
  farm: Farm | undefined;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#listening = new Set(scenario.listening);
    this.#config = configOf(scenario.config);
    for (const line of scenario.setup ?? []) {
      for (const [, content = "", path = ""] of line.matchAll(/echo (\S+) > (\S+)/g))
        this.#files.set(path, content);
    }
  }

  run(step: Step): void {
    switch (step.action) {
      case "start":
        this.farm = new Farm(this.#config, (checker) => this.#find(checker));
        this.farm.start();
        break;
      case "rs_down":
        this.#listening.delete(step.rs ?? "");
        break;
      case "rs_up":
        this.#listening.add(step.rs ?? "");
        break;
      case "write_file":
        this.#files.set(step.path ?? "", step.content ?? "");
        this.farm?.tellEvents();
        break;
      case "reload":
        this.#config = configOf(step.config ?? "");
        this.farm?.reload(this.#config);
        break;
      case "sh":
        this.#shell(step.cmd ?? "");
        break;
      case "stop":
        this.farm?.stop();
        break;
      case "wait":
        break;
      default:
        throw new Error(`nothing known about '${step.action}'`);
    }
    // Where the recording waited for one second it looked before the first checks, which take place then.
    const micros = step.action === "start" && step.settle_s === 1 ? SECOND - 1 : step.settle_s * SECOND;
    if (step.action !== "stop") this.farm?.advance(micros);
  }

  #shell(command: string): void {
    if (command.startsWith("ip addr add")) this.farm?.setAddressCount("[10.99.7.7]:tcp:80", 1);
    else if (command.startsWith("ip addr del")) this.farm?.setAddressCount("[10.99.7.7]:tcp:80", 0);
    else if (command.startsWith("rm ")) {
      this.#files.delete(command.slice(3).trim());
      this.farm?.tellEvents();
    }
  }

  #find({ config, server }: Checker): CheckResult {
    if (config.kind === "misc") {
      const status = Number(this.#files.get("/run/lab/misc.rc") ?? this.#files.get("/run/lab/slow.t") ?? 0);
      const limit = config.timeoutMicros / SECOND;
      if (this.#scenario.name === "misc_timeout") return status > limit ? FAIL : PASS;
      if (status === 0) return PASS;
      if (!config.dynamic || status === 1) return FAIL;
      return { verdict: "passed", weight: { kind: "instead", weight: status - 2 } };
    }
    if (config.kind === "file") {
      const file = this.#config.trackFiles.find(({ name }) => name === config.trackFile);
      return fileResult(Number(this.#files.get(file?.path ?? "") ?? 0) || 0, config);
    }
    if (config.kind === "bfd") return PASS;
    const address = config.target.address?.text ?? server.config.address;
    const port = config.target.port ?? server.config.checkPort;
    const bracketed = address.includes(":") ? `[${address}]` : address;
    return this.#listening.has(`${bracketed}:${port}`) ? PASS : FAIL;
  }
}

/** In any order within an object, as two servers that fail in one step have none. */
function sorted(lines: readonly string[]): string[] {
  return [...lines].sort();
}

for (const scenario of SCENARIOS) {
  if (ABOUT_THE_TABLE.has(scenario.name)) continue;
  test(`scenario ${scenario.name}`, () => {
    const replay = new Replay(scenario);
    scenario.steps.forEach((step, i) => {
      replay.run(step);
      const { farm } = replay;
      assert.ok(farm !== undefined);
      const where = `step ${i + 1}, ${step.action}`;
      const { services, fifo = [], scripts_any_order: scripts = [] } = step.expected;
      if (step.action !== "stop") {
        assert.deepEqual(
          sorted(farm.services().map(describe)),
          sorted(services.map(describeExpected)),
          where,
        );
      }
      const lines = farm.takeLines();
      assert.deepEqual(sorted(lines), sorted(fifo), where);
      assert.deepEqual(sorted(farm.takeScripts()), sorted(scripts), where);
      // A service falls after the server that it fell with, and rises after the one that it rose with.
      if (fifo.length === 2) assert.deepEqual(lines, fifo, where);
    });
  });
}
