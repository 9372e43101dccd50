/**
 * One router against packets made by hand, after the ideas of the UNH-IOL VRRP operations test suite: the state machine,
 * timers and preemption, and what is received in error. Version 3 unless said otherwise.
 */
import assert from "node:assert/strict";
import { describe } from "node:test";
import { fileURLToPath } from "node:url";
import type { Lab } from "./harness/lab.js";
import { labTest } from "./harness/lab-test.js";
import type { Host } from "./harness/network.js";
import type { Program } from "./harness/program.js";
import { type RawAdvert, rawAdvert } from "./harness/raw-advert.js";

const VRID = 88;
const VIP = "10.88.0.100";
const OWN = "10.88.0.10";
/** Of the packets made by hand: one better, one worse than ours when priorities are equal. */
const HIGHER = "10.88.0.200";
const LOWER = "10.88.0.2";
const INTERVAL_MS = 500;
/** RFC 9568 section 6.1, priority 100. */
const SKEW_MS = (156 * INTERVAL_MS) / 256;
const MASTER_DOWN_MS = 3 * INTERVAL_MS + SKEW_MS;
/** What a busy machine may add to any wait. */
const LATE_MS = 250;
const INJECTOR = fileURLToPath(new URL("harness/injector.js", import.meta.url));

interface Scene {
  lab: Lab;
  peer: Host;
  router: Program;
  host: Host;
}

async function start(lab: Lab, lines = ""): Promise<Scene> {
  const host = await lab.addHost("router", { addresses: [`${OWN}/24`] });
  const peer = await lab.addHost("peer", { addresses: [`${HIGHER}/24`] });
  const timing = /advert_int/.test(lines) ? "" : `version 3\nadvert_int ${INTERVAL_MS / 1000}\n`;
  const priority = /priority/.test(lines) ? "" : "priority 100\n";
  const text = `
vrrp_instance TESTED {
interface eth0
virtual_router_id ${VRID}
garp_master_repeat 1
garp_master_delay 0
${timing}${priority}${lines}
virtual_ipaddress {
${VIP}/24
}
}
`;
  return { lab, host, peer, router: lab.startRouter(host, "ours", text) };
}

/** Sends an advert every `intervalMs` (0: once) from the peer. @returns the sender, when it sends. */
async function inject({ lab, peer }: Scene, advert: Partial<RawAdvert>, intervalMs = 0): Promise<Program> {
  const packet = rawAdvert({ source: HIGHER, vrid: VRID, priority: 200, addresses: [VIP], ...advert });
  const command = [
    process.execPath,
    INJECTOR,
    peer.device,
    String(intervalMs),
    Buffer.from(packet).toString("hex"),
  ];
  const program = lab.run("injector", { namespace: peer.namespace, command });
  await lab.waitFor(() => program.output.find(/sending/), 5_000, "the injector");
  return program;
}

/** Adverts of the router itself. */
function own({ lab }: Scene): Lab["capture"]["adverts"] {
  return lab.capture.adverts.filter(({ source }) => source === OWN);
}

function becomes({ lab, router }: Scene, state: string, limitMs = 6_000, from = 0): Promise<unknown> {
  return lab.waitFor(
    () => router.output.find(new RegExp(`Entering ${state} STATE`), from),
    limitMs,
    `${state} state`,
  );
}

/** Ends the sender. @returns when its last packet was on the wire. */
async function silence({ lab }: Scene, sender: Program, source = HIGHER): Promise<number> {
  sender.kill("SIGKILL");
  await sender.ended;
  return lab.capture.adverts.findLast((advert) => advert.source === source)?.at ?? Number.NaN;
}

async function firstOwnAdvertAfter(scene: Scene, at: number, limitMs = 6_000): Promise<number> {
  const advert = await scene.lab.waitFor(
    () => own(scene).find((one) => one.at > at),
    limitMs,
    "an advert of the router",
  );
  return advert.at - at;
}

function assertNear(actualMs: number, expectedMs: number, what: string): void {
  const low = expectedMs - 5;
  assert.ok(
    actualMs >= low && actualMs <= expectedMs + LATE_MS,
    `${what}: ${actualMs} ms, not ${expectedMs} ms`,
  );
}

describe("state machine", { concurrency: 4 }, () => {
  labTest("6.4.1 an owner is master at once", ["ours"], async (lab) => {
    const scene = await start(lab, "priority 255");
    await becomes(scene, "MASTER");
    await firstOwnAdvertAfter(scene, 0);
    assert.equal(scene.router.output.find(/Entering BACKUP STATE/), undefined);
    assert.equal(own(scene)[0]?.priority, 255);
  });

  labTest(
    "6.4.2 a backup is silent, holds nothing and answers nobody while its master speaks",
    ["ours"],
    async (lab) => {
      const scene = await start(lab);
      await inject(scene, {}, INTERVAL_MS);
      await becomes(scene, "BACKUP");
      const replies = lab.startPinger(scene.peer, VIP);
      const heard = lab.capture.adverts.length;
      await lab.waitFor(() => lab.capture.adverts.length >= heard + 8, 8_000, "eight adverts of the master");
      assert.deepEqual(own(scene), []);
      assert.deepEqual(lab.holders.of(VIP), []);
      assert.deepEqual(replies.times, []);
    },
  );

  labTest("6.4.2 a silent master is replaced after Master_Down_Interval", ["ours"], async (lab) => {
    const scene = await start(lab);
    const sender = await inject(scene, {}, INTERVAL_MS);
    await becomes(scene, "BACKUP");
    const heard = lab.capture.adverts.length;
    await lab.waitFor(() => lab.capture.adverts.length >= heard + 2, 4_000, "two adverts of the master");
    const last = await silence(scene, sender);
    assertNear(await firstOwnAdvertAfter(scene, last), MASTER_DOWN_MS, "master-down");
    await lab.waitFor(() => lab.holders.of(VIP).length === 1, 2_000, "the address");
  });

  labTest("6.4.2 priority 0: the backup takes over after Skew_Time", ["ours"], async (lab) => {
    const scene = await start(lab);
    const sender = await inject(scene, {}, INTERVAL_MS / 5);
    await becomes(scene, "BACKUP");
    await silence(scene, sender);
    await inject(scene, { priority: 0 });
    const resigned = await lab.waitFor(
      () => lab.capture.adverts.find(({ priority }) => priority === 0),
      2_000,
      "priority 0",
    );
    assertNear(await firstOwnAdvertAfter(scene, resigned.at), SKEW_MS, "skew");
  });

  labTest("6.4.3 a master answers priority 0 at once", ["ours"], async (lab) => {
    const scene = await start(lab, "version 3\nadvert_int 2\npriority 255");
    await becomes(scene, "MASTER");
    await firstOwnAdvertAfter(scene, 0);
    await inject(scene, { priority: 0, interval: 200 });
    const resigned = await lab.waitFor(
      () => lab.capture.adverts.find(({ priority }) => priority === 0),
      2_000,
      "priority 0",
    );
    assertNear(await firstOwnAdvertAfter(scene, resigned.at - 1), 1, "the answer");
  });

  for (const [name, advert] of [
    ["a higher priority", { priority: 101, source: LOWER }],
    ["an equal priority from a higher address", { priority: 100, source: HIGHER }],
  ] as const) {
    labTest(`6.4.3 a master yields to ${name}, and gives the address up`, ["ours"], async (lab) => {
      const scene = await start(lab);
      await becomes(scene, "MASTER");
      const from = scene.router.output.all.length;
      await inject(scene, advert, INTERVAL_MS);
      await becomes(scene, "BACKUP", 2_000, from);
      await lab.waitFor(() => lab.holders.of(VIP).length === 0, 2_000, "the address to go");
      const before = own(scene).length;
      const heard = lab.capture.adverts.length;
      await lab.waitFor(() => lab.capture.adverts.length >= heard + 4, 4_000, "four more adverts");
      assert.equal(own(scene).length, before, "it is silent");
    });
  }

  for (const [name, advert] of [
    ["a lower priority", { priority: 99, source: HIGHER }],
    ["an equal priority from a lower address", { priority: 100, source: LOWER }],
  ] as const) {
    labTest(`6.4.3 a master stays against ${name}`, ["ours"], async (lab) => {
      const scene = await start(lab);
      await becomes(scene, "MASTER");
      await inject(scene, advert, INTERVAL_MS);
      const before = own(scene).length;
      await lab.waitFor(() => own(scene).length >= before + 5, 5_000, "five more adverts of the router");
      assert.deepEqual(lab.holders.of(VIP), ["router"]);
      assert.equal(scene.router.output.find(/Master received advert .* with higher priority/), undefined);
    });
  }

  labTest(
    "6.4.3 shutdown of a master sends one priority 0; 6.4.2 of a backup nothing",
    ["ours"],
    async (lab) => {
      const scene = await start(lab);
      await becomes(scene, "MASTER");
      scene.router.kill("SIGTERM");
      await lab.waitFor(() => scene.router.exit !== undefined, 5_000, "the end of the master");
      assert.equal(own(scene).filter(({ priority }) => priority === 0).length, 1);
      const sender = await inject(scene, {}, INTERVAL_MS);
      const spoken = own(scene).length;
      const backup = lab.startRouter(
        scene.host,
        "ours",
        `vrrp_instance T {\ninterface eth0\nvirtual_router_id ${VRID}\nversion 3\nadvert_int 0.5\npriority 100\nvirtual_ipaddress {\n${VIP}/24\n}\n}\n`,
      );
      await lab.waitFor(() => backup.output.find(/Entering BACKUP STATE/), 6_000, "BACKUP");
      backup.kill("SIGTERM");
      await lab.waitFor(() => backup.exit !== undefined, 5_000, "the end of the backup");
      assert.equal(own(scene).length, spoken);
      await silence(scene, sender);
    },
  );
});

describe("timers and preemption", { concurrency: 4 }, () => {
  labTest("6.4.2 without preemption a worse master is left alone", ["ours"], async (lab) => {
    const scene = await start(lab, "nopreempt");
    await inject(scene, { priority: 50 }, INTERVAL_MS);
    await becomes(scene, "BACKUP");
    const heard = lab.capture.adverts.length;
    await lab.waitFor(() => lab.capture.adverts.length >= heard + 8, 8_000, "eight adverts of the master");
    assert.deepEqual(own(scene), []);
  });

  labTest("6.4.2 with preemption a worse master does not put the take-over off", ["ours"], async (lab) => {
    const scene = await start(lab);
    await inject(scene, { priority: 50 }, INTERVAL_MS / 5);
    await becomes(scene, "MASTER", MASTER_DOWN_MS + 4_000);
  });

  labTest("6.1 the master's interval is learnt: master-down and skew follow it", ["ours"], async (lab) => {
    const scene = await start(lab);
    const sender = await inject(scene, { interval: 100 }, 400);
    await becomes(scene, "BACKUP");
    const heard = lab.capture.adverts.length;
    await lab.waitFor(() => lab.capture.adverts.length >= heard + 2, 4_000, "two adverts of the master");
    const last = await silence(scene, sender);
    assertNear(
      await firstOwnAdvertAfter(scene, last),
      3_000 + (156 * 1_000) / 256,
      "master-down of the learnt interval",
    );
  });

  labTest(
    "RFC 3768 6.2 version 2: master-down is 3 s and the skew, whatever is heard",
    ["ours"],
    async (lab) => {
      const scene = await start(lab, "version 2\nadvert_int 1");
      const sender = await inject(scene, { version: 2 }, 400);
      await becomes(scene, "BACKUP");
      const heard = lab.capture.adverts.length;
      await lab.waitFor(() => lab.capture.adverts.length >= heard + 2, 4_000, "two adverts of the master");
      const last = await silence(scene, sender);
      assertNear(await firstOwnAdvertAfter(scene, last), 3_000 + (156 * 1_000) / 256, "master-down");
    },
  );
});

/**
 * With what the log says of it: by that and nothing else it is discarded. What is of another VRID, or too short for any, is
 * not even delivered.
 */
const ERRORS: [name: string, advert: Partial<RawAdvert>, lines: string, said: RegExp | undefined][] = [
  ["7.1 a TTL of 254", { ttl: 254 }, "", /invalid TTL\/HL\. Received 254 and expect 255/],
  ["7.1 version 2 where 3 is spoken", { version: 2 }, "", /invalid version 2, expecting 3/],
  ["7.1 another type", { type: 2 }, "", /invalid advertisement type 2/],
  ["7.1 a wrong checksum", { badChecksum: true }, "", /Invalid VRRPv3 checksum/],
  ["7.1 another VRID", { vrid: VRID + 1 }, "", undefined],
  [
    "7.1 more addresses announced than there are",
    { count: 3 },
    "",
    /wrong packet length: expected .* with 3 addresses/,
  ],
  ["7.1 a packet cut off inside its header", { cut: 8 }, "", /packet too short/],
  ["7.1 a packet cut off inside its addresses", { cut: 2 }, "", /wrong packet length/],
  [
    "RFC 3768 7.1 another interval",
    { version: 2, interval: 5 },
    "version 2\nadvert_int 1",
    /advertisement interval mismatch/,
  ],
  [
    "RFC 3768 7.1 a password where none is",
    { version: 2, authentication: { type: 1, data: "secret" } },
    "version 2\nadvert_int 1",
    /received a 1 auth, expecting 0!/,
  ],
  [
    "RFC 3768 7.1 a wrong password",
    { version: 2, authentication: { type: 1, data: "wrong" } },
    "version 2\nadvert_int 1\nauthentication {\nauth_type PASS\nauth_pass right\n}",
    /received an invalid passwd!/,
  ],
];

describe("received in error", { concurrency: 4 }, () => {
  for (const [name, advert, lines, said] of ERRORS) {
    labTest(`${name}: discarded, the router becomes master`, ["ours"], async (lab) => {
      const scene = await start(lab, lines);
      await inject(scene, advert, INTERVAL_MS / 5);
      await becomes(scene, "MASTER", 8_000);
      const before = own(scene).length;
      await lab.waitFor(() => own(scene).length >= before + 3, 6_000, "three adverts of the router");
      assert.deepEqual(lab.holders.of(VIP), ["router"]);
      if (said !== undefined) assert.ok(scene.router.output.find(said), String(said));
    });
  }

  for (const [name, advert, lines] of [
    ["version 3", {}, ""],
    [
      "version 2 with a password",
      { version: 2, authentication: { type: 1, data: "right" } },
      "version 2\nadvert_int 1\nauthentication {\nauth_type PASS\nauth_pass right\n}",
    ],
  ] as const) {
    labTest(`the same packet without an error keeps the router in backup: ${name}`, ["ours"], async (lab) => {
      const scene = await start(lab, lines);
      await inject(scene, advert, INTERVAL_MS / 5);
      await becomes(scene, "BACKUP");
      const heard = lab.capture.adverts.length;
      await lab.waitFor(() => lab.capture.adverts.length >= heard + 50, 8_000, "fifty adverts of the master");
      assert.deepEqual(own(scene), []);
    });
  }
});
