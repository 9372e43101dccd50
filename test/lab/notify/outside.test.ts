/** What a running daemon does outside: mails, FIFOs with their readers, startup and shutdown scripts, script security. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import type { Lab } from "../harness/lab.js";
import { labTest } from "../harness/lab-test.js";
import type { Host } from "../harness/network.js";
import type { Program } from "../harness/program.js";
import { letMastersMeet, Recorder } from "./recorder.js";
import { type Certificate, makeCertificate, type RelayManners } from "./smtp-relay.js";

let made: { certificate: Certificate; remove: () => void } | undefined;
after(() => made?.remove());

interface Scene {
  lab: Lab;
  host: Host;
  recorder: Recorder;
}

async function scene(lab: Lab): Promise<Scene> {
  const host = await lab.addHost("router", { addresses: ["10.87.0.1/24"] });
  return { lab, host, recorder: new Recorder(lab, host) };
}

function configuration(global: string, instance = "", name = "VI_1"): string {
  return `global_defs {\nrouter_id R\n${global}\n}\nvrrp_instance ${name} {\ninterface eth0\nvirtual_router_id 87\nversion 3\nadvert_int 0.1\nvirtual_ipaddress {\n10.87.0.100/24\n}\n${instance}\n}\n`;
}

/** Starts the daemon and waits until its instance is master and that was told. */
async function startMaster({ lab, host }: Scene, text: string): Promise<Program> {
  const router = lab.startRouter(host, "ours", text);
  await lab.waitFor(() => lab.holders.of("10.87.0.100").length === 1, 8_000, "the router to become master");
  return router;
}

/** @returns how long it took, in milliseconds. */
async function stop({ lab }: Scene, router: Program): Promise<number> {
  const began = performance.now();
  router.kill("SIGTERM");
  await lab.waitFor(() => router.exit !== undefined, 10_000, "the daemon to end");
  return performance.now() - began;
}

async function reload({ lab, host }: Scene, router: Program, text: string): Promise<void> {
  const from = router.output.all.length;
  writeFileSync(lab.configurationOf(host), text);
  router.kill("SIGHUP");
  await lab.waitFor(() => router.output.find(/Reload complete/, from), 5_000, "the reload");
}

async function startRelay({ lab, host }: Scene, manners: RelayManners): Promise<Program> {
  const program = fileURLToPath(new URL("./relay-program.js", import.meta.url));
  const relay = lab.run("relay", {
    namespace: host.namespace,
    command: [process.execPath, program, JSON.stringify(manners)],
  });
  await lab.waitFor(() => relay.output.find(/^listening/), 5_000, "the relay");
  return relay;
}

function mailsOf(relay: Program): string[] {
  return relay.output.all.map(({ text }) => text).filter((text) => text.startsWith("mail "));
}

const MAIL = `notification_email {\nops@example.net\n}\nnotification_email_from router@example.net\nsmtp_alert on\nsmtp_connect_timeout 2\n`;

labTest("each transition is mailed once, by STARTTLS and login, the stop too", ["ours"], async (lab) => {
  const it = await scene(lab);
  made ??= makeCertificate();
  const login = { user: "router", password: "s3cret" };
  const relay = await startRelay(it, { tls: "starttls", certificate: made.certificate, login });
  // /tmp is the daemon's own.
  const ca = it.recorder.path("ca.pem");
  writeFileSync(ca, made.certificate.cert);
  const global = `${MAIL}smtp_server 127.0.0.1 1\nsmtp_server 127.0.0.1 2525\nsmtp_user router\nsmtp_password s3cret\nsmtp_ca_file ${ca}`;
  const router = await startMaster(it, configuration(global));
  await lab.waitFor(() => mailsOf(relay).length === 2, 5_000, "two mails");
  await stop(it, router);
  await lab.waitFor(() => mailsOf(relay).length === 3, 2_000, "the third");
  await lab.watch(200);
  const rest = "/ router / true";
  assert.deepEqual(mailsOf(relay), [
    `mail [R] VRRP Instance VI_1 - Entering BACKUP state / => VRRP Instance is no longer owning VRRP VIPs <= ${rest}`,
    `mail [R] VRRP Instance VI_1 - Entering MASTER state / => VRRP Instance is now owning VRRP VIPs <= ${rest}`,
    `mail [R] VRRP Instance VI_1 - Stopping / => VRRP Instance stopping <= ${rest}`,
  ]);
  assert.equal(router.output.find(/without effect/i), undefined);
  assert.equal(router.output.find(/s3cret/), undefined, "no password in the log");
});

labTest(
  "a relay that stalls holds up neither adverts nor the end, and what is lost is said",
  ["ours"],
  async (lab) => {
    const it = await scene(lab);
    await startRelay(it, { stallAt: "greeting" });
    const router = await startMaster(it, configuration(`${MAIL}smtp_server 127.0.0.1 2525`));
    const from = lab.capture.adverts.length;
    await lab.waitFor(
      () => router.output.find(/could not be sent .*next attempt/),
      8_000,
      "a failed attempt",
    );
    const gaps = lab.capture.adverts
      .slice(from + 1)
      .map(({ at }, i) => at - (lab.capture.adverts[from + i]?.at ?? at));
    assert.ok(Math.max(...gaps) < 200, `longest gap ${Math.max(...gaps)} ms`);
    const took = await stop(it, router);
    assert.ok(took < 4500, `${took} ms`);
    const givenUp = router.output.all.filter(({ text }) => / given up after \d+ attempts? in /.test(text));
    assert.equal(givenUp.length, 3, "all three are accounted for");
  },
);

labTest(
  "startup and shutdown scripts run around everything else, within their time",
  ["ours"],
  async (lab) => {
    const it = await scene(lab);
    const { recorder } = it;
    const startup = recorder.makeScript(
      "startup.sh",
      `${recorder.script} startup\nsleep 0.5\n${recorder.script} started\necho careful >&2`,
    );
    const shutdown = recorder.makeScript(
      "shutdown.sh",
      `trap "" TERM\n${recorder.script} shutdown\nsleep 30 & wait\nsleep 30`,
    );
    const global = `startup_script ${startup}\nshutdown_script ${shutdown}\nshutdown_script_timeout 1`;
    const text = configuration(global, `notify "${recorder.script}"`);
    const router = await startMaster(it, text);
    await reload(it, router, text);
    const took = await stop(it, router);
    await lab.watch(100);
    assert.deepEqual(recorder.lines, [
      "startup",
      "started",
      "INSTANCE VI_1 BACKUP 100",
      "INSTANCE VI_1 MASTER 100",
      "INSTANCE VI_1 STOP 100",
      "shutdown",
    ]);
    assert.ok(router.output.find(/startup_script '.*' has ended; it said: careful/));
    assert.ok(router.output.find(/shutdown_script '.*' timed out/));
    assert.ok(took > 2900 && took < 4500, `1 s, and 2 s more for one that ignores TERM: ${took} ms`);
  },
);

labTest(
  "a startup script that does not end is cut off, and one that fails stops nothing",
  ["ours"],
  async (lab) => {
    const it = await scene(lab);
    const startup = it.recorder.makeScript("startup.sh", "sleep 30");
    const router = await startMaster(
      it,
      configuration(`startup_script ${startup}\nstartup_script_timeout 1`),
    );
    assert.ok(router.output.find(/startup_script '.*' timed out/));
    const took = await stop(it, router);
    assert.ok(took < 1000, `${took} ms`);
  },
);

labTest("a stop while the startup script runs ends it, and the daemon", ["ours"], async (lab) => {
  const it = await scene(lab);
  const startup = it.recorder.makeScript("startup.sh", `${it.recorder.script} began\nsleep 30`);
  const router = lab.startRouter(
    it.host,
    "ours",
    configuration(`startup_script ${startup}\nstartup_script_timeout 60`),
  );
  await lab.waitFor(() => router.output.find(/Opening file/), 5_000, "the start");
  await lab.poll(() => it.recorder.lines.length > 0, 5_000, "the script");
  const took = await stop(it, router);
  assert.ok(took < 1000, `${took} ms`);
  assert.equal(router.exit, "0");
});

labTest("a startup script that ignores TERM does not outlive the daemon", ["ours"], async (lab) => {
  const it = await scene(lab);
  const { recorder } = it;
  const startup = recorder.makeScript(
    "startup.sh",
    `trap "" TERM\n${recorder.script} $$\nwhile :; do sleep 0.1; done`,
  );
  const global = `startup_script ${startup}\nstartup_script_timeout 60\nshutdown_script "${recorder.script} shutdown"`;
  const router = lab.startRouter(it.host, "ours", configuration(global));
  await it.lab.poll(() => recorder.lines.length === 1, 5_000, "the startup script");
  const pid = Number(recorder.lines[0]);
  try {
    const took = await stop(it, router);
    assert.ok(took > 1900 && took < 4000, `KILL 2 s after TERM: ${took} ms`);
    assert.throws(() => process.kill(pid, 0), /ESRCH/);
    assert.equal(recorder.lines.at(-1), "shutdown");
  } finally {
    execFileSync("sh", ["-c", `kill -9 ${pid} 2>/dev/null || true`]);
  }
});

labTest("a FIFO of the daemon's own: owner, mode, reader, reload, end", ["ours"], async (lab) => {
  const it = await scene(lab);
  const { recorder } = it;
  const fifo = recorder.path("own.fifo");
  const reader = recorder.makeScript(
    "reader.sh",
    `${recorder.script} reader "$@"\nwhile read line; do ${recorder.script} "$line"; [ "$line" = crash ] && exit 3; done < "$2"\n${recorder.script} end`,
  );
  const text = configuration(
    `script_user root\nvrrp_notify_fifo ${fifo} nobody\nvrrp_notify_fifo_script "${reader} word"`,
  );
  const router = await startMaster(it, text);
  const told = (line: string, times = 1): Promise<unknown> =>
    it.lab.poll(() => recorder.lines.filter((each) => each === line).length >= times, 5_000, line);
  await told('INSTANCE "VI_1" MASTER 100');
  const status = statSync(fifo);
  assert.ok(status.isFIFO());
  assert.equal(status.mode & 0o777, 0o600, "what the umask leaves of 0644");
  assert.equal(status.uid, 65534);
  const { ino } = status;

  await reload(it, router, text);
  await lab.watch(200);
  assert.ok(!recorder.lines.includes("end"), "the reader saw no end");
  assert.equal(statSync(fifo).ino, ino);

  execFileSync("sh", ["-c", `echo crash > ${fifo}`]);
  await told(`reader word ${fifo}`, 2);
  assert.ok(router.output.find(/its script '.*' exited with status 3; it is started again in 1 s/));

  await stop(it, router);
  assert.deepEqual(recorder.lines.slice(-2), ['INSTANCE "VI_1" STOP 100', "end"]);
  assert.equal(existsSync(fifo), false);
});

labTest("a reader is not disturbed when the VRRP process dies", ["ours"], async (lab) => {
  const it = await scene(lab);
  const { recorder } = it;
  const fifo = recorder.path("own.fifo");
  const reader = recorder.makeScript(
    "reader.sh",
    `while read line; do ${recorder.script} "$line"; done < "$1"\n${recorder.script} end`,
  );
  const router = await startMaster(
    it,
    configuration(`vrrp_notify_fifo ${fifo}\nvrrp_notify_fifo_script ${reader}`),
  );
  await it.lab.poll(() => recorder.lines.includes('INSTANCE "VI_1" MASTER 100'), 5_000, "MASTER");
  const child = router.processes().find(({ command }) => command.includes("keepalived_vrrp"));
  assert.ok(child);
  process.kill(child.pid, "SIGKILL");
  await it.lab.poll(
    () => recorder.lines.filter((line) => line.includes("MASTER")).length === 2,
    5_000,
    "MASTER again",
  );
  assert.ok(!recorder.lines.includes("end"));
  await stop(it, router);
});

labTest(
  "a FIFO that was there is used and stays; what is none, or another's, is not used",
  ["ours"],
  async (lab) => {
    const it = await scene(lab);
    const { recorder } = it;
    const there = recorder.fifo("there.fifo");
    const plain = recorder.path("plain.file");
    writeFileSync(plain, "untouched");
    const router = await startMaster(it, configuration(`notify_fifo ${there}\nvrrp_notify_fifo ${plain}`));
    await lab.waitFor(() => recorder.fifoLines("there.fifo").length === 2, 3_000, "two lines");
    assert.ok(router.output.find(/FIFO .*plain\.file cannot be used: it is no FIFO/));
    await stop(it, router);
    assert.ok(statSync(there).isFIFO());
    assert.equal(readFileSync(plain, "utf8"), "untouched");
  },
);

labTest("a FIFO that nobody reads blocks nobody, and what is lost is counted", ["ours"], async (lab) => {
  const it = await scene(lab);
  const fifo = it.recorder.path("unread.fifo");
  const text = configuration(
    `vrrp_notify_fifo ${fifo}\nfifo_write_vrrp_states_on_reload`,
    "",
    "V".repeat(900),
  );
  const router = await startMaster(it, text);
  const from = lab.capture.adverts.length;
  // 64 KiB in the pipe, as much in the buffer, 0.9 KiB a line.
  for (let i = 0; i < 160; i++) await reload(it, router, text);
  const lost = router.output.all.filter(({ text: line }) => /unread\.fifo: it is full/.test(line));
  assert.equal(lost.length, 1, "said once");
  const adverts = lab.capture.adverts.slice(from);
  const gaps = adverts.slice(1).map(({ at }, i) => at - (adverts[i]?.at ?? at));
  assert.ok(Math.max(...gaps) < 250, `longest gap ${Math.max(...gaps)} ms`);
  const lines = Number(execFileSync("sh", ["-c", `timeout 2 cat ${fifo} | wc -l`], { encoding: "utf8" }));
  await lab.waitFor(
    () => router.output.find(/unread\.fifo: it is read again; \d+ lines were lost/),
    3_000,
    "the count",
  );
  const counted = Number(/again; (\d+) lines/.exec(router.output.find(/it is read again/)?.text ?? "")?.[1]);
  assert.equal(lines + counted, 162, "every line was read or counted");
  await stop(it, router);
});

labTest(
  "a script below a directory that everybody may write is refused, by name and mode",
  ["ours"],
  async (lab) => {
    const it = await scene(lab);
    const { recorder } = it;
    const open = recorder.path("open");
    mkdirSync(join(open, "inner"), { recursive: true });
    const script = join(open, "inner", "x.sh");
    writeFileSync(script, `#!/bin/sh\n${recorder.script} insecure\n`, { mode: 0o755 });
    chmodSync(open, 0o777);
    const lines = `notify_master ${script}\nnotify "${recorder.script} fine"`;
    const router = await startMaster(it, configuration("enable_script_security\nscript_user root", lines));
    await it.lab.poll(() => recorder.lines.length === 2, 5_000, "the other script");
    await lab.watch(100);
    assert.ok(!recorder.lines.includes("insecure"));
    const message = new RegExp(
      `'${open}' \\(mode 0777, owner 0, group 0\\) can be written by everybody; it will not be run`,
    );
    assert.ok(router.output.find(message));
    await stop(it, router);
  },
);

for (const keep of [false, true]) {
  const what = keep
    ? "use_symlink_paths follows the link when it runs"
    : "a link that is swapped later changes nothing";
  labTest(`symbolic links: ${what}`, ["ours"], async (lab) => {
    const it = await scene(lab);
    const { recorder } = it;
    const first = recorder.makeScript("first.sh", `${recorder.script} first "$0"`);
    const second = recorder.makeScript("second.sh", `${recorder.script} second`);
    const link = recorder.path("link.sh");
    symlinkSync(first, link);
    const global = `enable_script_security\nscript_user root${keep ? "\nuse_symlink_paths" : ""}`;
    const router = await startMaster(it, configuration(global, `notify_backup ${link}\nnotify_stop ${link}`));
    await it.lab.poll(() => recorder.lines.length === 1, 5_000, "the first run");
    symlinkSync(second, `${link}.new`);
    renameSync(`${link}.new`, link);
    await stop(it, router);
    assert.match(recorder.lines[1] ?? "", keep ? /^second/ : /^first/);
  });
}

labTest("the stop waits for stop scripts only, and for each of them 1 s", ["ours"], async (lab) => {
  const it = await scene(lab);
  const { recorder } = it;
  const slow = recorder.makeScript(
    "slow.sh",
    `trap "" TERM\n${recorder.script} slow "$@"\nsleep 30 & wait\nsleep 30`,
  );
  const text = configuration("", `notify_master ${slow}`);
  const first = await startMaster(it, text);
  await it.lab.poll(() => recorder.lines.includes("slow"), 5_000, "a script that runs");
  const without = await stop(it, first);
  assert.ok(without < 600, `without stop scripts: ${without} ms`);
  const second = await startMaster(
    it,
    configuration("", `notify_master ${slow}\nnotify_stop "${slow} stop"`),
  );
  await it.lab.poll(
    () => recorder.lines.filter((line) => line === "slow").length === 2,
    5_000,
    "a script that runs",
  );
  const took = await stop(it, second);
  assert.ok(recorder.lines.includes("slow stop"), "the stop script ran, although the other had not ended");
  assert.ok(took > 1400 && took < 2300, `0.5 s for the one, 1 s for the other: ${took} ms`);
});

labTest("when two masters have met, the winner is told again, once", ["ours"], async (lab) => {
  const it = await scene(lab);
  const { recorder } = it;
  const rival = await lab.addHost("rival", { addresses: ["10.87.0.2/24"] });
  const router = await startMaster(it, configuration("", `notify "${recorder.script}"`));
  const startRival = (): Program =>
    lab.startRouter(rival, "ours", configuration("", "priority 50\nadvert_int 0.02"));
  const heard = (): boolean => router.output.find(/with lower priority 50/) !== undefined;
  await letMastersMeet(lab, rival, startRival, heard);
  await lab.watch(200);
  const states = recorder.lines.map((line) => line.split(" ")[2]);
  assert.deepEqual(states, ["BACKUP", "MASTER", "MASTER"]);
  await stop(it, router);
});
