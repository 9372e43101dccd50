/** keepalived.json has upstream's keys, in its order and with its types (management reference section 3). */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { VrrpInstanceConfig } from "../../../src/config/model.js";
import { VrrpInstance } from "../../../src/vrrp/instance.js";
import { formatJson, type ProcessView } from "../../../src/vrrp/state-json.js";
import { read } from "../config/fake-files.js";
import { address, seconds, settings } from "./settings.js";

const configOf = (text: string) => read(text).config.vrrp;
const version1 = configOf("");
const version2 = configOf("global_defs {\n json_version 2\n}\n");

function view(changes: Partial<VrrpInstanceConfig> = {}) {
  const machine = new VrrpInstance(settings(changes));
  return {
    machine,
    source: "192.0.2.1",
    lastTransitionMillis: 1_795_640_355_847,
    deadlineMillis: undefined,
    group: undefined,
  };
}

interface Shown {
  data: Record<string, unknown>;
  stats: Record<string, unknown>;
}

function shown(changes: Partial<VrrpInstanceConfig> = {}, config = version1): Shown {
  const [first] = JSON.parse(formatJson(config, [view(changes)], [])) as Shown[];
  assert.ok(first !== undefined);
  return first;
}

/** As Debian's 2.2.7 wrote them for a master with everything that the file can hold. */
const DATA_KEYS =
  "iname dont_track_primary skip_check_adv_addr strict_mode vmac_ifname ifp_ifname master_priority last_transition " +
  "garp_delay garp_refresh garp_rep garp_refresh_rep garp_lower_prio_delay garp_lower_prio_rep lower_prio_no_advert " +
  "higher_prio_send_advert vrid base_priority effective_priority vipset promote_secondaries adver_int " +
  "master_adver_int accept nopreempt preempt_delay state wantstate version smtp_alert notify_deleted vips auth_type";
const STATS_KEYS =
  "advert_rcvd advert_sent become_master release_master packet_len_err advert_interval_err ip_ttl_err " +
  "invalid_type_rcvd addr_list_err invalid_authtype authtype_mismatch auth_failure auth_ext_missing " +
  "auth_ext_malformed auth_ext_unknown_key auth_ext_invalid_hmac auth_ext_stale auth_ext_replay pri_zero_rcvd " +
  "pri_zero_sent";

test("version 1 is one line, an array of objects with data and stats, keys in upstream's order", () => {
  const text = formatJson(version1, [view(), view({ name: "VI_2" })], []);
  assert.match(text, /^\[\{"data":\{"iname":"VI_1",[^\n ]*"vips":\[[^\n]*\]\n$/);
  const list = JSON.parse(text) as Shown[];
  assert.deepEqual(
    list.map(({ data }) => data["iname"]),
    ["VI_1", "VI_2"],
  );
  assert.deepEqual(Object.keys(list[0] ?? {}), ["data", "stats"]);
  assert.equal(Object.keys(list[0]?.data ?? {}).join(" "), DATA_KEYS);
  assert.equal(Object.keys(list[0]?.stats ?? {}).join(" "), STATS_KEYS);
});

test("numbers, flags and times have upstream's types and units", () => {
  const text = formatJson(version1, [view({ advertIntervalMicros: seconds(0.5), version: 3 })], []);
  assert.match(text, /"last_transition":1795640355\.847000,/);
  const { data } = shown({
    advertIntervalMicros: seconds(0.5),
    version: 3,
    preempt: false,
    preemptDelayMicros: seconds(2.5),
    accept: false,
    strict: true,
  });
  const expected = { adver_int: 0.5, master_adver_int: 0.5, preempt_delay: 2, nopreempt: true, accept: 0 };
  for (const [key, value] of Object.entries(expected)) assert.equal(data[key], value, key);
  assert.deepEqual([data["strict_mode"], data["vipset"], data["state"], data["wantstate"]], [1, false, 0, 0]);
});

test("what there is none of is left out; a password is masked", () => {
  const position = { file: "test", line: 1, column: 1 };
  const { data } = shown({
    auth: { type: "pass", password: "s3cr3t" },
    notify: { master: { args: ["notify", "a b"], file: "/usr/local/bin/notify", position } },
    excludedAddresses: [{ ...address("2001:db8::5"), prefixLength: 64 }],
    trackInterfaces: [{ name: "eth1", weight: 5, reverse: false }],
  });
  assert.equal(data["auth_type"], 1);
  assert.equal(data["auth_data"], "********");
  assert.equal(data["script_master"], "'/usr/local/bin/notify' 'a b'");
  assert.deepEqual(data["evips"], ["2001:db8::5/64 dev eth0 scope global preferred_lft forever"]);
  assert.deepEqual(data["track_ifp"], ["eth1"]);
  for (const key of ["script_backup", "vroutes", "vrules", "track_script", "track_process"])
    assert.ok(!(key in data), key);
});

test("a tracked script is shown by its command", () => {
  const config = configOf(
    'vrrp_script chk {\n script "/bin/true -x"\n}\nvrrp_instance VI_1 {\n interface eth0\n virtual_router_id 1\n' +
      " virtual_ipaddress {\n 192.0.2.1\n }\n track_script {\n chk\n }\n}\n",
  );
  const [instance] = config.instances;
  assert.ok(instance !== undefined);
  assert.deepEqual(shown(instance, config).data["track_script"], ["'/bin/true' '-x'"]);
});

test("version 2 is an object, with the tracked processes if there are any", () => {
  assert.deepEqual(Object.keys(JSON.parse(formatJson(version2, [view()], [])) as object), ["vrrp"]);
  const process: ProcessView = {
    config: {
      name: "tp",
      process: "sleep",
      parameters: ["1", "2"],
      parameterMatch: "partial",
      fullCommand: false,
      weight: 3,
      reverse: true,
      quorum: 1,
      forkDelayMicros: 500_000,
      terminateDelayMicros: 0,
      position: { file: "test", line: 1, column: 1 },
    },
    current: 2,
    haveQuorum: true,
    forkDelayRunning: false,
    terminateDelayRunning: false,
  };
  const { track_process: list } = JSON.parse(formatJson(version2, [view()], [process])) as {
    track_process: unknown[];
  };
  assert.deepEqual(list, [
    {
      process: "sleep",
      parameters: "1 2",
      param_match: "partial",
      min_processes: 1,
      current_processes: 2,
      have_quorum: true,
      weight: -3,
      terminate_delay: 0,
      fork_delay: 0.5,
      fork_delay_timer_running: false,
      terminate_delay_timer_running: false,
      full_command: false,
    },
  ]);
});
