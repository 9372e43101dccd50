/**
 * Authentication on the wire: numbers of AH shared with Debian's keepalived, and auth_hmac between two of ours, whose
 * key is changed by reloads while every advert is heard. AH with hand-over, each side master: interop.test.ts.
 */
import assert from "node:assert/strict";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { CapturedAdvert } from "./harness/capture.js";
import type { Lab } from "./harness/lab.js";
import { labTest } from "./harness/lab-test.js";
import type { Host } from "./harness/network.js";
import type { Product } from "./harness/products.js";
import type { Program } from "./harness/program.js";

const VIP = "10.85.0.100";
const KEY_1 = "a".repeat(32);
const KEY_2 = `hex:${"b2".repeat(48)}`;

interface Router {
  name: string;
  host: Host;
  program: Program;
}

function configuration(priority: number, lines: string): string {
  return `vrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 85\npriority ${priority}\n${lines}\nvirtual_ipaddress {\n${VIP}/24\n}\n}\n`;
}

async function addRouter(
  lab: Lab,
  product: Product,
  index: number,
  lines: string,
  environment?: Readonly<Record<string, string>>,
): Promise<Router> {
  const name = `r${index}`;
  const host = await lab.addHost(name, { addresses: [`10.85.0.${index}/24`] });
  const program = lab.startRouter(host, product, configuration(250 - 50 * index, lines), environment);
  return { name, host, program };
}

const holds = (lab: Lab, { name }: Router): Promise<boolean> =>
  lab.waitFor(() => lab.holders.of(VIP).join() === name, 8_000, `${name} to be the only holder`);

async function reload(lab: Lab, { host, program }: Router, priority: number, lines: string): Promise<void> {
  const before = program.output.all.length;
  writeFileSync(lab.configurationOf(host), configuration(priority, lines));
  program.kill("SIGHUP");
  await lab.waitFor(() => program.output.find(/Reload complete/, before), 5_000, "the reload");
}

/** The statistics file of a router, as numbers by label; labels that stand twice have their group before them. */
async function statistics(lab: Lab, { program }: Router): Promise<Map<string, number>> {
  const before = program.output.all.length;
  program.kill("SIGUSR2");
  await lab.waitFor(() => program.output.find(/Printing VRRP stats/, before), 3_000, "the statistics");
  await lab.watch(100); // until the file is there
  const text = readFileSync(`/proc/${program.pid}/root/tmp/keepalived.stats`, "utf8");
  const found = new Map<string, number>();
  let group = "";
  for (const line of text.split("\n")) {
    const [, indent = "", label = "", value = ""] = /^( +)([^:]+):(?: (\d+))?$/.exec(line) ?? [];
    if (value === "") group = label;
    else found.set(indent.length > 2 ? `${group} ${label}` : label, Number(value));
  }
  return found;
}

const REFUSALS = [
  "Packet Errors Length",
  ...["Missing", "Malformed", "Unknown Key", "Invalid HMAC", "Stale", "Replay"].map(
    (label) => `Authentication Extension Errors ${label}`,
  ),
];

/** Right after an advert, so that none is on its way while two things are compared. */
function nextAdvert(lab: Lab): Promise<CapturedAdvert> {
  const { adverts } = lab.capture;
  const { length } = adverts;
  return lab.waitFor(() => adverts[length], 3_000, "an advert");
}

function hmac(keys: readonly string[], active: number, mode = "enforce"): string {
  const lines = keys.map((key, i) => `key ${i + 1} ${key}`);
  return `version 3\nadvert_int 0.3\nauth_hmac {\n${lines.join("\n")}\nactive_key ${active}\nmode ${mode}\n}`;
}

labTest(
  "auth_hmac: roll-out and rotation of a key by reloads, and every advert is heard",
  ["ours"],
  async (lab) => {
    const plain = "version 3\nadvert_int 0.3";
    const first = await addRouter(lab, "ours", 1, plain);
    const second = await addRouter(lab, "ours", 2, plain);
    await holds(lab, first);
    await nextAdvert(lab);
    const heardBefore = (await statistics(lab, second)).get("Advertisements Received") ?? 0;
    const sentBefore = lab.capture.adverts.filter(({ source }) => source === "10.85.0.1").length;
    const steps = [
      hmac([KEY_1], 1, "receive-only"),
      hmac([KEY_1], 1, "permissive"),
      hmac([KEY_1], 1),
      hmac([KEY_1, KEY_2], 1),
      hmac([KEY_1, KEY_2], 2),
      hmac(["c".repeat(32), KEY_2], 2),
    ];
    for (const lines of steps) {
      for (const [router, priority] of [
        [first, 200],
        [second, 150],
      ] as const) {
        await reload(lab, router, priority, lines);
        await nextAdvert(lab);
        await nextAdvert(lab);
      }
    }
    await nextAdvert(lab);
    const sent = lab.capture.adverts.filter(({ source }) => source === "10.85.0.1").length - sentBefore;
    const stats = await statistics(lab, second);
    assert.deepEqual(
      REFUSALS.map((label) => [label, stats.get(label)]),
      REFUSALS.map((label) => [label, 0]),
    );
    assert.equal((stats.get("Advertisements Received") ?? 0) - heardBefore, sent, "each advert was heard");
    assert.equal(stats.get("Became master"), 0);
    const signed = lab.capture.adverts.at(-1);
    assert.match(signed?.text ?? "", /length 40/, "12 bytes of message and a trailer of 28");
  },
);

labTest(
  "auth_hmac: the key comes from a credential of systemd; another key is not heard",
  ["ours"],
  async (lab) => {
    const lines = hmac(["file:${_ENV CREDENTIALS_DIRECTORY}/vrrp-key"], 1);
    const host = await lab.addHost("r1", { addresses: ["10.85.0.1/24"] });
    const folder = dirname(lab.configurationOf(host));
    const file = join(folder, "vrrp-key");
    writeFileSync(file, `${KEY_1}\n`);
    chmodSync(file, 0o400);
    const environment = { CREDENTIALS_DIRECTORY: folder };
    const program = lab.startRouter(host, "ours", configuration(200, lines), environment);
    const first = { name: "r1", host, program };
    const second = await addRouter(lab, "ours", 2, hmac([KEY_1], 1));
    await holds(lab, first);
    await nextAdvert(lab);
    assert.doesNotMatch(program.output.tail(100), /chmod 600/);

    const before = second.program.output.all.length;
    await reload(lab, second, 150, hmac(["z".repeat(32)], 1));
    await lab.waitFor(
      () => second.program.output.find(/invalid HMAC from 10\.85\.0\.1/, before),
      3_000,
      "the reason",
    );
    await lab.waitFor(() => lab.holders.of(VIP).length === 2, 5_000, "both to be alone");
    await reload(lab, second, 150, hmac([KEY_1], 1));
    await holds(lab, first);
  },
);

const AH = "version 2\nadvert_int 1\nauthentication {\nauth_type AH\nauth_pass 1234\n}";

for (const [upper, lower] of [
  ["ours", "debian"],
  ["debian", "ours"],
] as const) {
  labTest(
    `AH: ${upper} above ${lower}: numbers go on through a reload and a restart`,
    [upper, lower],
    async (lab) => {
      const first = await addRouter(lab, upper, 1, AH);
      const second = await addRouter(lab, lower, 2, AH);
      await holds(lab, first);
      await nextAdvert(lab);
      await nextAdvert(lab);
      // A reload of either side loses nothing.
      for (const [router, priority] of [
        [first, 200],
        [second, 150],
      ] as const) {
        writeFileSync(
          lab.configurationOf(router.host),
          configuration(priority, `${AH}\ngarp_master_delay 3`),
        );
        router.program.kill("SIGHUP");
        for (let i = 0; i < 4; i++) await nextAdvert(lab);
        assert.deepEqual(lab.holders.of(VIP), [first.name]);
      }
      // Restarted, the first begins with number 1 and has to learn where the others are.
      first.program.kill("SIGTERM");
      await holds(lab, second);
      await lab.waitFor(() => first.program.exit !== undefined, 5_000, "the first to end");
      lab.startRouter(first.host, upper, configuration(200, AH));
      await holds(lab, first);
      for (let i = 0; i < 3; i++) await nextAdvert(lab);
      assert.deepEqual(lab.holders.of(VIP), [first.name]);
      const numbers = lab.capture.adverts.map(({ sequence }) => sequence ?? 0);
      assert.ok(
        numbers.every((number, i) => i === 0 || number > (numbers[i - 1] ?? 0)),
        numbers.join(" "),
      );
      assert.deepEqual(lab.capture.undecoded, []);
    },
  );
}
