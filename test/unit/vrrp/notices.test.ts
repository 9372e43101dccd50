/** What is told outside about transitions, in which order, and how often. Scripts are only noted, not started. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ScriptSetting, VrrpConfig, VrrpInstanceConfig } from "../../../src/config/model.js";
import type { Addon, SpawnOptions } from "../../../src/native/addon.js";
import { Accounts } from "../../../src/platform/accounts.js";
import type { AlertText } from "../../../src/notify/alert-text.js";
import { Notices } from "../../../src/vrrp/effects/notices.js";
import { VrrpInstance } from "../../../src/vrrp/instance.js";
import { group, settings } from "./settings.js";

const script = (word: string): ScriptSetting => ({
  args: ["/s", word],
  position: { file: "test", line: 1, column: 1 },
});

/** Instances whose addresses are in place when the test says so. */
class Scene {
  readonly runs: string[] = [];
  readonly mails: string[] = [];
  readonly waiting = new Map<string, () => void>();
  readonly busy = new Set<string>();
  readonly notices: Notices;
  nowMicros = 0;

  constructor() {
    const addon = {
      monotonicMicros: () => this.nowMicros,
      spawn: ({ args }: SpawnOptions, onExit: (status: number, signal: number) => void) => {
        this.runs.push(args.slice(1).join(" "));
        setImmediate(() => onExit(0, -1));
        return { pid: 1, kill: () => true, readStderr: () => undefined, close: () => undefined };
      },
    } as unknown as Addon;
    const silent = (): void => undefined;
    this.notices = new Notices({
      addon,
      log: { info: silent, warning: silent, error: silent, detail: silent },
      kernel: {
        afterChange: (owner, _kind, run) => {
          if (this.busy.has(owner)) this.waiting.set(owner, run);
          else run();
        },
      },
      alert: ({ subject }: AlertText) => this.mails.push(subject),
    });
  }

  async configure(instances: readonly VrrpInstanceConfig[]): Promise<void> {
    const config = {
      instances,
      syncGroups: [
        {
          ...group(
            "G",
            instances.map(({ name }) => name),
          ),
          notify: { any: script("any") },
        },
      ],
      global: { routerId: "R", fifos: { statesOnReload: false }, mail: { noFaultMails: false } },
    };
    await this.notices.setConfig(config as unknown as VrrpConfig, new Accounts("", ""));
  }

  /** Lets all scripts end. */
  async settle(): Promise<void> {
    for (let i = 0; i < 40; i++) await new Promise((resolve) => setImmediate(resolve));
  }
}

const instance = (name: string, changes: Partial<VrrpInstanceConfig> = {}): VrrpInstance =>
  new VrrpInstance(settings({ name, notify: { any: script("any") }, ...changes }));

test("nothing overtakes what still waits for its addresses", async () => {
  const scene = new Scene();
  const [a, b] = [instance("A"), instance("B")];
  await scene.configure([a.settings, b.settings]);
  scene.busy.add("a");
  scene.notices.onInstance(a, "a", { kind: "notify", from: "backup", to: "master", cause: "" });
  scene.notices.onInstance(b, "b", { kind: "notify", from: "backup", to: "master", cause: "" });
  scene.notices.onGroup({ kind: "notifyGroup", group: "G", to: "master", cause: "" }, (name) =>
    name.toLowerCase(),
  );
  await scene.settle();
  assert.deepEqual(scene.runs, []);
  scene.waiting.get("a")?.();
  await scene.settle();
  assert.deepEqual(scene.runs, [
    "any INSTANCE A MASTER 100",
    "any INSTANCE B MASTER 100",
    "any GROUP G MASTER 0",
  ]);
});

test("the winner of two masters is told MASTER again once per meeting, however many adverts the loser sends", async () => {
  const scene = new Scene();
  const a = instance("A", { advertIntervalMicros: 1_000_000 });
  await scene.configure([a.settings]);
  for (let i = 0; i < 5; i++) {
    scene.notices.onLowerPriority(a, "a");
    scene.nowMicros += 3_000_000;
  }
  await scene.settle();
  assert.deepEqual(scene.runs, ["any INSTANCE A MASTER 100"]);
  scene.nowMicros += 1;
  scene.notices.onLowerPriority(a, "a");
  await scene.settle();
  assert.equal(scene.runs.length, 2);
});

test("who has a script for that has it run, and MASTER is not told again", async () => {
  const scene = new Scene();
  const a = instance("A", { notify: { any: script("any"), masterReceivesLowerPriority: script("lower") } });
  await scene.configure([a.settings]);
  scene.notices.onLowerPriority(a, "a");
  await scene.settle();
  scene.notices.onLowerPriority(a, "a");
  await scene.settle();
  assert.deepEqual(scene.runs, ["lower", "lower"]);
});

test("a removal is DELETED for those who asked for it, else FAULT, and silent after FAULT", async () => {
  const scene = new Scene();
  const plain = instance("A");
  const asked = instance("B", { notifyDeleted: true });
  await scene.configure([plain.settings, asked.settings]);
  scene.notices.onInstance(plain, "a", { kind: "notify", from: "fault", to: "deleted", cause: "" });
  scene.notices.onInstance(plain, "a", { kind: "notify", from: "backup", to: "deleted", cause: "" });
  scene.notices.onInstance(asked, "b", { kind: "notify", from: "fault", to: "deleted", cause: "" });
  await scene.settle();
  assert.deepEqual(scene.runs, ["any INSTANCE A FAULT 100", "any INSTANCE B DELETED 100"]);
});

test("mails go out only where they are asked for, and not twice for one state", async () => {
  const scene = new Scene();
  const [a, b] = [instance("A", { smtpAlert: true }), instance("B")];
  await scene.configure([a.settings, b.settings]);
  for (const machine of [a, a, b])
    scene.notices.onInstance(machine, machine.name, {
      kind: "notify",
      from: "init",
      to: "backup",
      cause: "",
    });
  assert.deepEqual(scene.mails, ["[R] VRRP Instance A - Entering BACKUP state"]);
});
