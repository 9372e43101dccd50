/**
 * Virtual servers under random results, weights, addresses and reloads: what must hold whatever happens; and the rules
 * that no recorded scenario shows.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { CheckConfig } from "../../../src/config/check-model.js";
import type { CheckResult } from "../../../src/check/checkers/checker.js";
import { gainsQuorum, losesQuorum } from "../../../src/check/quorum.js";
import { read } from "../config/fake-files.js";
import { FAIL, Farm, PASS, SECOND } from "./farm.js";

interface ServerText {
  weight?: number;
  checks?: number;
  more?: string;
}

/** A service at 10.0.0.1:80 with servers 10.1.0.1, 10.1.0.2 ... each with TCP_CHECKs at its own ports. */
function text(servers: readonly ServerText[], more = "", global = ""): string {
  const blocks = servers.map(({ weight = 1, checks = 1, more: lines = "" }, i) => {
    const checkers = Array.from(
      { length: checks },
      (_, n) => ` TCP_CHECK {\n connect_port ${8000 + n}\n }\n`,
    );
    return `real_server 10.1.0.${i + 1} 80 {\n weight ${weight}\n ${lines}\n${checkers.join("")}}\n`;
  });
  const head =
    "delay_loop 1\n retry 1\n delay_before_retry 1\n warmup 0\n lvs_sched rr\n lvs_method NAT\n protocol TCP\n";
  return `global_defs {\n router_id R\n ${global}\n}\nvirtual_server 10.0.0.1 80 {\n${head} ${more}\n${blocks.join("")}}\n`;
}

function config(source: string): CheckConfig {
  return JSON.parse(JSON.stringify(read(source).config.check)) as CheckConfig;
}

/** Servers that are dead by their last number, or by number and port. */
class Graveyard {
  readonly dead = new Set<string>();

  find(address: string, port: number): CheckResult {
    return this.dead.has(address) || this.dead.has(`${address}:${port}`) ? FAIL : PASS;
  }
}

function farm(source: string, graveyard = new Graveyard()): { farm: Farm; graveyard: Graveyard } {
  const made = new Farm(config(source), ({ config: checker, server }) =>
    "target" in checker ? graveyard.find(server.config.address, checker.target.port ?? 0) : PASS,
  );
  return { farm: made, graveyard };
}

function weights(made: Farm): Record<string, number> {
  const [service] = made.services();
  return Object.fromEntries((service?.destinations ?? []).map(({ address, weight }) => [address, weight]));
}

test("5.1: a server is down with the first checker that fails and up with the last one that recovers", () => {
  const { farm: made, graveyard } = farm(text([{ checks: 2 }, {}]));
  made.start();
  made.advance(2 * SECOND);
  graveyard.dead.add("10.1.0.1:8000").add("10.1.0.1:8001");
  made.advance(5 * SECOND);
  assert.deepEqual(weights(made), { "10.1.0.2": 1 });
  graveyard.dead.delete("10.1.0.1:8000");
  made.advance(5 * SECOND);
  assert.deepEqual(weights(made), { "10.1.0.2": 1 });
  graveyard.dead.delete("10.1.0.1:8001");
  made.advance(5 * SECOND);
  assert.deepEqual(weights(made), { "10.1.0.1": 1, "10.1.0.2": 1 });
});

test("5.1: with alpha each checker that fails its first check is told, though the server never was up", () => {
  const { farm: made, graveyard } = farm(text([{ checks: 2 }], "alpha"));
  graveyard.dead.add("10.1.0.1");
  made.start();
  made.advance(2 * SECOND);
  assert.deepEqual(made.takeLines(), [
    "RS [10.1.0.1]:tcp:80 [10.0.0.1]:tcp:80 DOWN",
    "RS [10.1.0.1]:tcp:80 [10.0.0.1]:tcp:80 DOWN",
  ]);
});

test("10: rs_init_notifies tells of every server at the start", () => {
  const { farm: made } = farm(text([{}, {}], "", "rs_init_notifies"));
  made.start();
  assert.deepEqual(made.takeLines().sort(), [
    "RS [10.1.0.1]:tcp:80 [10.0.0.1]:tcp:80 UP",
    "RS [10.1.0.2]:tcp:80 [10.0.0.1]:tcp:80 UP",
    "VS [10.0.0.1]:tcp:80 UP",
  ]);
});

test("10: mails tell which check decided, the arithmetic of the quorum, and the end", () => {
  const { farm: made, graveyard } = farm(text([{}, {}], "smtp_alert\n omega"));
  made.start();
  assert.deepEqual(made.mails.splice(0), [
    "Virtualserver [10.0.0.1]:tcp:80 - UP: Starting with quorum up 1+0=1 <= 2",
  ]);
  graveyard.dead.add("10.1.0.1").add("10.1.0.2");
  made.advance(2 * SECOND);
  assert.deepEqual(made.mails.splice(0), [
    "Realserver [10.1.0.1]:tcp:80 of virtual server [10.0.0.1]:tcp:80 - DOWN: TCP CHECK failed on service : connection refused",
    "Virtualserver [10.0.0.1]:tcp:80 - DOWN: Lost quorum 1-0=1 > 0",
    "Realserver [10.1.0.2]:tcp:80 of virtual server [10.0.0.1]:tcp:80 - DOWN: TCP CHECK failed on service : connection refused",
  ]);
  graveyard.dead.delete("10.1.0.2");
  made.advance(2 * SECOND);
  assert.deepEqual(made.mails.splice(0), [
    "Virtualserver [10.0.0.1]:tcp:80 - UP: Gained quorum 1+0=1 <= 1",
    "Realserver [10.1.0.2]:tcp:80 of virtual server [10.0.0.1]:tcp:80 - UP: TCP CHECK succeed on service",
  ]);
  made.stop();
  assert.deepEqual(made.mails, [
    "Realserver [10.1.0.2]:tcp:80 of virtual server [10.0.0.1]:tcp:80 - DOWN: Shutting down",
    "Virtualserver [10.0.0.1]:tcp:80 - DOWN: Shutting down",
  ]);
});

test("10: with no_checker_emails only a change of the server itself is mailed", () => {
  for (const [global, expected] of [
    ["", 2],
    ["no_checker_emails", 1],
  ] as const) {
    const { farm: made, graveyard } = farm(text([{ checks: 2 }, {}], "", global));
    graveyard.dead.add("10.1.0.1");
    made.start();
    made.advance(3 * SECOND);
    assert.equal(made.mails.length, expected, global);
  }
});

test("3.3: single failures are logged when that is asked for, the decisive one always", () => {
  for (const [global, expected] of [
    ["", 1],
    ["checker_log_all_failures", 2],
  ] as const) {
    const { farm: made, graveyard } = farm(text([{}, {}], "", global));
    made.start();
    made.advance(1.5 * SECOND);
    graveyard.dead.add("10.1.0.1");
    made.advance(4 * SECOND);
    const failures = made.log.filter((line) => line.includes("failed"));
    assert.equal(failures.length, expected, global);
    assert.equal(
      failures.at(-1),
      "TCP_CHECK on service [10.1.0.1]:tcp:80 failed after 1 retry: connection refused",
    );
  }
});

test("a check that cannot be carried out changes nothing and is said once", () => {
  const made = new Farm(config(text([{}])), () => ({ verdict: "notRun", detail: "socket: EMFILE" }));
  made.start();
  made.advance(5 * SECOND);
  assert.deepEqual(weights(made), { "10.1.0.1": 1 });
  assert.equal(made.log.filter((line) => line.includes("EMFILE")).length, 1);
});

test("9.1: suspended checkers check nothing, and say when they rest and when they begin", () => {
  const { farm: made, graveyard } = farm(text([{}, {}], "ha_suspend"));
  graveyard.dead.add("10.1.0.1");
  made.start();
  made.advance(5 * SECOND);
  assert.equal(made.checks.length, 0);
  assert.equal(made.log.filter((line) => line.startsWith("Suspending healthchecker")).length, 2);
  made.setAddressCount("[10.0.0.1]:tcp:80", 2);
  made.setAddressCount("[10.0.0.1]:tcp:80", 1);
  assert.equal(made.log.filter((line) => line.startsWith("Activating healthchecker")).length, 2);
  made.advance(2 * SECOND);
  assert.deepEqual(weights(made), { "10.1.0.2": 1 });
});

test("7.3: a reload of the same text changes, tells and checks nothing anew", () => {
  const source = text([{}, { checks: 2 }, { weight: 3 }], "quorum 2");
  const { farm: made, graveyard } = farm(source);
  graveyard.dead.add("10.1.0.3");
  made.start();
  made.advance(3.5 * SECOND);
  const before = [made.services(), [...made.director.checkers()].map(({ schedule }) => schedule.nextAt)];
  made.takeLines();
  made.reload(config(source));
  const after = [made.services(), [...made.director.checkers()].map(({ schedule }) => schedule.nextAt)];
  assert.deepEqual(after, before);
  assert.deepEqual(made.takeLines(), []);
});

test("7.3: a reload costs what it changes: whose definition is the same object is left alone, but for groups", () => {
  const source = text([{}, { weight: 2 }]);
  const group = "virtual_server_group web {\n 10.0.0.9 80\n}\n";
  const grouped = source.replace("virtual_server 10.0.0.1 80", "virtual_server group web");
  const before = config([source, source.replace("10.0.0.1 80", "10.0.0.2 80"), group, grouped].join(""));
  const { farm: made, graveyard } = farm(source);
  made.start();
  made.reload(before);
  graveyard.dead.add("10.1.0.2");
  made.advance(4 * SECOND);
  made.takeApplied();
  const [first, second, ...others] = before.virtualServers;
  assert.ok(first !== undefined && second !== undefined && others.length === 1);
  const copy = JSON.parse(JSON.stringify(second)) as typeof second;
  made.reload({ ...before, virtualServers: [first, copy, ...others] });
  assert.deepEqual(made.takeApplied(), ["[10.0.0.2]:tcp:80", "[web]:0"]);
  const checks = made.checks.length;
  graveyard.dead.delete("10.1.0.2");
  made.advance(2 * SECOND);
  assert.ok(made.checks.length >= checks + 6, "checks of all go on");
  assert.deepEqual(made.takeApplied(), ["[10.0.0.1]:tcp:80", "[10.0.0.2]:tcp:80", "[web]:0"]);
});

test("7.3: a shorter delay_loop counts from the reload on, not from the next check of the old one", () => {
  const source = (delayLoop: number): string =>
    text([{}, { checks: 2 }]).replace("delay_loop 1", `delay_loop ${delayLoop}`);
  const { farm: made } = farm(source(3600));
  made.start();
  made.advance(2 * SECOND);
  const before = made.checks.length;
  made.reload(config(source(5)));
  made.advance(4.9 * SECOND);
  assert.equal(made.checks.length, before);
  made.advance(0.2 * SECOND);
  assert.equal(made.checks.length, before + 3);
});

test("7.3: a server that waits for its first success goes on waiting over a reload", () => {
  const { farm: made, graveyard } = farm(text([{}], "alpha"));
  graveyard.dead.add("10.1.0.1");
  made.start();
  made.reload(config(text([{}], "alpha\n quorum 1")));
  assert.deepEqual(made.services(), []);
  made.advance(3 * SECOND);
  assert.deepEqual(weights(made), {});
  assert.equal(made.services().length, 1);
});

test("7.2: a checker that does something else is made anew, and keeps its state where its identity is the same", () => {
  const udp = (lines: string): string =>
    text([{ checks: 0, more: `UDP_CHECK {\n connect_port 53\n ${lines}\n}` }, {}]);
  const made = new Farm(config(udp("payload 00")), ({ config: checker }) =>
    checker.kind === "udp" ? FAIL : PASS,
  );
  made.start();
  made.advance(2 * SECOND);
  assert.deepEqual(weights(made), { "10.1.0.2": 1 });
  made.reload(config(udp("payload 00\n retry 3")));
  assert.equal(made.prepared.length, 0, "timing changes nothing about the check");
  made.reload(config(udp("payload 01")));
  assert.equal(made.prepared.length, 1);
  assert.deepEqual(weights(made), { "10.1.0.2": 1 });
  made.reload(config(udp("payload 01\n connect_port 54")));
  assert.equal(made.prepared.length, 2);
  assert.deepEqual(weights(made), { "10.1.0.1": 1, "10.1.0.2": 1 }, "another checker begins anew");
});

test("a service of which nothing is known is not in the kernel; one answer is enough", () => {
  const { farm: made, graveyard } = farm(text([{}, {}], "alpha"));
  graveyard.dead.add("10.1.0.1").add("10.1.0.2");
  made.start();
  assert.deepEqual(made.services(), []);
  made.takeApplied();
  made.advance(1.1 * SECOND);
  assert.deepEqual(made.services().length, 1);
  assert.ok(made.takeApplied().length > 0, "the kernel is told of it");
});

type Deed =
  | { kind: "die"; server: number; check: number }
  | { kind: "revive"; server: number; check: number }
  | { kind: "reload"; texts: number }
  | { kind: "pass"; seconds: number }
  | { kind: "addresses"; count: number };

const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({
    kind: fc.constant("die" as const),
    server: fc.integer({ min: 1, max: 4 }),
    check: fc.integer({ min: 0, max: 1 }),
  }),
  fc.record({
    kind: fc.constant("revive" as const),
    server: fc.integer({ min: 1, max: 4 }),
    check: fc.integer({ min: 0, max: 1 }),
  }),
  fc.record({ kind: fc.constant("reload" as const), texts: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ kind: fc.constant("pass" as const), seconds: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant("addresses" as const), count: fc.integer({ min: 0, max: 2 }) }),
);

const serverText: fc.Arbitrary<ServerText> = fc.record({
  weight: fc.integer({ min: 0, max: 4 }),
  checks: fc.integer({ min: 0, max: 2 }),
  more: fc.constantFrom("", "inhibit_on_failure", "alpha"),
});

const anyText = fc
  .record({
    servers: fc.array(serverText, { minLength: 1, maxLength: 4 }),
    quorum: fc.integer({ min: 1, max: 6 }),
    hysteresis: fc.integer({ min: 0, max: 3 }),
    more: fc.constantFrom("", "sorry_server 10.2.0.1 80", "sorry_server 10.2.0.1 80\n sorry_server_inhibit"),
    flags: fc.constantFrom("", "alpha", "omega", "ha_suspend"),
  })
  .map(({ servers, quorum, hysteresis, more, flags }) =>
    text(servers, `quorum ${quorum}\n hysteresis ${hysteresis}\n ${more}\n ${flags}`),
  );

/** What holds between any two events. */
function judge(made: Farm): void {
  for (const service of made.director.services) {
    for (const server of service.servers) {
      const down = server.checkers.filter(({ schedule }) => !schedule.up).length;
      assert.equal(server.failedCheckers, down, "failed checkers are those that are not up");
      assert.equal(server.alive, down === 0, "alive is who has no failed checker");
    }
    if (service.quorumUp)
      assert.ok(!losesQuorum(service.config, service.liveWeight), "quorum should be lost");
    else assert.ok(!gainsQuorum(service.config, service.liveWeight), "quorum should be gained");
    if (service.quorumUp) assert.ok(!service.sorryServing, "both serve");
    if (!service.quorumUp && service.config.sorryServer !== undefined)
      assert.ok(service.sorryServing, "nobody serves");
    const serving = service.destinations().filter(({ weight }) => weight > 0);
    if (service.sorryServing)
      assert.deepEqual(
        serving.map(({ address }) => address),
        ["10.2.0.1"],
      );
    else assert.ok(serving.every(({ address }) => address !== "10.2.0.1"));
  }
}

test("whatever happens: counts, quorum, sorry server and kernel agree, and events of a service alternate", () => {
  fc.assert(
    fc.property(
      fc.array(anyText, { minLength: 4, maxLength: 4 }),
      fc.array(deed, { maxLength: 40 }),
      (texts, deeds) => {
        const configs = texts.map(config);
        const graveyard = new Graveyard();
        const made = farm(texts[0] ?? "", graveyard).farm;
        const applied = new AppliedServices(made);
        made.start();
        judge(made);
        for (const step of deeds) {
          if (step.kind === "die") graveyard.dead.add(`10.1.0.${step.server}:${8000 + step.check}`);
          else if (step.kind === "revive")
            graveyard.dead.delete(`10.1.0.${step.server}:${8000 + step.check}`);
          else if (step.kind === "reload") made.reload(configs[step.texts] as CheckConfig);
          else if (step.kind === "addresses") made.setAddressCount("[10.0.0.1]:tcp:80", step.count);
          else made.advance(step.seconds * SECOND);
          judge(made);
          applied.compare();
        }
      },
    ),
    { numRuns: 300 },
  );
});

/** The kernel hears of every change. */
class AppliedServices {
  readonly #farm: Farm;
  #known = "[]";

  constructor(made: Farm) {
    this.#farm = made;
  }

  compare(): void {
    const now = JSON.stringify(this.#farm.services());
    const told = this.#farm.takeApplied().length > 0;
    if (now !== this.#known) assert.ok(told, "a change that the kernel does not hear of");
    this.#known = now;
  }
}
