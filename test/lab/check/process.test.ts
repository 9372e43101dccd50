/**
 * The check process of a running daemon, with TCP_CHECK against real sockets: what it finds, tells and shows, and what a
 * reload, a signal and a crash do. The kernel's table is not looked at here: these labs have no IPVS.
 */
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { labTest } from "../harness/lab-test.js";
import { startServer, stopServer } from "./real-servers.js";
import { CHECK, checkProcess, configuration, realServer, reload, scene, start } from "./scene.js";

labTest(
  "servers that die and return are told by scripts, FIFO and log, and so is the quorum",
  ["ours"],
  async (lab) => {
    const it = await scene(lab);
    const fifo = it.recorder.fifo("lvs");
    const { script } = it.recorder;
    const servers = [11, 12].map((last) =>
      realServer(last, `notify_up "${script} up ${last}"\n notify_down "${script} down ${last}"`),
    );
    const first = await startServer(lab, it.farm, "10.91.0.11", 80);
    const second = await startServer(lab, it.farm, "10.91.0.12", 80);
    const daemon = start(it, configuration(it, servers.join(""), "", `lvs_notify_fifo ${fifo}`));
    const lines = (): string[] => it.recorder.fifoLines("lvs");
    await lab.waitFor(
      () => daemon.output.find(/TCP_CHECK on service \[10\.91\.0\.12\]:tcp:80 succeeded/),
      8_000,
      "a check",
    );
    await stopServer(lab, first);
    await lab.waitFor(() => lines().length === 2, 3_000, "the first death");
    await stopServer(lab, second);
    await lab.waitFor(() => lines().length === 4, 3_000, "the second death");
    await startServer(lab, it.farm, "10.91.0.11", 80);
    await lab.waitFor(() => lines().length === 6, 3_000, "the return");
    assert.deepEqual(lines(), [
      "VS [10.91.9.1]:tcp:80 UP",
      "RS [10.91.0.11]:tcp:80 [10.91.9.1]:tcp:80 DOWN",
      "RS [10.91.0.12]:tcp:80 [10.91.9.1]:tcp:80 DOWN",
      "VS [10.91.9.1]:tcp:80 DOWN",
      "RS [10.91.0.11]:tcp:80 [10.91.9.1]:tcp:80 UP",
      "VS [10.91.9.1]:tcp:80 UP",
    ]);
    await lab.watch(300);
    assert.deepEqual([...it.recorder.lines].sort(), [
      "down 11",
      "down 12",
      "quorum down",
      "quorum up",
      "quorum up",
      "up 11",
    ]);
    assert.ok(daemon.output.find(/TCP_CHECK on service \[10\.91\.0\.11\]:tcp:80 failed: connection refused/));
    assert.ok(daemon.output.find(/Lost quorum 1-0=1 > 0 for VS \[10\.91\.9\.1\]:tcp:80/));
  },
);

labTest("each failure of a connection has its own words", ["ours"], async (lab) => {
  const it = await scene(lab);
  // A host that takes no packet of ours says nothing, one without a route says so.
  it.balancer.ip("route", "add", "unreachable", "10.91.77.1/32");
  it.farm.ip("address", "add", "10.91.88.1/32", "dev", "lo");
  it.farm.ip("route", "add", "blackhole", "10.91.0.1/32");
  it.balancer.ip("route", "add", "10.91.88.1/32", "via", "10.91.0.13");
  const elsewhere = (address: string, check = CHECK): string =>
    `real_server ${address} 80 {\n TCP_CHECK {\n ${check}\n }\n}\n`;
  const bad = `${CHECK}\n bindto 10.91.0.250`;
  const daemon = start(
    it,
    configuration(
      it,
      elsewhere("10.91.77.1") +
        elsewhere("10.91.88.1") +
        elsewhere("10.91.0.13", `${CHECK}\n bindto 10.91.0.2`) +
        elsewhere("10.91.0.12", bad),
    ),
  );
  const said = (pattern: RegExp): Promise<unknown> =>
    lab.waitFor(() => daemon.output.find(pattern), 8_000, String(pattern));
  await said(/\[10\.91\.77\.1\]:tcp:80 failed: no route to the host/);
  await said(/\[10\.91\.88\.1\]:tcp:80 failed: no connection within 1 s/);
  await said(/\[10\.91\.0\.13\]:tcp:80 failed: connection refused/);
  await said(/\[10\.91\.0\.12\]:tcp:80 could not be carried out: bind: EADDRNOTAVAIL; it is tried again/);
  assert.equal(
    daemon.output.find(/Removing service \[10\.91\.0\.12\]/),
    undefined,
    "our own trouble takes nobody out",
  );
});

labTest("a check comes from the address, interface and mark that it is told", ["ours"], async (lab) => {
  const it = await scene(lab);
  it.farm.ip("address", "add", "10.91.66.1/32", "dev", "lo");
  // Only marked packets find the way.
  it.balancer.ip("route", "add", "10.91.66.1/32", "via", "10.91.0.13", "table", "77");
  it.balancer.ip("rule", "add", "fwmark", "7", "table", "77");
  it.balancer.ip("route", "add", "unreachable", "10.91.66.1/32");
  const bound = await startServer(lab, it.farm, "10.91.0.11", 80);
  const marked = await startServer(lab, it.farm, "10.91.66.1", 80);
  const servers =
    realServer(11, "", `${CHECK}\n bindto 10.91.0.2\n bind_port 4444\n bind_if eth0`) +
    `real_server 10.91.66.1 80 {\n TCP_CHECK {\n ${CHECK}\n fwmark 7\n }\n}\n` +
    `real_server 10.91.66.1 81 {\n TCP_CHECK {\n ${CHECK}\n connect_port 80\n }\n}\n`;
  const daemon = start(it, configuration(it, servers).replace("lvs_method DR", "lvs_method NAT"));
  await lab.waitFor(
    () => bound.output.all.filter(({ text }) => text === "from 10.91.0.2 4444").length > 2,
    8_000,
    "checks from 10.91.0.2:4444",
  );
  await lab.waitFor(() => marked.output.find(/^from 10\.91\.0\.1 /), 8_000, "a marked check");
  await lab.waitFor(
    () => daemon.output.find(/\[10\.91\.66\.1\]:tcp:81 failed: no route to the host/),
    8_000,
    "the unmarked one to fail",
  );
  assert.equal(daemon.output.find(/failed: connection|could not be carried out/), undefined);
});

labTest(
  "a reload keeps what is known, tells of what goes, and a bad file changes nothing",
  ["ours"],
  async (lab) => {
    const it = await scene(lab);
    const fifo = it.recorder.fifo("lvs");
    const global = `lvs_notify_fifo ${fifo}`;
    await startServer(lab, it.farm, "10.91.0.11", 80);
    await startServer(lab, it.farm, "10.91.0.13", 80);
    const text = configuration(it, realServer(11) + realServer(12), "", global);
    const daemon = start(it, text);
    const lines = (): string[] => it.recorder.fifoLines("lvs");
    await lab.waitFor(() => lines().length === 2, 8_000, "the dead server to be told");
    await reload(it, daemon, text);
    await lab.watch(1_500);
    assert.equal(lines().length, 2, "an unchanged file tells nothing");
    const from = daemon.output.all.length;
    writeFileSync(lab.configurationOf(it.balancer), text.replace("lvs_sched rr", "lvs_sched"));
    daemon.kill("SIGHUP");
    await lab.waitFor(() => daemon.output.find(/Reload refused/, from), 5_000, "the refusal");
    assert.equal(lines().length, 2);
    await reload(it, daemon, configuration(it, realServer(12) + realServer(13), "", global));
    await lab.waitFor(
      () => daemon.output.find(/TCP_CHECK on service \[10\.91\.0\.13\]:tcp:80 succeeded/),
      5_000,
      "the new server",
    );
    assert.deepEqual(lines().slice(2), ["RS [10.91.0.11]:tcp:80 [10.91.9.1]:tcp:80 DOWN"]);
    await reload(
      it,
      daemon,
      "vrrp_instance V {\n interface eth0\n virtual_router_id 91\n virtual_ipaddress {\n 10.91.0.200\n }\n}\n",
    );
    await lab.waitFor(
      () => daemon.output.find(/Healthcheck child process is no longer configured/),
      5_000,
      "its end",
    );
    await lab.waitFor(
      () => daemon.processes().every(({ command }) => !command.includes("keepalived_check")),
      5_000,
      "the process to be gone",
    );
  },
);

labTest(
  "beside VRRP: checks begin with mastership, a reload is one for both, and the stop waits for nobody",
  ["ours"],
  async (lab) => {
    const it = await scene(lab);
    await startServer(lab, it.farm, "10.91.0.11", 80);
    const instance =
      "vrrp_instance V {\n interface eth0\n virtual_router_id 91\n version 3\n advert_int 0.2\n virtual_ipaddress {\n 10.91.9.1/32\n }\n}\n";
    const text = (weight: number): string =>
      instance + configuration(it, realServer(11, `weight ${weight}`), "ha_suspend");
    const daemon = start(it, text(1));
    const activated = await lab.waitFor(
      () => daemon.output.find(/Activating healthchecker/),
      8_000,
      "the checks to begin",
    );
    const master = daemon.output.find(/\(V\) Entering MASTER STATE/);
    assert.ok(master !== undefined && master.at <= activated.at, "not before the address is here");
    await lab.waitFor(
      () => daemon.output.find(/TCP_CHECK on service \[10\.91\.0\.11\]:tcp:80 succeeded/),
      3_000,
      "a check",
    );
    const before = daemon.processes().map(({ pid }) => pid);
    await reload(it, daemon, text(3));
    assert.deepEqual(
      daemon.processes().map(({ pid }) => pid),
      before,
    );
    assert.equal(
      daemon.output.all.filter(({ text: line }) => line.includes("Entering")).length,
      2,
      "VRRP goes on undisturbed",
    );
    const began = performance.now();
    daemon.kill("SIGTERM");
    await lab.waitFor(() => daemon.exit !== undefined, 5_000, "the end");
    assert.equal(daemon.exit, "0");
    assert.ok(performance.now() - began < 3_000);
  },
);

labTest("a check process that dies is started again, and checks anew", ["ours"], async (lab) => {
  const it = await scene(lab);
  await startServer(lab, it.farm, "10.91.0.11", 80);
  const daemon = start(it, configuration(it, realServer(11)));
  const succeeded = /TCP_CHECK on service \[10\.91\.0\.11\]:tcp:80 succeeded/;
  await lab.waitFor(() => daemon.output.find(succeeded), 8_000, "the first check");
  const from = daemon.output.all.length;
  process.kill(checkProcess(daemon), "SIGKILL");
  await lab.waitFor(
    () => daemon.output.find(/exited due to signal 9 \(SIGKILL\): restarting/, from),
    3_000,
    "its end to be noticed",
  );
  await lab.waitFor(() => daemon.output.find(succeeded, from), 8_000, "a check of the next process");
});

labTest(
  "a number in a file takes a server out and brings it back, from the start and over reloads",
  ["ours"],
  async (lab) => {
    const it = await scene(lab);
    const fifo = it.recorder.fifo("lvs");
    const path = it.recorder.path("number");
    const text = (weight: number): string =>
      `track_file number {\n file ${path}\n weight 0\n}\n${configuration(
        it,
        `real_server 10.91.0.11 80 {\n weight ${weight}\n FILE_CHECK {\n track_file number\n }\n}\nreal_server 10.91.0.12 80 {\n}\n`,
        "",
        `lvs_notify_fifo ${fifo}`,
      )}`;
    const lines = (): string[] => it.recorder.fifoLines("lvs");
    writeFileSync(path, "1\n");
    const daemon = start(it, text(1));
    await lab.waitFor(() => daemon.output.find(/Startup complete/), 8_000, "the start");
    await lab.watch(500);
    assert.deepEqual(lines(), ["VS [10.91.9.1]:tcp:80 UP"], "a fault at the start is no event");
    writeFileSync(path, "0\n");
    await lab.waitFor(() => lines().length === 2, 3_000, "the return");
    await reload(it, daemon, text(5));
    writeFileSync(path, "7\n");
    await lab.waitFor(() => lines().length === 3, 3_000, "the fault");
    rmSync(path);
    await lab.waitFor(() => lines().length === 4, 3_000, "the end of the file, which counts as 0");
    const server = "RS [10.91.0.11]:tcp:80 [10.91.9.1]:tcp:80";
    assert.deepEqual(lines().slice(1), [`${server} UP`, `${server} DOWN`, `${server} UP`]);
    const words = /FILE_CHECK on service \[10\.91\.0\.11\]:tcp:80 failed: track file number says 7/;
    await lab.waitFor(() => daemon.output.find(words), 2_000, "the line about it");
  },
);

labTest(
  "USR1 writes the state of services, servers and checks; without IPVS one line says what is missing",
  ["ours"],
  async (lab) => {
    const it = await scene(lab);
    await startServer(lab, it.farm, "10.91.0.11", 80);
    const daemon = start(
      it,
      configuration(it, realServer(11) + realServer(12), "sorry_server 10.91.0.13 80"),
    );
    await lab.waitFor(() => daemon.output.find(/Removing service/), 8_000, "the first checks");
    // /tmp is the daemon's own.
    const path = `/proc/${checkProcess(daemon)}/root/tmp/keepalived_check.data`;
    daemon.kill("SIGUSR1");
    let text = "";
    for (let i = 0; i < 50 && text === ""; i++) {
      await lab.watch(50);
      try {
        text = readFileSync(path, "utf8");
      } catch {
        // not yet
      }
    }
    for (const expected of [
      "VIP = 10.91.9.1, VPORT = 80",
      "RIP = 10.91.0.12, RPORT = 80, WEIGHT = 1",
      "sorry server = [10.91.0.13]:80",
      "alive = 1 of 2, live weight = 1",
      "Last failure = connection refused",
      "IPVS = not available: ",
    ])
      assert.ok(text.includes(expected), expected);
    const missing = daemon.output.all.filter(({ text: line }) =>
      line.includes("not programmed into the kernel"),
    );
    assert.equal(missing.length, 1);
  },
);
