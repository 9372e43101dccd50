/**
 * Core with a fake child, as a program: `node daemon-under-test.js FOLDER [-R]`. The "configuration" is the file
 * FOLDER/conf: one word of behaviour for the child, "bad" for a text with mistakes, "doubtful" for one that can be used all the same, "none" for no child. What
 * FOLDER/global says holds for core, if it is there.
 */
import "../../../src/cli/early-signals.js";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "../../../src/config/model.js";
import type { ChildRow } from "../../../src/core/children.js";
import { Daemon } from "../../../src/core/daemon.js";
import { read } from "../../unit/config/fake-files.js";
import { loadAddon } from "../../../src/native/load.js";

const [folder = "", ...flags] = process.argv.slice(2);

/** Everything but the child's slice is real. */
const globalFile = join(folder, "global");
const basis = read(existsSync(globalFile) ? readFileSync(globalFile, "utf8") : "").config;

/** The slice of a fake child is not a real one: only the fake child looks inside. */
function configOf(behaviour: string): Config {
  const notActedOn = behaviour === "none" ? ["mail"] : [];
  return { ...basis, vrrp: { behaviour } as unknown as Config["vrrp"], notActedOn };
}

const row: ChildRow = {
  name: "vrrp",
  title: "VRRP",
  silence: 2_000_000,
  ident: "Keepalived_vrrp",
  entry: join(dirname(fileURLToPath(import.meta.url)), "fake-child.js"),
  pidStem: "vrrp",
  pidOption: "vrrpPid",
  withdrawn: true,
  slice: (config) => (config.notActedOn.length > 0 ? undefined : config.vrrp),
};

new Daemon(
  {
    configFile: join(folder, "conf"),
    paths: { parentPid: join(folder, "k.pid"), vrrpPid: join(folder, "v.pid") },
    switches: { vrrp: true, check: true, bfd: true, all: false },
    detail: 0,
    foreground: true,
    logConsole: true,
    respawn: !flags.includes("-R"),
    keepOnStop: false,
    keepIpvsOnStop: false,
    allIncludesMustExist: false,
    coreDump: false,
    ignoreSigint: false,
    commandLine: "under test",
    withoutEffect: ["--snmp"],
  },
  {
    addon: loadAddon(),
    reader: {
      read() {
        const behaviour = readFileSync(join(folder, "conf"), "utf8").trim();
        const good = behaviour !== "bad";
        const clean = good && behaviour !== "doubtful";
        const problems = clean ? [] : ["conf:1:1: error: a mistake\n  bad\n  ^^^"];
        const testStatus = clean ? 0 : 5;
        return {
          config: configOf(behaviour),
          problems,
          usable: good,
          refusals: ["told to"],
          exitStatus: 2,
          testStatus,
          reloadable: good,
        };
      },
    },
    environment: process.env,
    temporaryDirectory: folder,
    onRunning: () => undefined,
    onFailed: () => undefined,
    enterNamespace: () => undefined,
    version: "0.0.0",
    children: [row],
  },
).run();
