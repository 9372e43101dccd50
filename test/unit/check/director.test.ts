/** Rules of virtual servers that no recorded scenario shows (check-ipvs reference; numbers are those of its sections). */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CheckResult } from "../../../src/check/checkers/checker.js";
import { FAIL, Farm, PASS, SECOND } from "./farm.js";
import { config, farm, text, weights } from "./graveyard.js";

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
  assert.equal(made.checks.length, before, "nobody is checked by the reload itself");
  made.advance(5.1 * SECOND);
  assert.equal(made.checks.length, before + 3);
  made.advance(5 * SECOND);
  assert.equal(made.checks.length, before + 6);
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

test("3.3: a first failure is final, and no retries are told of", () => {
  const { farm: made, graveyard } = farm(text([{}]));
  graveyard.dead.add("10.1.0.1");
  made.start();
  made.advance(2 * SECOND);
  const failures = made.log.filter((line) => line.includes("failed"));
  assert.deepEqual(failures, ["TCP_CHECK on service [10.1.0.1]:tcp:80 failed: connection refused"]);
});

test("5.4: without a sorry server nothing is said of one; with the address of a real server it is that entry", () => {
  const { farm: made, graveyard } = farm(text([{}, {}]));
  graveyard.dead.add("10.1.0.1").add("10.1.0.2");
  made.start();
  made.advance(2 * SECOND);
  graveyard.dead.clear();
  made.advance(2 * SECOND);
  assert.ok(made.log.some((line) => line.startsWith("Gained quorum")));
  assert.deepEqual(
    made.log.filter((line) => /sorry|alive servers/.test(line)),
    [],
  );
  const twin = farm(text([{ weight: 3 }, {}], "sorry_server 10.1.0.1 80\n sorry_server_inhibit"));
  twin.farm.start();
  assert.deepEqual(weights(twin.farm), { "10.1.0.1": 3, "10.1.0.2": 1 }, "it does not serve");
  twin.graveyard.dead.add("10.1.0.1").add("10.1.0.2");
  twin.farm.advance(2 * SECOND);
  assert.deepEqual(weights(twin.farm), { "10.1.0.1": 1 }, "it serves");
});

test("10: who asked for no mails gets none, of servers and of the quorum", () => {
  const { farm: made, graveyard } = farm(text([{ more: "smtp_alert off" }], "smtp_alert off\n omega"));
  graveyard.dead.add("10.1.0.1");
  made.start();
  made.advance(2 * SECOND);
  graveyard.dead.clear();
  made.advance(2 * SECOND);
  made.stop();
  assert.deepEqual(made.mails, []);
});

test("7.3: a service and a server that a reload brings wait for their first success with alpha", () => {
  const { farm: made, graveyard } = farm(text([{}]));
  made.start();
  made.advance(2 * SECOND);
  graveyard.dead.add("10.1.0.2");
  made.reload(config(text([{}, {}], "alpha")));
  assert.deepEqual(weights(made), { "10.1.0.1": 1 });
  made.reload(config(text([{}, {}], "alpha").replace("10.0.0.1 80", "10.0.0.9 80")));
  assert.deepEqual(made.services(), [], "nothing is known of the new service");
  made.advance(2 * SECOND);
  assert.deepEqual(weights(made), { "10.1.0.1": 1 });
});

test("checkers that come with reloads take the numbers of those that went", () => {
  const { farm: made } = farm(text([{ checks: 3 }, {}]));
  made.start();
  for (let i = 0; i < 5; i++) {
    made.reload(config(text([{}])));
    made.reload(config(text([{ checks: 3 }, {}])));
  }
  const ids = [...made.director.checkers()].map(({ id }) => id);
  assert.deepEqual(ids.sort(), [0, 1, 2, 3]);
});

/** A service whose first server has a checker of another kind; the world says what that finds. */
function special(lines: string, more = ""): { made: Farm; say: (result: CheckResult) => void } {
  let result: CheckResult = PASS;
  const files = "track_file F {\n file /f\n}\n";
  const source = files + text([{ checks: 0, more: lines }, {}], more);
  const made = new Farm(config(source), ({ config: { kind } }) => (kind === "tcp" ? PASS : result));
  const say = (next: CheckResult): void => {
    result = next;
    made.tellEvents();
  };
  return { made, say };
}

const FILE_CHECK = "FILE_CHECK {\n track_file F\n weight 1\n}";
const added = (weight: number): CheckResult => ({ verdict: "passed", weight: { kind: "added", weight } });

test("4.9: what a file says before the start counts from the start", () => {
  const { made, say } = special(FILE_CHECK);
  say(added(4));
  made.start();
  assert.deepEqual(weights(made), { "10.1.0.1": 5, "10.1.0.2": 1 });
  assert.deepEqual(
    made.log.filter((line) => line.startsWith("Changing weight")),
    [],
  );
});

test("9.1: what a file says to a suspended service counts when it wakes, the last word, and once", () => {
  const { made, say } = special(FILE_CHECK, "ha_suspend");
  made.start();
  say(FAIL);
  say(added(4));
  assert.equal(weights(made)["10.1.0.1"], 1, "not yet");
  made.setAddressCount("[10.0.0.1]:tcp:80", 1);
  assert.equal(weights(made)["10.1.0.1"], 5);
  say(added(9));
  made.setAddressCount("[10.0.0.1]:tcp:80", 0);
  made.setAddressCount("[10.0.0.1]:tcp:80", 1);
  assert.equal(weights(made)["10.1.0.1"], 10, "not what was missed in the sleep before");
});

test("4.8: a server that comes back has the weight of the script that brought it back", () => {
  const misc = "MISC_CHECK {\n misc_path /bin/true\n misc_dynamic\n}";
  const { made, say } = special(misc);
  say(FAIL);
  made.start();
  made.advance(2 * SECOND);
  assert.equal(weights(made)["10.1.0.1"], undefined);
  say({ verdict: "passed", weight: { kind: "instead", weight: 7 } });
  const seen = new Set<number | undefined>();
  for (let i = 0; i < 30; i++) {
    made.advance(SECOND / 10);
    seen.add(weights(made)["10.1.0.1"]);
  }
  assert.deepEqual([...seen], [undefined, 7]);
});
