/** The scenario table of keepalived (reference section 21) in virtual time: IPv4, one second, priority 100, unless said. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { VrrpInstanceConfig } from "../../../src/config/model.js";
import { endOfStartupDelay } from "../../../src/vrrp/startup-delay.js";
import { Segment } from "./segment.js";
import { announce, group, seconds, settings } from "./settings.js";

const A = "10.8.0.5";
const FIRST = 3_609_375;

/** One router alone, already master (first advert at FIRST). */
function master(changes: Partial<VrrpInstanceConfig> = {}, at = seconds(4)): Segment {
  const lan = new Segment();
  lan.join("a", settings(changes), A);
  lan.advance(at);
  return lan;
}

const times = (lan: Segment, node = "a") => lan.sent(node).map(({ at }) => at);
const priorities = (lan: Segment, node = "a") => lan.sent(node).map(({ priority }) => priority);

test("start alone: BACKUP at once, first advert after 3.61 s, five rounds of GARP then and 5 s later", () => {
  const lan = master({}, seconds(20));
  assert.deepEqual(lan.notices("a"), ["VI_1 BACKUP", "VI_1 MASTER"]);
  assert.equal(times(lan)[0], FIRST);
  assert.deepEqual(lan.did("a", "announceAddresses"), ["3.609375 5", "8.609375 5"]);
});

test("start alone with priority 150: first advert after 3.41 s", () => {
  assert.equal(times(master({ priority: 150 }))[0], 3_414_062);
});

test("state MASTER with priority 100 is the same as BACKUP", () => {
  const lan = master({ initialState: "MASTER" }, seconds(20));
  assert.deepEqual(lan.notices("a"), ["VI_1 BACKUP", "VI_1 MASTER"]);
  assert.equal(times(lan)[0], FIRST);
});

test("priority 255: first advert at once, no BACKUP notification", () => {
  const lan = master({ priority: 255, initialState: "MASTER" });
  assert.equal(times(lan)[0], 1);
  assert.deepEqual(lan.notices("a"), ["VI_1 MASTER"]);
});

test("startup delay 2.5 s: BACKUP at once, adverts unheard meanwhile, MASTER 2.5 + 3.61 s after the start", () => {
  const lan = new Segment();
  lan.join("a", settings(), A, seconds(2.5));
  assert.deepEqual(lan.notices("a"), ["VI_1 BACKUP"]);
  lan.outsider("10.8.0.9", settings({ priority: 0 }));
  lan.advance(seconds(7));
  assert.equal(times(lan)[0], seconds(2.5) + FIRST);
});

test("MASTER hears priority 50: own advert and GARPs at once, GARPs 5 s later, period from the forced advert", () => {
  const lan = master({ announce: announce({ masterDelayMicros: 0 }) });
  lan.outsider("10.8.0.9", settings({ priority: 50 }));
  lan.advance(seconds(6));
  assert.deepEqual(times(lan).slice(0, 4), [FIRST, seconds(4), seconds(5), seconds(6)]);
  assert.deepEqual(lan.did("a", "announceAddresses", seconds(4)), ["4 5", "9 5"]);
  assert.deepEqual(lan.did("a", "notifyLowerPriority"), ["4 50"]);
});

test("a reload moves what is left of the startup delay, and one that is over stays over", () => {
  const lan = new Segment();
  lan.join("a", settings(), "192.0.2.1", seconds(10));
  lan.advance(seconds(2));
  lan.reload("a", settings(), seconds(4));
  lan.advance(seconds(3));
  lan.reload("a", settings(), seconds(30));
  lan.advance(seconds(3));
  assert.equal(times(lan)[0], seconds(4) + FIRST);
});

test("startup delay of an address owner: MASTER when it is over", () => {
  const lan = new Segment();
  lan.join("a", settings({ priority: 255, initialState: "MASTER" }), "192.0.2.1", seconds(2));
  lan.advance(seconds(1.9));
  assert.equal(lan.state("a"), "backup");
  lan.advance(seconds(0.2));
  assert.equal(lan.state("a"), "master");
});

test("reference 9: the longer of startup delay and delay after boot counts", () => {
  const delays = { startupDelayMicros: seconds(5), delayAfterBootMicros: seconds(60) };
  assert.equal(endOfStartupDelay(delays, seconds(20)), seconds(60));
  assert.equal(endOfStartupDelay(delays, seconds(100)), seconds(105));
});

test("the same with lower_prio_no_advert, repeat 2, delay 1: schedule untouched, GARPs at once and after 1 s", () => {
  const timing = announce({ masterDelayMicros: 0, lowerPrioRepeat: 2, lowerPrioDelayMicros: seconds(1) });
  const lan = master({ lowerPrioNoAdvert: true, announce: timing });
  lan.outsider("10.8.0.9", settings({ priority: 50 }));
  lan.advance(seconds(2));
  assert.deepEqual(times(lan), [FIRST, FIRST + seconds(1), FIRST + seconds(2)]);
  assert.deepEqual(lan.did("a", "announceAddresses", seconds(4)), ["4 2", "5 2"]);
});

test("MASTER hears priority 200 once: BACKUP in silence, MASTER 3.61 s later, old second burst at its time", () => {
  const lan = master();
  lan.outsider("10.8.0.9", settings({ priority: 200 }));
  lan.advance(seconds(10));
  assert.deepEqual(times(lan).slice(0, 2), [FIRST, seconds(4) + FIRST]);
  assert.deepEqual(priorities(lan).slice(0, 2), [100, 100]);
  assert.deepEqual(lan.did("a", "removeAddresses", 1), ["4"]);
  assert.deepEqual(lan.notices("a"), ["VI_1 BACKUP", "VI_1 MASTER", "VI_1 BACKUP", "VI_1 MASTER"]);
  assert.deepEqual(lan.did("a", "announceAddresses"), [
    "3.609375 5",
    "7.609375 5",
    "8.609375 5",
    "12.609375 5",
  ]);
});

test("the same with higher_prio_send_advert: one own advert right before stepping down", () => {
  const lan = master({ higherPrioSendAdvert: true });
  lan.outsider("10.8.0.9", settings({ priority: 200 }));
  lan.advance(seconds(1));
  assert.deepEqual(times(lan), [FIRST, seconds(4)]);
  const kinds = lan.history.filter(({ at }) => at === seconds(4)).map(({ what }) => what);
  assert(kinds.indexOf("sendAdvert") < kinds.indexOf("removeAddresses"));
});

test("MASTER 10.8.0.5 steps down for equal priority from 10.8.0.6, and treats 10.8.0.3 as lower", () => {
  const lan = master();
  lan.outsider("10.8.0.3", settings());
  lan.advance(0);
  assert.equal(lan.state("a"), "master");
  assert.equal(times(lan).at(-1), seconds(4));
  lan.outsider("10.8.0.6", settings());
  lan.advance(0);
  assert.equal(lan.state("a"), "backup");
});

test("MASTER hears its own address and priority: a warning, nothing else", () => {
  const lan = master();
  lan.outsider(A, settings());
  lan.advance(0);
  assert.equal(lan.state("a"), "master");
  assert.equal(times(lan).length, 1);
  assert.match(lan.did("a", "log", seconds(4)).join(), /our own address/);
});

test("MASTER hears priority 0: one own advert at once, stays MASTER", () => {
  const lan = master();
  lan.outsider("10.8.0.9", settings({ priority: 0 }));
  lan.advance(0);
  assert.deepEqual(times(lan), [FIRST, seconds(4)]);
  assert.equal(lan.state("a"), "master");
});

test("v3 BACKUP (1 s) follows a 0.2 s master: 0.72 s after its last advert, then own adverts say 1 s", () => {
  const lan = new Segment();
  lan.join("a", settings({ version: 3 }), A);
  lan.outsider("10.8.0.9", settings({ version: 3, priority: 200, advertIntervalMicros: seconds(0.2) }));
  lan.advance(seconds(2));
  assert.deepEqual(times(lan), [721_875, 1_721_875]);
  assert.equal(lan.sent("a")[0]?.intervalMicros, seconds(1));
  const text = lan.did("a", "log").join("\n");
  assert.match(text, /advertisement interval updated from 1000ms to 200ms by master/);
  assert.match(text, /changing advert interval from 200ms to locally configured 1000ms/);
});

test("v3 BACKUP (0.2 s) follows a 1 s master: 3.61 s, then own adverts every 0.2 s", () => {
  const lan = new Segment();
  lan.join("a", settings({ version: 3, advertIntervalMicros: seconds(0.2) }), A);
  lan.outsider("10.8.0.9", settings({ version: 3, priority: 200 }));
  lan.advance(seconds(4));
  assert.deepEqual(times(lan), [FIRST, FIRST + seconds(0.2)]);
});

test("v2 BACKUP hears interval 2 instead of 1: ignored, MASTER 3.61 s from its start", () => {
  const lan = new Segment();
  lan.join("a", settings(), A);
  for (let i = 0; i < 6; i++) {
    lan.advance(seconds(0.5));
    lan.outsider("10.8.0.9", settings({ priority: 200, advertIntervalMicros: seconds(2) }));
  }
  lan.advance(seconds(1));
  assert.equal(times(lan)[0], FIRST);
  assert.equal(lan.instance("a").counters.advertIntervalErrors, 6);
});

test("adverts with TTL 254: ignored", () => {
  const lan = new Segment();
  lan.join("a", settings(), A);
  lan.advance(seconds(3));
  lan.outsider("10.8.0.9", settings({ priority: 200 }), 254);
  lan.advance(seconds(1));
  assert.equal(times(lan)[0], FIRST);
});

/** Priority 50 advertises every 0.5 s for 10 s, the last time at 10 s. */
function pestered(changes: Partial<VrrpInstanceConfig>): Segment {
  const lan = new Segment();
  lan.join("a", settings(changes), A);
  for (let i = 0; i < 20; i++) {
    lan.advance(seconds(0.5));
    lan.outsider("10.8.0.9", settings({ priority: 50 }));
  }
  lan.advance(seconds(4));
  return lan;
}

test("priority 50 every 0.5 s while BACKUP: ignored", () => {
  assert.equal(times(pestered({}))[0], FIRST);
});

test("the same with nopreempt: MASTER 3.61 s after the last advert", () => {
  assert.equal(times(pestered({ preempt: false }))[0], seconds(10) + FIRST);
});

test("the same with preempt_delay 3: accepted for 3 s, MASTER 3.61 s after the last one accepted", () => {
  // First lower advert at 0.5 s, so the delay ends at 3.5 s and the advert at 3.0 s is the last one accepted.
  const lan = pestered({ preemptDelayMicros: seconds(3) });
  assert.equal(times(lan)[0], seconds(3) + FIRST);
  assert.match(lan.did("a", "log").join("\n"), /0\.5 start preempt delay \(3\.000000\)/);
});

test("preempt_delay starts anew when a better master was heard in between", () => {
  const lan = new Segment();
  lan.join("a", settings({ preemptDelayMicros: seconds(3) }), A);
  const hear = (priority: number) => {
    lan.advance(seconds(1));
    lan.outsider("10.8.0.9", settings({ priority }));
  };
  for (const priority of [50, 50, 200, 50, 50, 50, 50, 50, 50]) hear(priority);
  lan.advance(seconds(5));
  // Lower from 4 s on: delay until 7 s, last accepted at 6 s.
  assert.equal(times(lan)[0], seconds(6) + FIRST);
  assert.match(lan.did("a", "log").join("\n"), /3 stop preempt delay/);
});

test("preempt_delay starts anew when BACKUP is entered again", () => {
  const lan = pestered({ preemptDelayMicros: seconds(3) });
  assert.equal(lan.state("a"), "master");
  lan.outsider("10.8.0.9", settings({ priority: 200 }));
  for (let i = 0; i < 4; i++) {
    lan.advance(seconds(1));
    lan.outsider("10.8.0.9", settings({ priority: 50 }));
  }
  lan.advance(0);
  const last = lan.now - seconds(1); // the delay began with the first of four, so the third was the last accepted
  lan.advance(seconds(3));
  assert.equal(lan.sent("a").at(-1)?.at, last + FIRST);
});

test("priority 150 started beside a MASTER of 100 takes over 3.41 s later, the old one steps down in silence", () => {
  const lan = master({}, seconds(10));
  lan.join("b", settings({ priority: 150 }), "10.8.0.6");
  lan.advance(seconds(5));
  assert.equal(times(lan, "b")[0], seconds(10) + 3_414_062);
  assert.equal(lan.state("a"), "backup");
  assert(!priorities(lan).includes(0));
});

test("link down and up on MASTER: FAULT at once with two priority-0 adverts; BACKUP at once, MASTER 3.61 s later", () => {
  const lan = master();
  lan.tell("a", { kind: "faultsChanged", faults: ["interfaceDown"], cause: "eth0 is down" });
  assert.equal(lan.state("a"), "fault");
  assert.deepEqual(priorities(lan), [100, 0, 0]);
  assert.deepEqual(lan.did("a", "removeAddresses", 1), ["4"]);
  lan.advance(seconds(30));
  lan.outsider("10.8.0.9", settings({ priority: 0 }));
  lan.advance(seconds(1));
  assert.equal(lan.sent("a").length, 3);
  lan.tell("a", { kind: "faultsChanged", faults: [], cause: "eth0 is up" });
  assert.equal(lan.state("a"), "backup");
  lan.advance(seconds(4));
  assert.equal(times(lan)[3], seconds(35) + FIRST);
  assert.match(lan.did("a", "log").join("\n"), /Entering FAULT STATE \(eth0 is down\)/);
});

test("only the first fault acts, only the end of the last one ends FAULT", () => {
  const lan = master();
  lan.tell("a", { kind: "faultsChanged", faults: ["interfaceDown"], cause: "eth0 is down" });
  lan.tell("a", { kind: "faultsChanged", faults: ["interfaceDown", "noAddress"], cause: "no address" });
  lan.tell("a", { kind: "faultsChanged", faults: ["noAddress"], cause: "eth0 is up" });
  assert.equal(lan.state("a"), "fault");
  assert.deepEqual(priorities(lan), [100, 0, 0]);
  lan.tell("a", { kind: "faultsChanged", faults: [], cause: "address added" });
  assert.deepEqual(lan.notices("a").slice(2), ["VI_1 FAULT", "VI_1 BACKUP"]);
});

test("a fault of a BACKUP sends nothing and stops its timer", () => {
  const lan = new Segment();
  lan.join("a", settings(), A);
  lan.tell("a", { kind: "faultsChanged", faults: ["tracker"], cause: "script failed" });
  lan.advance(seconds(30));
  assert.equal(lan.state("a"), "fault");
  assert.equal(lan.sent("a").length, 0);
});

test("faulted at the start: FAULT, later BACKUP; a tracker without a word yet: INIT in silence", () => {
  for (const [fault, state, notices] of [
    ["interfaceDown", "fault", ["VI_1 FAULT"]],
    ["undecided", "init", []],
  ] as const) {
    const lan = new Segment();
    const node = lan.join("a", settings(), A);
    lan.stop("a");
    lan.history.length = 0;
    lan.start("a", 0, (router) => {
      router.instances[0]?.handle({ kind: "faultsChanged", faults: [fault], cause: "" }, 0);
    });
    lan.advance(seconds(10));
    assert.equal(node.router?.instances[0]?.state, state);
    assert.deepEqual(lan.notices("a"), notices);
    lan.tell("a", { kind: "faultsChanged", faults: [], cause: "all is well" });
    lan.advance(seconds(3.7));
    assert.deepEqual(lan.notices("a"), [...notices, "VI_1 BACKUP", "VI_1 MASTER"]);
  }
});

test("weighted script -20 on MASTER: stays MASTER, the next periodic advert has priority 80", () => {
  const lan = master();
  lan.tell("a", { kind: "weightChanged", weight: -20, cause: "script failed" });
  lan.advance(seconds(1));
  assert.deepEqual(times(lan), [FIRST, FIRST + seconds(1)]);
  assert.deepEqual(priorities(lan), [100, 80]);
  assert.match(lan.did("a", "log").join("\n"), /Changing effective priority from 100 to 80/);
  assert.deepEqual(lan.did("a", "notifyPriority"), ["4 80"]);
});

test("a weight moves the expiry of a BACKUP by the difference; priorities stay within 1..254, owners at 255", () => {
  const lan = new Segment();
  lan.join("a", settings(), A);
  lan.advance(seconds(1));
  lan.tell("a", { kind: "weightChanged", weight: 50, cause: "script succeeded" });
  lan.advance(seconds(3));
  assert.equal(times(lan)[0], 3_414_062);
  const effective = (priority: number, weight: number) => {
    const other = master({ priority }, 0);
    other.tell("a", { kind: "weightChanged", weight, cause: "" });
    return other.instance("a").effectivePriority;
  };
  assert.deepEqual([effective(100, -200), effective(100, 200), effective(255, -50)], [1, 254, 255]);
});

test("SIGTERM on MASTER: priority 0, addresses removed, then STOP notified", () => {
  const lan = master();
  lan.stop("a");
  const kinds = lan.history.filter(({ at }) => at === seconds(4)).map(({ what }) => what);
  assert.deepEqual(
    kinds.filter((kind) => ["sendAdvert", "removeAddresses", "notify"].includes(kind)),
    ["sendAdvert", "removeAddresses", "notify"],
  );
  assert.equal(lan.notices("a").at(-1), "VI_1 STOP");
});

test("SIGKILL of the master: the backup takes over 3.61 s after the last advert", () => {
  const lan = master({ priority: 150 }, seconds(10));
  lan.join("b", settings(), "10.8.0.6");
  lan.advance(seconds(10));
  lan.kill("a");
  const last = times(lan).at(-1) ?? 0;
  lan.advance(seconds(5));
  assert.equal(times(lan, "b")[0], last + FIRST);
});

test("a unicast instance that leaves FAULT announces its own source address once", () => {
  const lan = master({ unicastPeers: [{ address: "10.8.0.6" }] });
  lan.tell("a", { kind: "faultsChanged", faults: ["interfaceDown"], cause: "eth0 is down" });
  lan.tell("a", { kind: "faultsChanged", faults: [], cause: "eth0 is up" });
  assert.deepEqual(lan.did("a", "announceSource"), ["4"]);
});

test("unicast peers elect a master among themselves", () => {
  const lan = new Segment();
  lan.join("a", settings({ priority: 150, unicastPeers: [{ address: "10.8.0.6" }] }), A);
  lan.join("b", settings({ unicastPeers: [{ address: A }] }), "10.8.0.6");
  lan.advance(seconds(10));
  assert.deepEqual([lan.state("a"), lan.state("b")], ["master", "backup"]);
});

test("every transition has a cause", () => {
  const lan = master();
  lan.outsider("10.8.0.9", settings({ priority: 200 }));
  lan.advance(seconds(4));
  const texts = lan.did("a", "log").filter((text) => text.includes("Entering"));
  assert.deepEqual(texts, [
    "0 Entering BACKUP STATE (init)",
    "3.609375 Entering MASTER STATE (no advert from anybody)",
    "4 Entering BACKUP STATE (Master received advert from 10.8.0.9 with higher priority 200, ours 100)",
    "7.609375 Entering MASTER STATE (no advert from 10.8.0.9 for 3.609 s)",
  ]);
});

test("down_timer_adverts sets how many adverts may be missed", () => {
  assert.equal(times(master({ downTimerAdverts: 1 }))[0], 1_609_375);
});

test("reference 15: sync group of two, link of one member down: both FAULT, one priority 0 from the other", () => {
  const members = [settings({ name: "VI_1" }), settings({ name: "VI_2", virtualRouterId: 52 })];
  const lan = new Segment();
  lan.join("a", { instances: members, syncGroups: [group("SG", ["VI_1", "VI_2"])] }, A);
  lan.advance(seconds(5));
  lan.tell("a", { kind: "faultsChanged", faults: ["interfaceDown"], cause: "eth1 is down" }, "VI_2");
  const zeros = lan.sent("a").filter(({ priority }) => priority === 0);
  assert.deepEqual(
    zeros.map(({ who }) => who),
    ["VI_2", "VI_2", "VI_1"],
  );
  assert.deepEqual(lan.notices("a", seconds(5)), ["VI_2 FAULT", "VI_1 FAULT", "SG FAULT"]);
});
