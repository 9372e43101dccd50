/** What is tracked, and what the instances of a running router do about it. */
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Lab } from "../harness/lab.js";
import { labTest } from "../harness/lab-test.js";
import type { Program } from "../harness/program.js";
import { Recorder } from "../notify/recorder.js";

function instance(name: string, vrid: number, lines: string): string {
  return `vrrp_instance ${name} {
interface eth0
virtual_router_id ${vrid}
priority 100
version 3
advert_int 0.1
notify_priority_changes on
${lines}
virtual_ipaddress {
10.88.0.${100 + vrid}/24
}
}
`;
}

/** A router alone on its lan, and what its FIFO says. */
class Bench {
  readonly recorder: Recorder;
  readonly #fifo: string;
  #router: Program | undefined;

  private constructor(
    readonly lab: Lab,
    readonly host: Awaited<ReturnType<Lab["addHost"]>>,
  ) {
    this.recorder = new Recorder(lab, host);
    this.#fifo = this.recorder.fifo("fifo");
  }

  static async open(lab: Lab): Promise<Bench> {
    return new Bench(lab, await lab.addHost("router", { addresses: ["10.88.0.1/24"] }));
  }

  get told(): string[] {
    return this.recorder.fifoLines("fifo");
  }
  get router(): Program {
    assert.ok(this.#router);
    return this.#router;
  }

  #text(configuration: string): string {
    return `global_defs {\nscript_user root\nvrrp_notify_fifo ${this.#fifo}\n}\n${configuration}`;
  }

  start(configuration: string): void {
    this.#router = this.lab.startRouter(this.host, "ours", this.#text(configuration));
  }

  async reload(configuration: string): Promise<void> {
    const from = this.router.output.all.length;
    writeFileSync(this.lab.configurationOf(this.host), this.#text(configuration));
    this.router.kill("SIGHUP");
    await this.lab.waitFor(
      () => this.router.output.find(/[Rr]eload(ed| complete)/, from),
      5000,
      "the reload",
    );
  }

  async tells(line: string, since = 0): Promise<number> {
    const found = (): boolean => this.told.slice(since).includes(line);
    await this.lab.waitFor(found, 6000, `'${line}'; told: ${this.told.join(", ")}`);
    return this.told.length;
  }

  async logs(pattern: RegExp, from = 0): Promise<void> {
    await this.lab.waitFor(() => this.router.output.find(pattern, from), 6000, String(pattern));
  }
}

function script(name: string, command: string, more = ""): string {
  return `vrrp_script ${name} {\nscript "${command}"\ninterval 0.2\n${more}\n}\n`;
}

labTest(
  "without weight: nothing is told before the first result, which a slow script takes its time for",
  ["ours"],
  async (lab) => {
    const bench = await Bench.open(lab);
    const slow = bench.recorder.makeScript("slow.sh", "sleep 0.7; exit 3");
    bench.start(
      `${script("slow", slow, "timeout 5")}${instance("A", 1, "track_script {\nslow\n}")}${instance("B", 2, "")}`,
    );
    await bench.tells('INSTANCE "A" FAULT 100');
    assert.deepEqual(
      bench.told.filter((line) => line.includes('"A"')),
      ['INSTANCE "A" FAULT 100'],
    );
    assert.ok(bench.told.indexOf('INSTANCE "B" MASTER 100') >= 0, "the other instance does not wait");
    await bench.logs(/\(A\) Entering FAULT STATE \(script slow failed \(exited with status 3\)\)/);
  },
);

labTest(
  "a tracked script that is not there: a start goes without it, a reload is refused and the old one is tracked on",
  ["ours"],
  async (lab) => {
    const bench = await Bench.open(lab);
    const there = bench.recorder.makeScript("there.sh", "exit 0");
    const tracking = (path: string): string =>
      script("s", path, "weight -10") + instance("A", 1, "track_script {\ns\n}");
    bench.start(tracking(`${there}-not`));
    await bench.logs(/error: script '\S+-not' does not exist; it will not be run/);
    await bench.tells('INSTANCE "A" MASTER 100');
    await bench.reload(tracking(there));
    await bench.logs(/Script `s` now returning 0|VRRP_Script\(s\) succeeded/);
    const from = bench.router.output.all.length;
    writeFileSync(lab.configurationOf(bench.host), tracking(`${there}-not`));
    bench.router.kill("SIGHUP");
    await bench.logs(/Reload refused: the running configuration stays in force/, from);
    const told = bench.told.length;
    writeFileSync(there, "#!/bin/sh\nexit 1\n");
    await bench.tells('INSTANCE "A" MASTER_PRIORITY 90', told);
  },
);

labTest("init_fail: in fault until the script has succeeded", ["ours"], async (lab) => {
  const bench = await Bench.open(lab);
  const slow = bench.recorder.makeScript("slow.sh", "sleep 0.4");
  bench.start(
    `${script("slow", slow, "timeout 5\ninit_fail")}${instance("A", 1, "track_script {\nslow\n}")}`,
  );
  await bench.tells('INSTANCE "A" MASTER 100');
  assert.deepEqual(bench.told, [
    'INSTANCE "A" FAULT 100',
    'INSTANCE "A" BACKUP 100',
    'INSTANCE "A" MASTER 100',
  ]);
  await bench.logs(/\(A\) Entering BACKUP STATE \(script slow succeeded\)/);
});

labTest(
  "a script that hangs and ignores TERM has failed at its limit, not when it is killed",
  ["ours"],
  async (lab, t) => {
    const bench = await Bench.open(lab);
    const flag = bench.recorder.path("hang.flag");
    const hang = bench.recorder.makeScript(
      "hang.sh",
      `trap '' TERM\n[ -e ${flag} ] && while :; do sleep 1; done\nexit 0`,
    );
    bench.start(`${script("hang", hang, "timeout 0.3")}${instance("A", 1, "track_script {\nhang\n}")}`);
    const since = await bench.tells('INSTANCE "A" MASTER 100');
    const from = performance.now();
    writeFileSync(flag, "");
    await bench.tells('INSTANCE "A" FAULT 100', since);
    const took = performance.now() - from;
    t.diagnostic(`in fault ${Math.round(took)} ms after it began to hang`);
    assert.ok(took < 1500, `${took} ms`);
    await bench.logs(/VRRP_Script\(hang\) timed_out/);
    rmSync(flag);
    await bench.tells('INSTANCE "A" MASTER 100', since);
  },
);

labTest("what a sync group tracks counts for all members", ["ours"], async (lab) => {
  const bench = await Bench.open(lab);
  const flag = bench.recorder.path("ok");
  writeFileSync(flag, "");
  const group = "vrrp_sync_group G {\ngroup {\nA\nB\n}\ntrack_script {\nchk\n}\n}\n";
  bench.start(
    `${script("chk", `/bin/test -e ${flag}`)}${group}${instance("A", 1, "")}${instance("B", 2, "")}`,
  );
  const since = await bench.tells('GROUP "G" MASTER 0');
  rmSync(flag);
  const lost = await bench.tells('GROUP "G" FAULT 0', since);
  assert.deepEqual(bench.told.slice(since, lost), [
    'INSTANCE "A" FAULT 100',
    'INSTANCE "B" FAULT 100',
    'GROUP "G" FAULT 0',
  ]);
  writeFileSync(flag, "");
  await bench.tells('GROUP "G" MASTER 0', lost);
});

labTest(
  "a reload: another weight counts at once and without a run, a tracker that goes takes its effect along",
  ["ours"],
  async (lab) => {
    const bench = await Bench.open(lab);
    const runs = bench.recorder.path("runs");
    const count = bench.recorder.makeScript("count.sh", `echo x >> ${runs}\nexit 1`);
    const definition = `vrrp_script chk {\nscript "${count}"\ninterval 60\nweight -10\n}\n`;
    bench.start(`${definition}${instance("A", 1, "track_script {\nchk\n}")}`);
    let since = await bench.tells('INSTANCE "A" MASTER 90');
    await bench.reload(`${definition}${instance("A", 1, "track_script {\nchk weight -30\n}")}`);
    since = await bench.tells('INSTANCE "A" MASTER_PRIORITY 70', since);
    await bench.logs(
      /Changing effective priority from 90 to 70 \(script chk failed \(exited with status 1\)\)/,
    );
    await bench.reload(`${definition}${instance("A", 1, "")}`);
    await bench.tells('INSTANCE "A" MASTER_PRIORITY 100', since);
    assert.equal(readFileSync(runs, "utf8"), "x\n");
    assert.ok(!bench.told.includes('INSTANCE "A" FAULT 100'));
  },
);

labTest(
  "a reload with another command of a script: its weight stays until the new one has a result",
  ["ours"],
  async (lab) => {
    const bench = await Bench.open(lab);
    const go = bench.recorder.path("go");
    const slow = bench.recorder.makeScript("slow.sh", `while ! [ -e ${go} ]; do sleep 0.05; done\nexit 1`);
    const text = (command: string): string =>
      `vrrp_script chk {\nscript "${command}"\ninterval 60\nweight 20\n}\n${instance("A", 1, "track_script {\nchk\n}")}`;
    bench.start(text("/bin/true"));
    const since = await bench.tells('INSTANCE "A" MASTER 120');
    await bench.reload(text(slow));
    assert.deepEqual(bench.told.slice(since), [], "no change of the priority by the reload");
    writeFileSync(go, "");
    await bench.tells('INSTANCE "A" MASTER_PRIORITY 100', since);
    await bench.logs(
      /Changing effective priority from 120 to 100 \(script chk failed \(exited with status 1\)\)/,
    );
  },
);

labTest(
  "a reload that lets a sync group track what has failed already: its members, themselves unchanged, go to FAULT",
  ["ours"],
  async (lab) => {
    const bench = await Bench.open(lab);
    const bad = bench.recorder.makeScript("bad.sh", "exit 1");
    const definition = `vrrp_script chk {\nscript "${bad}"\ninterval 60\n}\n`;
    const instances = `${instance("A", 1, "")}${instance("C", 2, "track_script {\nchk\n}")}`;
    const group = (lines: string): string => `vrrp_sync_group G {\ngroup {\nA\n}\n${lines}\n}\n`;
    bench.start(`${definition}${instances}${group("")}`);
    await bench.tells('INSTANCE "C" FAULT 100');
    const since = await bench.tells('INSTANCE "A" MASTER 100');
    await bench.reload(`${definition}${instances}${group("track_script {\nchk\n}")}`);
    await bench.tells('INSTANCE "A" FAULT 100', since);
  },
);

labTest(
  "processes in a network namespace, where the kernel does not tell of them, move the priority",
  ["ours"],
  async (lab) => {
    const bench = await Bench.open(lab);
    const seconds = `3000.${process.pid}`;
    const definition = `vrrp_track_process p {\nprocess sleep ${seconds}\nweight 20\n}\n`;
    bench.start(`${definition}${instance("A", 1, "track_process {\np\n}")}`);
    const since = await bench.tells('INSTANCE "A" MASTER 100');
    const tracked = lab.run("sleep", { namespace: bench.host.namespace, command: ["sleep", seconds] });
    const up = await bench.tells('INSTANCE "A" MASTER_PRIORITY 120', since);
    tracked.kill("SIGKILL");
    await bench.tells('INSTANCE "A" MASTER_PRIORITY 100', up);
    await bench.logs(/from 120 to 100 \(process p has lost its quorum \(0 running, 1 wanted\)\)/);
  },
);
