/**
 * The verdict of `keepalived -t` on every configuration of test/data/config/differential, ours beside that of Debian's
 * keepalived: the same exit status, or an entry in `known-differences.ts` with its item in docs/differences.md.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import type { Addon } from "../../../src/native/addon.js";
import { loadAddon } from "../../../src/native/load.js";
import { repository } from "../../setup/repository.js";
import { debianRelease, missing } from "../harness/products.js";
import { enterOwnNamespace, ip } from "../net/namespace.js";
import { type CorpusCase, readCorpus } from "./corpus.js";
import { KNOWN_DIFFERENCES } from "./known-differences.js";
import { askOurs, askPeer, type OwnVerdict, type PeerVerdict, writeCase } from "./verdicts.js";

const CONCURRENCY = 2;
const LIMIT_MS = 1000;
const LEAST_CASES = 200;

/** The verdicts and differences were recorded with this release; another one differs in other places. */
const RELEASE = "2.2.7";

function otherRelease(): string | undefined {
  const version = debianRelease();
  return version === RELEASE
    ? undefined
    : `known differences are those of ${RELEASE}, installed is ${version}`;
}

const obstacle =
  process.getuid?.() === 0
    ? (missing("debian") ?? otherRelease())
    : "needs root for a network namespace with eth0 and eth1";
const skip = obstacle ?? false;

const corpus = readCorpus();
const topics = new Map(
  Object.entries(KNOWN_DIFFERENCES).flatMap(([topic, names]) => names.map((name) => [name, topic])),
);

interface Compared {
  one: CorpusCase;
  peer: PeerVerdict;
  ours: OwnVerdict;
}

let addon: Addon;

before(() => {
  if (skip !== false) return;
  enterOwnNamespace("config");
  for (const command of [
    "link add eth0 type veth peer name eth1",
    "link set eth0 up",
    "link set eth1 up",
    "address add 10.0.0.200/24 dev eth0",
  ])
    ip(command);
  addon = loadAddon();
});

async function compareAll(cases: readonly CorpusCase[]): Promise<Compared[]> {
  const written = cases.map((one) => ({ one, options: one.options, ...writeCase(one) }));
  try {
    const share = Math.ceil(written.length / CONCURRENCY);
    const parts = Array.from({ length: CONCURRENCY }, (_, i) => written.slice(i * share, (i + 1) * share));
    const peers = (await Promise.all(parts.map(askPeer))).flat();
    return written.flatMap(({ one, path, options }, i) => {
      const peer = peers[i];
      return peer === undefined ? [] : [{ one, peer, ours: askOurs(path, options, addon) }];
    });
  } finally {
    for (const { remove } of written) remove();
  }
}

/** What the reader of a failure needs: both verdicts with their reasons, and the configuration. */
function told({ one, peer, ours }: Compared): string {
  const indent = (text: string) => text.trimEnd().replace(/^/gm, "    ");
  return [
    `'${one.name}': Debian's status is ${peer.status}, ours is ${ours.status}`,
    indent(one.text.slice(0, 2000)),
    `  Debian: ${peer.output.slice(0, 500)}`,
    `  ours:   ${ours.problems.join("\n").slice(0, 1000)}`,
  ].join("\n");
}

/** Undefined when a result is as it should be. */
function complaintAbout(result: Compared): string | undefined {
  const { one, peer, ours } = result;
  if (ours.tookMs > LIMIT_MS) return `'${one.name}' took ${Math.round(ours.tookMs)} ms`;
  const topic = topics.get(one.name);
  if (topic === undefined) return peer.status === ours.status ? undefined : told(result);
  return peer.status === ours.status
    ? `'${one.name}' is listed under '${topic}', but both statuses are ${ours.status}`
    : undefined;
}

for (const family of new Set([...corpus.values()].map((one) => one.family))) {
  const cases = [...corpus.values()].filter((one) => one.family === family);
  test(`verdicts on ${cases.length} configurations: ${family}`, { skip, timeout: 60_000 }, async () => {
    const complaints = (await compareAll(cases)).flatMap((result) => complaintAbout(result) ?? []);
    const count = `${complaints.length} of ${cases.length}`;
    assert.ok(complaints.length === 0, `${count} are not as expected\n\n${complaints.join("\n\n")}`);
  });
}

test("there are many cases, and every known difference is one of them", () => {
  assert.ok(corpus.size >= LEAST_CASES, `${corpus.size}`);
  assert.deepEqual(
    [...topics.keys()].filter((name) => !corpus.has(name)),
    [],
  );
});

test("every known difference has its item in docs/differences.md", () => {
  const text = readFileSync(join(repository, "docs/differences.md"), "utf8");
  const section = text.split(/^## /m).find((part) => part.startsWith("Configuration\n")) ?? "";
  const items = new Set([...section.matchAll(/^\| ([^|]+?) \|/gm)].map(([, item]) => item));
  assert.deepEqual(
    Object.keys(KNOWN_DIFFERENCES).filter((topic) => !items.has(topic)),
    [],
  );
});
