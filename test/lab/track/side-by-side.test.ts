/**
 * The same failures with ours and with Debian's keepalived: priorities, switch-overs and faults in the same order on
 * the FIFO. (Debian's 2.2.7 takes no script interval below a second, its 2.3.3 no script below /bin, which is a symbolic
 * link: "Wrong file type found in script path".)
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { rmSync, writeFileSync } from "node:fs";
import { Lab } from "../harness/lab.js";
import type { Host } from "../harness/network.js";
import { missing, type Product } from "../harness/products.js";
import { Recorder } from "../notify/recorder.js";

const skip =
  process.getuid?.() === 0 ? (missing("ours") ?? missing("debian") ?? false) : "needs root for namespaces";

function instance(priority: number, lines = ""): string {
  return `vrrp_instance V {
interface eth0
virtual_router_id 5
priority ${priority}
version 3
advert_int 0.2
${lines}
virtual_ipaddress {
10.87.0.100/24
}
}
`;
}

class Scenario {
  readonly #recorder: Recorder;
  readonly flags = { weighted: "", plain: "", number: "" };

  constructor(
    readonly lab: Lab,
    readonly product: Product,
    readonly router: Host,
    readonly peer: Host,
  ) {
    this.#recorder = new Recorder(lab, router);
    for (const name of ["weighted", "plain", "number"] as const)
      this.flags[name] = this.#recorder.path(`${name}.flag`);
  }

  get #configuration(): string {
    const { weighted, plain, number } = this.flags;
    const fifo = this.#recorder.fifo("vrrp.fifo");
    const script = (name: string, file: string, more: string): string =>
      `vrrp_script ${name} {\nscript "/usr/bin/test -e ${file}"\ninterval 1\n${more}\n}\n`;
    return [
      `global_defs {\nscript_user root\nvrrp_notify_fifo ${fifo}\n}\n`,
      script("weighted", weighted, "weight -20\nfall 2"),
      script("plain", plain, "rise 2"),
      `track_file number {\nfile ${number}\n}\n`,
      instance(
        110,
        "notify_priority_changes on\ntrack_script {\nweighted\nplain\n}\ntrack_file {\nnumber\n}",
      ),
    ].join("");
  }

  async #until(line: string, since: number): Promise<void> {
    const told = (): string[] => this.#recorder.fifoLines("vrrp.fifo").slice(since);
    await this.lab.waitFor(() => told().includes(line), 12_000, `'${line}'; told: ${told().join(", ")}`);
  }

  /** Makes something happen and waits for the lines that end it. */
  async #step(act: () => void, ...lines: string[]): Promise<void> {
    const since = this.#recorder.fifoLines("vrrp.fifo").length;
    act();
    for (const line of lines) await this.#until(line, since);
    await this.lab.watch(700);
  }

  async run(): Promise<string[]> {
    const { lab, router, peer, product, flags } = this;
    for (const name of ["weighted", "plain"] as const) writeFileSync(flags[name], "");
    writeFileSync(flags.number, "0\n");
    lab.startRouter(peer, "debian", instance(100));
    await this.#step(
      () => void lab.startRouter(router, product, this.#configuration),
      'INSTANCE "V" MASTER 110',
    );
    // Twice in a row it has to fail; then the better peer takes over, and gives the address back.
    await this.#step(
      () => rmSync(flags.weighted),
      'INSTANCE "V" MASTER_PRIORITY 90',
      'INSTANCE "V" BACKUP 90',
    );
    await this.#step(
      () => writeFileSync(flags.weighted, ""),
      'INSTANCE "V" BACKUP_PRIORITY 110',
      'INSTANCE "V" MASTER 110',
    );
    await this.#step(() => rmSync(flags.plain), 'INSTANCE "V" FAULT 110');
    await this.#step(
      () => writeFileSync(flags.plain, ""),
      'INSTANCE "V" BACKUP 110',
      'INSTANCE "V" MASTER 110',
    );
    const set = (number: number) => () => writeFileSync(flags.number, `${number}\n`);
    await this.#step(set(-20), 'INSTANCE "V" MASTER_PRIORITY 90', 'INSTANCE "V" BACKUP 90');
    await this.#step(set(0), 'INSTANCE "V" BACKUP_PRIORITY 110', 'INSTANCE "V" MASTER 110');
    await this.#step(set(-300), 'INSTANCE "V" FAULT 110');
    await this.#step(() => rmSync(flags.number), 'INSTANCE "V" BACKUP 110', 'INSTANCE "V" MASTER 110');
    return this.#recorder.fifoLines("vrrp.fifo");
  }
}

async function tell(product: Product): Promise<string[]> {
  const lab = await Lab.open();
  try {
    const router = await lab.addHost("router", { addresses: ["10.87.0.1/24"] });
    const peer = await lab.addHost("peer", { addresses: ["10.87.0.2/24"] });
    return await new Scenario(lab, product, router, peer).run();
  } catch (error) {
    process.stderr.write(`${product}:\n${lab.report(25)}\n`);
    throw error;
  } finally {
    await lab.close();
  }
}

test("failures of what is tracked move priorities and masters as with Debian's keepalived", {
  skip,
  timeout: 120_000,
}, async (t) => {
  const [ours, debian] = await Promise.all([tell("ours"), tell("debian")]);
  t.diagnostic(`${debian.length} FIFO lines: ${debian.join("; ")}`);
  assert.deepEqual(ours, debian);
});
