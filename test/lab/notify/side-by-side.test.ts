/**
 * The same scenario with ours and with Debian's keepalived: the same arguments of scripts, in the same order for each
 * object, and the same lines on the FIFOs, in the same order altogether where one event causes them. (Upstream starts the
 * scripts of two objects at the same time, so that with scripts only the order within an object means something.)
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { writeFileSync } from "node:fs";
import { Lab } from "../harness/lab.js";
import type { Host } from "../harness/network.js";
import { missing, type Product } from "../harness/products.js";
import type { Program } from "../harness/program.js";
import { letMastersMeet, Recorder } from "./recorder.js";

const skip =
  process.getuid?.() === 0 ? (missing("ours") ?? missing("debian") ?? false) : "needs root for namespaces";

interface Told {
  /** Lines of scripts, by the object and script they came from. */
  scripts: Map<string, string[]>;
  all: string[];
  vrrp: string[];
}

const KINDS = ["master", "backup", "fault", "stop"] as const;

function scriptsOf(name: string, record: string, more = ""): string {
  const specific = KINDS.map((kind) => `notify_${kind} "${record} ${name} ${kind}"`);
  return [...specific, `notify "${record} ${name} any 'two words'"`, more].join("\n");
}

/** Priorities differ by much, so that the order in which they become master is not chance. */
function instance(name: string, vrid: number, priority: number, lines: string, interval = 0.2): string {
  return `vrrp_instance ${name} {
interface eth0
virtual_router_id ${vrid}
priority ${priority}
version 3
advert_int ${interval}
${lines}
virtual_ipaddress {
10.86.0.${100 + vrid}/24
}
}
`;
}

class Scenario {
  readonly configuration: (withRemoved: boolean) => string;

  constructor(
    readonly lab: Lab,
    readonly product: Product,
    readonly router: Host,
    readonly rival: Host,
    readonly recorder: Recorder,
  ) {
    const { script } = recorder;
    const all = recorder.fifo("all.fifo");
    const vrrp = recorder.fifo("vrrp.fifo");
    const global = `global_defs {\nrouter_id lab\nscript_user root\nnotify_fifo ${all}\nvrrp_notify_fifo ${vrrp}\n}\n`;
    const group = `vrrp_sync_group G {\ngroup {\nA\nB\n}\n${scriptsOf("G", script)}\n}\n`;
    const lower = `notify_master_rx_lower_pri "${script} A lower"`;
    const weighted = "track_interface {\nd0 weight -10\n}\nnotify_priority_changes on";
    const deleted = `notify_deleted "${script} D deleted"`;
    this.configuration = (withRemoved) =>
      global +
      group +
      instance("A", 1, 220, scriptsOf("A", script, lower)) +
      instance("B", 2, 100, scriptsOf("B", script)) +
      instance("C", 3, 180, scriptsOf("C", script, weighted)) +
      (withRemoved
        ? instance("D", 4, 140, scriptsOf("D", script, deleted)) +
          instance("E", 5, 60, scriptsOf("E", script))
        : "");
  }

  get #vrrp(): string[] {
    return this.recorder.fifoLines("vrrp.fifo");
  }

  /** Waits until the last line about each object is this. */
  async #until(states: Readonly<Record<string, string>>, since: number): Promise<void> {
    const holds = (): boolean =>
      Object.entries(states).every(([name, state]) =>
        this.#vrrp
          .slice(since)
          .findLast((line) => line.includes(`"${name}"`))
          ?.includes(` ${state} `),
      );
    await this.lab.waitFor(holds, 8_000, `${JSON.stringify(states)}; told: ${this.#vrrp.join(", ")}`);
    await this.lab.watch(400);
  }

  startRival(priority: number, interval = 0.2): Program {
    const text = instance("A", 1, priority, "", interval);
    return this.lab.startRouter(this.rival, "debian", text);
  }

  async #loseAndWin(): Promise<void> {
    const since = this.#vrrp.length;
    const rival = this.startRival(250);
    await this.#until({ A: "BACKUP", B: "BACKUP", G: "BACKUP" }, since);
    rival.kill("SIGTERM");
    await this.#until({ A: "MASTER", B: "MASTER", G: "MASTER" }, since);
    await this.lab.waitFor(() => rival.exit !== undefined, 5_000, "the rival to end");
  }

  async #faultAndBack(): Promise<void> {
    const since = this.#vrrp.length;
    this.router.unplug();
    await this.#until({ A: "FAULT", B: "FAULT", C: "FAULT", D: "FAULT", E: "FAULT", G: "FAULT" }, since);
    this.router.plug();
    await this.#until(
      { A: "MASTER", B: "MASTER", C: "MASTER", D: "MASTER", E: "MASTER", G: "MASTER" },
      since,
    );
  }

  async #changePriority(): Promise<void> {
    for (const [state, priority] of [
      ["up", 180],
      ["down", 170],
      ["up", 180],
    ] as const) {
      const since = this.#vrrp.length;
      this.router.ip("link", "set", "d0", state);
      await this.#until({ C: "MASTER_PRIORITY" }, since);
      assert.ok(this.#vrrp.at(-1)?.endsWith(String(priority)));
    }
  }

  /** A rival that took the addresses while it was alone comes back: two masters meet. */
  async #meet(): Promise<void> {
    const since = this.#vrrp.length;
    const heard = (): boolean => this.#vrrp.slice(since).some((line) => line.includes("RX_LOWER_PRI"));
    // It speaks often, so that it is heard before it hears.
    const rival = await letMastersMeet(this.lab, this.rival, () => this.startRival(50, 0.02), heard);
    rival.kill("SIGTERM");
    await this.lab.waitFor(() => rival.exit !== undefined, 5_000, "the rival to end");
  }

  async run(): Promise<Told> {
    const { lab, router, product } = this;
    for (const words of [
      ["link", "add", "d0", "type", "veth", "peer", "name", "d1"],
      ["link", "set", "d1", "up"],
    ])
      router.ip(...words);
    const daemon = lab.startRouter(router, product, this.configuration(true));
    await this.#until({ A: "MASTER", B: "MASTER", C: "MASTER", D: "MASTER", E: "MASTER", G: "MASTER" }, 0);
    await this.#loseAndWin();
    await this.#faultAndBack();
    await this.#changePriority();
    const since = this.#vrrp.length;
    writeFileSync(lab.configurationOf(router), this.configuration(false));
    daemon.kill("SIGHUP");
    await this.#until({ D: "DELETED", E: "FAULT" }, since);
    await this.#meet();
    daemon.kill("SIGTERM");
    await lab.waitFor(() => daemon.exit !== undefined, 5_000, "the daemon to end");
    await lab.watch(300);
    return this.#told();
  }

  #told(): Told {
    const scripts = new Map<string, string[]>();
    for (const line of this.recorder.lines) {
      const [object = "", script = ""] = line.split(" ");
      const key = `${object} ${script}`;
      scripts.set(key, [...(scripts.get(key) ?? []), line]);
    }
    return { scripts, all: this.recorder.fifoLines("all.fifo"), vrrp: this.#vrrp };
  }
}

/** How many adverts of the loser are heard before it yields is chance. */
function oncePerMeeting(lines: readonly string[]): string[] {
  return lines.filter((line, i) => !(/lower$|RX_LOWER/.test(line) && line === lines[i - 1]));
}

/** Who becomes master first is for the timers of each to say: the other lines stand in one order, and all of one object or group do. */
function orderOf(lines: readonly string[]): Record<string, string[]> {
  const told = oncePerMeeting(lines);
  const about = (names: string): string[] => told.filter((line) => new RegExp(`"[${names}]"`).test(line));
  return {
    common: told.filter((line) => !/ MASTER \d/.test(line)),
    group: about("ABG"),
    C: about("C"),
    D: about("D"),
    E: about("E"),
  };
}

async function tell(product: Product): Promise<Told> {
  const lab = await Lab.open();
  try {
    const router = await lab.addHost("router", { addresses: ["10.86.0.1/24"] });
    const rival = await lab.addHost("rival", { addresses: ["10.86.0.2/24"] });
    return await new Scenario(lab, product, router, rival, new Recorder(lab, router)).run();
  } catch (error) {
    process.stderr.write(`${product}:\n${lab.report(12)}\n`);
    throw error;
  } finally {
    await lab.close();
  }
}

test("scripts and FIFOs are told the same as by Debian's keepalived", {
  skip,
  timeout: 120_000,
}, async (t) => {
  const [ours, debian] = await Promise.all([tell("ours"), tell("debian")]);
  t.diagnostic(`${debian.vrrp.length} FIFO lines, ${[...debian.scripts.values()].flat().length} script runs`);
  assert.deepEqual(orderOf(ours.vrrp), orderOf(debian.vrrp));
  assert.deepEqual(ours.all, ours.vrrp);
  assert.deepEqual([...ours.scripts.keys()].sort(), [...debian.scripts.keys()].sort());
  for (const [key, lines] of debian.scripts)
    assert.deepEqual(oncePerMeeting(ours.scripts.get(key) ?? []), oncePerMeeting(lines), key);
});
