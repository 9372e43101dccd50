/**
 * All tracked scripts: a reload keeps those that stay the same, with their state and their timing; of those that get another
 * command what was known stays in force until the new one has a result.
 */
import type { TrackScriptConfig } from "../../config/model.js";
import { type ScriptPorts, TrackedScript } from "./tracked-script.js";

export class ScriptTrackers {
  readonly #ports: ScriptPorts;
  #scripts = new Map<string, TrackedScript>();

  constructor(ports: ScriptPorts) {
    this.#ports = ports;
  }

  /** Takes the scripts of a configuration; new ones wait for `start`. */
  setConfigs(configs: readonly TrackScriptConfig[]): void {
    const before = this.#scripts;
    this.#scripts = new Map();
    for (const config of configs) {
      const known = before.get(config.name);
      if (known?.isSame(config) === true) {
        known.setConfig(config);
        before.delete(config.name);
        this.#scripts.set(config.name, known);
      } else this.#scripts.set(config.name, new TrackedScript(config, this.#ports, known));
    }
    for (const script of before.values()) script.close();
  }

  /** Runs what has not been run yet. */
  start(): void {
    for (const script of this.#scripts.values()) script.start();
  }

  get(name: string): TrackedScript | undefined {
    return this.#scripts.get(name);
  }

  close(): void {
    for (const script of this.#scripts.values()) script.close();
  }
}
