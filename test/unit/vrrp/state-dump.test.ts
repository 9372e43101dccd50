/** The state and statistics files keep upstream's headings and labels. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { VrrpInstance } from "../../../src/vrrp/instance.js";
import { formatAddressSetting } from "../../../src/vrrp/setting-text.js";
import { formatState, formatStatistics } from "../../../src/vrrp/state-dump.js";
import { NO_TRACKERS } from "../../../src/vrrp/tracker-dump.js";
import { read } from "../config/fake-files.js";
import { address, settings } from "./settings.js";

const { vrrp: config } = read("global_defs {\n router_id r1\n}\n").config;

function view(changes: Parameters<typeof settings>[0] = {}) {
  const machine = new VrrpInstance(settings(changes));
  return {
    machine,
    source: "192.0.2.1",
    lastTransitionMillis: 1_795_628_978_872,
    deadlineMillis: undefined,
    group: undefined,
  };
}

const topology = (changes: Parameters<typeof settings>[0] = {}): string => {
  return formatState(config, [view(changes)], [], [], NO_TRACKERS);
};

test("an address is shown as upstream shows it", () => {
  const shown = formatAddressSetting({ ...address("192.0.2.100"), label: "eth0:1" }, true);
  assert.equal(shown, "192.0.2.100/24 dev eth0 scope global label eth0:1 set");
});

test("state, priorities and source of an instance", () => {
  const text = topology();
  for (const line of [
    " VRRP Instance = VI_1",
    "   State = INIT",
    "   Using src_ip = 192.0.2.1",
    "   Virtual Router ID = 51",
    "   Effective priority = 100",
    "   Master down timer = 3609375 usecs",
    "     192.0.2.100/24 dev eth0 scope global",
  ]) {
    assert.ok(text.split("\n").includes(line), line);
  }
});

test("a password is never shown", () => {
  const text = topology({ auth: { type: "pass", password: "s3cr3t" } });
  assert.match(text, /Authentication type = SIMPLE_PASSWORD/);
  assert.doesNotMatch(text, /s3cr3t/);
});

test("keys and passwords of every kind are masked; kind, mode and key ids are shown", () => {
  const ah = topology({ auth: { type: "ah", password: "s3cr3t" } });
  assert.match(ah, /Authentication type = IPSEC_AH\n {3}Password = \*{8}\n/);
  const keys = [1, 2].map((id) => ({ id, hex: `${id}`.repeat(64) }));
  const signed = topology({
    hmac: { keys, activeKey: 2, timeWindowSeconds: 9, antiReplay: "time", mode: "permissive" },
  });
  assert.match(signed, /Authentication extension = HMAC-SHA256-128\n {5}Mode = permissive\n/);
  assert.match(signed, /Anti-replay = time, window 9 secs\n {5}Keys = 1, 2 \(active\)\n/);
  assert.doesNotMatch(ah + signed, /s3cr3t|1111|2222/);
});

test("statistics of the authentication extension stand between authentication and priority 0", () => {
  const shown = view();
  const { counters } = shown.machine;
  counters.extensionMissing = 1;
  counters.extensionMalformed = 2;
  counters.extensionUnknownKey = 3;
  counters.extensionInvalidHmac = 4;
  counters.extensionStale = 5;
  counters.extensionReplay = 6;
  const lines = formatStatistics([shown]).split("\n");
  const at = lines.indexOf("  Authentication Extension Errors:");
  assert.deepEqual(lines.slice(at - 1, at + 8), [
    "    Failure: 0",
    "  Authentication Extension Errors:",
    "    Missing: 1",
    "    Malformed: 2",
    "    Unknown Key: 3",
    "    Invalid HMAC: 4",
    "    Stale: 5",
    "    Replay: 6",
    "  Priority Zero:",
  ]);
});

test("statistics have a heading per instance and a line per counter", () => {
  const shown = view();
  shown.machine.counters.advertsSent = 7;
  shown.machine.counters.ttlErrors = 2;
  const text = formatStatistics([shown]);
  assert.match(text, /^VRRP Instance: VI_1\n {2}Advertisements:\n {4}Received: 0\n {4}Sent: 7\n/);
  assert.match(text, /\n {4}TTL: 2\n/);
});

test("scripts, files, processes and BFD sessions with what is known of them, and who tracks them", () => {
  const { config: tracking } = read(`
vrrp_script chk {
  script "/bin/true x"
  interval 2
  weight -20
}
track_file tf {
  file /tmp/number
}
vrrp_track_process pr {
  process sleep 77
  quorum 2
}
vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 1
  track_script {
    chk weight -30 reverse
  }
}
`);
  const [script] = tracking.vrrp.scripts;
  assert.ok(script);
  const text = formatState(tracking.vrrp, [], [], [], {
    scripts: [{ config: script, count: 0, up: false, running: true }],
    files: [],
    processes: [],
    bfds: [{ name: "b1", up: true }],
  });
  assert.match(
    text,
    /------< VRRP Scripts >------\n VRRP Script = chk\n {3}Command = '[^']*true' 'x'\n {3}Interval = 2 sec\n/,
  );
  assert.match(text, /Result = 0\n {3}Status = BAD\n/);
  assert.match(text, /Tracking instances :\n {5}VI_1, weight -30 reverse\n {3}State = running\n/);
  assert.match(text, /VRRP Track BFD = b1\n {3}BFD status = UP\n/);
});
