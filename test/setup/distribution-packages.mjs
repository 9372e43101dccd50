// Debian packages that building and testing need: what each is known by, and how missing ones are installed
// without starting or enabling any service. Plain JavaScript: runs before node_modules exist.
import { spawnSync } from "node:child_process";
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

/** Package → a program it brings. A program that is there, from wherever, needs no package. */
const COMPILER = { "g++": "g++", make: "make", python3: "python3" };
const LAB = {
  iproute2: "ip",
  "iputils-ping": "ping",
  tcpdump: "tcpdump",
  nftables: "nft",
  mount: "mount",
  "util-linux": "unshare",
  procps: "ps",
  keepalived: "keepalived",
  openssl: "openssl",
};

/** A kernel in user mode for test/uml, and what is used inside. Not every Debian and not every processor has it. */
const GUEST = { "user-mode-linux": "linux.uml", kmod: "modprobe", ipvsadm: "ipvsadm" };

/** Judges beside Debian's keepalived and tcpdump. */
const JUDGES = { frr: "vtysh", tshark: "tshark" };

/** What each step needs; `unit` runs with Node alone. */
export const NEEDS = { unit: {}, build: COMPILER, lab: { ...COMPILER, ...LAB } };

/** Without these some tests are skipped. */
export const WISHES = { unit: {}, build: {}, lab: { ...GUEST, ...JUDGES } };

const PATH = [
  ...new Set([...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin", "/usr/bin", "/bin"]),
].filter(Boolean);

/** @returns the path of a program, also of one that only root has in its PATH; undefined when there is none. */
function findProgram(name) {
  for (const folder of PATH) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not here: the next folder
    }
  }
  return undefined;
}

/** @returns names of the packages of `needs` whose program is not on this machine. */
export function missingPackages(needs) {
  return Object.keys(needs).filter((name) => findProgram(needs[name]) === undefined);
}

const POLICY = "/usr/sbin/policy-rc.d";
const KEPT_POLICY = `${POLICY}.before-keepalived-tests`;

/** Forbids package scripts to start services; @returns what puts everything back as it was. */
function forbidServiceStarts() {
  // A kept policy is left of a run that was killed: it is the user's, ours is in its place.
  const had = existsSync(KEPT_POLICY) || existsSync(POLICY);
  if (!existsSync(KEPT_POLICY) && existsSync(POLICY)) renameSync(POLICY, KEPT_POLICY);
  writeFileSync(
    POLICY,
    "#!/bin/sh\n# Put here by keepalived's test set-up while it installs packages.\nexit 101\n",
  );
  chmodSync(POLICY, 0o755);
  return () => {
    rmSync(POLICY, { force: true });
    if (had && existsSync(KEPT_POLICY)) renameSync(KEPT_POLICY, POLICY);
  };
}

/** Links that make init start something at boot: systemd's *.wants and *.requires, and the S links of System V. */
function enabledServices() {
  const found = new Set();
  const collect = (parent, folderPattern, linkPattern) => {
    if (!existsSync(parent)) return;
    for (const folder of readdirSync(parent).filter((name) => folderPattern.test(name))) {
      for (const link of readdirSync(join(parent, folder)).filter((name) => linkPattern.test(name))) {
        found.add(join(parent, folder, link));
      }
    }
  };
  collect("/etc/systemd/system", /\.(wants|requires)$/, /./);
  collect("/etc", /^rc[2-5S]\.d$/, /^S/);
  return found;
}

/** Takes back what the scripts of freshly installed packages enabled. */
function disableNewServices(before) {
  for (const path of enabledServices()) {
    // Disabling one runlevel's link of a script removes those of the others too.
    const link = lstatSync(path, { throwIfNoEntry: false });
    if (before.has(path) || link?.isSymbolicLink() !== true) continue;
    const script = /\/rc.\.d\/S\d+(.+)$/.exec(path)?.[1];
    if (script === undefined) rmSync(path);
    else run("update-rc.d", [script, "disable"]);
  }
}

function run(program, args) {
  const env = { ...process.env, PATH: PATH.join(":"), DEBIAN_FRONTEND: "noninteractive" };
  const { status, error } = spawnSync(program, args, { stdio: ["ignore", "inherit", "inherit"], env });
  return error === undefined && status === 0;
}

function packageListsPresent() {
  const lists = "/var/lib/apt/lists";
  return existsSync(lists) && readdirSync(lists).some((name) => name.includes("_Packages"));
}

/** Whether apt knows a package, as far as can be told before it has lists. */
export function mayBeInstalled(name) {
  return !packageListsPresent() || spawnSync("apt-cache", ["show", name], { stdio: "ignore" }).status === 0;
}

/** Installs packages with apt-get; @returns whether it went well. Services stay as they were, also on failure. */
export function installPackages(names) {
  const install = () => run("apt-get", ["install", "-y", "-q", "--no-install-recommends", ...names]);
  const before = enabledServices();
  const putBack = forbidServiceStarts();
  const stop = (signal) => {
    putBack();
    process.kill(process.pid, signal);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, stop);
  try {
    if (packageListsPresent() && install()) return true;
    return run("apt-get", ["update", "-q"]) && install();
  } finally {
    putBack();
    disableNewServices(before);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeListener(signal, stop);
  }
}

/** @returns whether this machine has apt-get. */
export function hasApt() {
  return findProgram("apt-get") !== undefined;
}
