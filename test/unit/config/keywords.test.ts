/** Every keyword that is acted on: accepted, both ends of its range, one beyond each end refused under the argument. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config, VrrpInstanceConfig } from "../../../src/config/model.js";
import { brief, good, instance, read } from "./fake-files.js";

type Check<T> = (subject: T) => unknown;

interface Case<T> {
  keyword: string;
  /** Argument and what the configuration then says. */
  accepted: readonly (readonly [argument: string, expected: unknown])[];
  refused?: readonly string[];
  /** What the configuration says without the keyword. */
  byDefault?: unknown;
  of: Check<T>;
}

const s = 1_000_000;

const globals: readonly Case<Config>[] = [
  { keyword: "router_id", accepted: [["LVS_1", "LVS_1"]], byDefault: "host1", of: (c) => c.global.routerId },
  {
    keyword: "notification_email_from",
    accepted: [['"A B <a@b>"', "A B <a@b>"]],
    of: (c) => c.global.notificationEmailFrom,
  },
  {
    keyword: "smtp_server",
    accepted: [
      ["mail.example", { host: "mail.example", port: 25 }],
      ["10.0.0.9 65535", { host: "10.0.0.9", port: 65535 }],
    ],
    of: (c) => c.global.mail.servers.at(-1),
  },
  {
    keyword: "smtp_connect_timeout",
    accepted: [
      ["1", s],
      ["4294", 4294 * s],
    ],
    refused: ["-1", "4295", "x", "1.5", "6x"],
    byDefault: 30 * s,
    of: (c) => c.global.smtpConnectTimeoutMicros,
  },
  {
    keyword: "vrrp_mcast_group4",
    accepted: [
      ["224.0.0.1", "224.0.0.1"],
      ["239.255.255.255", "239.255.255.255"],
    ],
    refused: ["223.255.255.255", "240.0.0.0", "ff02::12", "224.0.0"],
    byDefault: "224.0.0.18",
    of: (c) => c.global.multicastGroup4,
  },
  {
    keyword: "vrrp_mcast_group6",
    accepted: [["FF02:0::13", "ff02::13"]],
    refused: ["fe80::1", "224.0.0.18"],
    byDefault: "ff02::12",
    of: (c) => c.global.multicastGroup6,
  },
  {
    keyword: "vrrp_garp_interval",
    accepted: [
      ["0.000001", 1],
      ["0.999999", 999_999],
      [".5", 500_000],
    ],
    refused: ["0", "4294.967296", "-1", "1e3", "1s"],
    byDefault: 0,
    of: (c) => c.global.garpIntervalMicros,
  },
  {
    keyword: "vrrp_gna_interval",
    accepted: [["0.2", 200_000]],
    refused: ["0", "4295"],
    byDefault: 0,
    of: (c) => c.global.gnaIntervalMicros,
  },
  {
    keyword: "script_user",
    accepted: [
      ["root", { user: "root" }],
      ["root wheel", { user: "root", group: "wheel" }],
    ],
    of: (c) => c.global.scriptUser,
  },
  {
    keyword: "enable_script_security",
    accepted: [["", true]],
    byDefault: false,
    of: (c) => c.global.enableScriptSecurity,
  },
  {
    keyword: "dynamic_interfaces",
    accepted: [
      ["", true],
      ["allow_if_changes", true],
    ],
    refused: ["maybe"],
    byDefault: false,
    of: (c) => c.global.dynamicInterfaces,
  },
  {
    keyword: "default_interface",
    accepted: [["eth5", "eth5"]],
    refused: ["0123456789abcdef"],
    byDefault: "eth0",
    of: (c) => c.global.defaultInterface,
  },
];

const first = (c: Config): VrrpInstanceConfig => {
  const [found] = c.vrrp.instances;
  assert.ok(found);
  return found;
};

/** Global keywords that are defaults of instances. */
const inherited: readonly Case<Config>[] = [
  {
    keyword: "vrrp_version",
    accepted: [
      ["2", 2],
      ["3", 3],
    ],
    refused: ["1", "4"],
    byDefault: 2,
    of: (c) => first(c).version,
  },
  {
    keyword: "vrrp_strict",
    accepted: [
      ["", true],
      ["on", true],
      ["no", false],
    ],
    refused: ["TRUE", "1"],
    byDefault: false,
    of: (c) => first(c).strict,
  },
  {
    keyword: "vrrp_skip_check_adv_addr",
    accepted: [
      ["", true],
      ["true", true],
      ["off", false],
    ],
    refused: ["TRUE"],
    byDefault: false,
    of: (c) => first(c).skipCheckAdvertAddresses,
  },
  {
    keyword: "vrrp_garp_master_delay",
    accepted: [
      ["0", 0],
      ["4294", 4294 * s],
    ],
    refused: ["-1", "4295"],
    byDefault: 5 * s,
    of: (c) => first(c).announce.masterDelayMicros,
  },
  {
    keyword: "vrrp_garp_master_repeat",
    accepted: [
      ["1", 1],
      ["4294967295", 4294967295],
    ],
    refused: ["-1", "4294967296"],
    byDefault: 5,
    of: (c) => first(c).announce.masterRepeat,
  },
  {
    keyword: "vrrp_garp_master_refresh",
    accepted: [
      ["0", 0],
      ["4294967295", 4294967295 * s],
    ],
    refused: ["-1", "4294967296"],
    byDefault: 0,
    of: (c) => first(c).announce.masterRefreshMicros,
  },
  {
    keyword: "vrrp_garp_master_refresh_repeat",
    accepted: [
      ["1", 1],
      ["4294967295", 4294967295],
    ],
    refused: ["-1", "4294967296"],
    byDefault: 1,
    of: (c) => first(c).announce.masterRefreshRepeat,
  },
  {
    keyword: "vrrp_garp_lower_prio_delay",
    accepted: [
      ["0", 0],
      ["4294", 4294 * s],
    ],
    refused: ["-1", "4295"],
    byDefault: 5 * s,
    of: (c) => first(c).announce.lowerPrioDelayMicros,
  },
  {
    keyword: "vrrp_garp_lower_prio_repeat",
    accepted: [
      ["0", 0],
      ["2147483647", 2147483647],
    ],
    refused: ["-1", "2147483648"],
    byDefault: 5,
    of: (c) => first(c).announce.lowerPrioRepeat,
  },
  {
    keyword: "vrrp_down_timer_adverts",
    accepted: [
      ["1", 1],
      ["100", 100],
    ],
    refused: ["0", "101"],
    byDefault: 3,
    of: (c) => first(c).downTimerAdverts,
  },
  {
    keyword: "vrrp_lower_prio_no_advert",
    accepted: [
      ["", true],
      ["no", false],
    ],
    refused: ["x"],
    byDefault: false,
    of: (c) => first(c).lowerPrioNoAdvert,
  },
  {
    keyword: "vrrp_higher_prio_send_advert",
    accepted: [
      ["", true],
      ["no", false],
    ],
    refused: ["x"],
    byDefault: false,
    of: (c) => first(c).higherPrioSendAdvert,
  },
];

const instances: readonly Case<Config>[] = [
  {
    keyword: "state",
    accepted: [
      ["MASTER", "MASTER"],
      ["BACKUP", "BACKUP"],
    ],
    refused: ["master", "FAULT"],
    byDefault: "BACKUP",
    of: (c) => first(c).initialState,
  },
  {
    keyword: "interface",
    accepted: [["bond0.100", "bond0.100"]],
    refused: ["0123456789abcdef", "a/b"],
    of: (c) => first(c).interface,
    byDefault: "eth0",
  },
  {
    keyword: "virtual_router_id",
    accepted: [
      ["1", 1],
      ["255", 255],
    ],
    refused: ["0", "256", "0x33", "abc"],
    of: (c) => first(c).virtualRouterId,
    byDefault: 51,
  },
  {
    keyword: "priority",
    accepted: [
      ["1", 1],
      ["255", 255],
    ],
    refused: ["0", "256", "100.0", "-1"],
    byDefault: 100,
    of: (c) => first(c).priority,
  },
  {
    keyword: "advert_int",
    accepted: [
      ["1", s],
      ["255", 255 * s],
    ],
    refused: ["0.001", "255.1", "300", "x"],
    byDefault: s,
    of: (c) => first(c).advertIntervalMicros,
  },
  {
    keyword: "version",
    accepted: [
      ["2", 2],
      ["3", 3],
    ],
    refused: ["1", "4"],
    byDefault: 2,
    of: (c) => first(c).version,
  },
  { keyword: "nopreempt", accepted: [["", false]], byDefault: true, of: (c) => first(c).preempt },
  {
    keyword: "preempt_delay",
    accepted: [
      ["0", 0],
      ["1000", 1000 * s],
      ["0.5", 500_000],
    ],
    refused: ["-1", "1000.1"],
    byDefault: 0,
    of: (c) => first(c).preemptDelayMicros,
  },
  {
    keyword: "mcast_src_ip",
    accepted: [["10.0.0.9", "10.0.0.9"]],
    refused: ["10.0.0.999", "host"],
    of: (c) => first(c).sourceAddress,
  },
  {
    keyword: "dont_track_primary",
    accepted: [["", false]],
    byDefault: true,
    of: (c) => first(c).trackPrimary,
  },
  {
    keyword: "skip_check_adv_addr",
    accepted: [
      ["", true],
      ["off", false],
    ],
    refused: ["TRUE"],
    byDefault: false,
    of: (c) => first(c).skipCheckAdvertAddresses,
  },
  {
    keyword: "strict_mode",
    accepted: [
      ["", true],
      ["off", false],
    ],
    refused: ["2"],
    byDefault: false,
    of: (c) => first(c).strict,
  },
  {
    keyword: "garp_master_delay",
    accepted: [
      ["0", 0],
      ["4294", 4294 * s],
    ],
    refused: ["-1", "4295"],
    byDefault: 5 * s,
    of: (c) => first(c).announce.masterDelayMicros,
  },
  {
    keyword: "garp_master_repeat",
    accepted: [
      ["1", 1],
      ["4294967295", 4294967295],
    ],
    refused: ["-1", "4294967296"],
    byDefault: 5,
    of: (c) => first(c).announce.masterRepeat,
  },
  {
    keyword: "garp_master_refresh",
    accepted: [
      ["0", 0],
      ["4294967295", 4294967295 * s],
    ],
    refused: ["-1", "4294967296"],
    byDefault: 0,
    of: (c) => first(c).announce.masterRefreshMicros,
  },
  {
    keyword: "garp_master_refresh_repeat",
    accepted: [
      ["1", 1],
      ["4294967295", 4294967295],
    ],
    refused: ["-1", "4294967296"],
    byDefault: 1,
    of: (c) => first(c).announce.masterRefreshRepeat,
  },
  {
    keyword: "garp_lower_prio_delay",
    accepted: [
      ["0", 0],
      ["4294", 4294 * s],
    ],
    refused: ["-1", "4295"],
    byDefault: 5 * s,
    of: (c) => first(c).announce.lowerPrioDelayMicros,
  },
  {
    keyword: "garp_lower_prio_repeat",
    accepted: [
      ["0", 0],
      ["2147483647", 2147483647],
    ],
    refused: ["-1", "2147483648"],
    byDefault: 5,
    of: (c) => first(c).announce.lowerPrioRepeat,
  },
  {
    keyword: "down_timer_adverts",
    accepted: [
      ["1", 1],
      ["100", 100],
    ],
    refused: ["0", "101"],
    byDefault: 3,
    of: (c) => first(c).downTimerAdverts,
  },
  {
    keyword: "lower_prio_no_advert",
    accepted: [
      ["", true],
      ["no", false],
    ],
    refused: ["x"],
    byDefault: false,
    of: (c) => first(c).lowerPrioNoAdvert,
  },
  {
    keyword: "higher_prio_send_advert",
    accepted: [
      ["", true],
      ["no", false],
    ],
    refused: ["x"],
    byDefault: false,
    of: (c) => first(c).higherPrioSendAdvert,
  },
  {
    keyword: "debug",
    accepted: [
      ["0", 0],
      ["4", 4],
    ],
    refused: ["-1", "5"],
    byDefault: 0,
    of: (c) => first(c).debug,
  },
];

function check(cases: readonly Case<Config>[], text: (line: string) => string, block: string): void {
  for (const { keyword, accepted, refused, byDefault, of } of cases) {
    test(`${block}: ${keyword}`, () => {
      assert.deepEqual(of(good(text(""))), byDefault);
      for (const [argument, expected] of accepted) {
        const line = argument === "" ? keyword : `${keyword} ${argument}`;
        assert.deepEqual(of(good(text(line))), expected, line);
      }
      for (const argument of refused ?? []) {
        const [problem, ...more] = read(text(`${keyword} ${argument}`)).diagnostics.filter(
          (d) => d.severity === "error",
        );
        assert.equal(more.length, 0, `${keyword} ${argument}`);
        assert.equal(problem?.at?.column, keyword.length + 2, `${keyword} ${argument}`);
        assert.equal(problem?.at?.text, `${keyword} ${argument}`);
      }
    });
  }
}

const withGlobal = (line: string) => `global_defs {\n${line}\n}\n${instance("")}`;
check(globals, withGlobal, "global_defs");
check(inherited, withGlobal, "global_defs");
check(instances, (line) => instance(line), "vrrp_instance");

test("global_defs: notification_email collects the words of all lines", () => {
  const text =
    'global_defs {\n notification_email { a@b c@d\n "E F <e@f>"\n }\n notification_email { g@h }\n}\n';
  assert.deepEqual(good(text).global.notificationEmail, ["a@b", "c@d", "E F <e@f>", "g@h"]);
  assert.deepEqual(brief(read("global_defs {\n notification_email {\n }\n}\n")), [
    "2:2 error the block 'notification_email' is empty",
  ]);
});

test("global_defs may be given several times", () => {
  const { global } = good(
    "global_defs {\n router_id a\n default_interface x0\n}\nglobal_defs {\n router_id b\n}\n",
  );
  assert.deepEqual([global.routerId, global.defaultInterface], ["b", "x0"]);
});

test("enable_traps is accepted and named as not acted on", () => {
  const config = good("global_defs {\n enable_traps\n}\n");
  assert.deepEqual(config.notActedOn, ["global_defs: enable_traps (keepalived.conf:2)"]);
});
