/**
 * The parent process from the first line of the log to the last: builds the parts in the order of a start (log,
 * configuration, pid files, signals, children) and connects them. Decisions are the supervisor's.
 */
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { hideSecrets } from "../config/dump.js";
import type { Config, GlobalConfig } from "../config/model.js";
import type { Addon } from "../native/addon.js";
import { createLog, type CoreLog, type Speaker } from "../platform/log.js";
import { stateDumpPath } from "../platform/dump-path.js";
import { BEAT_MILLIS, type ChildOptions, type LogLevel } from "../platform/messages.js";
import { keepAlivePeriod, notifyService } from "../platform/systemd.js";
import { ChildProcess } from "./child-process.js";
import { CHILDREN, type ChildRow, type Slice } from "./children.js";
import { ConfigurationCopies } from "./configuration-copies.js";
import { type ConfigurationReader, notActedOnText, type ReadOutcome } from "./configuration.js";
import { DEFAULT_UMASK, type DaemonSettings } from "./daemon-settings.js";
import { EXIT } from "./exits.js";
import { removeLeftovers } from "./leftovers.js";
import { writeParentDump } from "./parent-dump.js";
import { Outside } from "./outside.js";
import { PidFiles } from "./pid-files.js";
import { refusedByCheck } from "./reload-check.js";
import { markerFile, whileMarked } from "./reload-marker.js";
import { ReloadTimer } from "./reload-timer.js";
import {
  childPidFile,
  identSuffix,
  journalFile,
  type PathSettings,
  pathsWith,
  runDirectory,
} from "./run-paths.js";
import { CoreRuntime } from "./runtime.js";
import { listenToSignals } from "./signals.js";
import { Supervisor } from "./supervisor.js";
import type { Slices } from "./supervisor-events.js";

const SECOND = 1_000_000;
const BEAT = BEAT_MILLIS * 1000;

const EMPTY_FILE =
  "The configuration is empty, which is more likely a slip than a wish: stop the daemon to give everything up";

/** What the daemon is given: everything that a test replaces. */
interface DaemonParts {
  addon: Addon;
  reader: ConfigurationReader;
  environment: NodeJS.ProcessEnv;
  temporaryDirectory: string;
  /** Tells whoever waits for the start: the launcher, or a person at the terminal. */
  onRunning(): void;
  onFailed(status: number, text: string): void;
  /** Moves this process to a network namespace. Throws as the system says. */
  enterNamespace(name: string): void;
  version: string;
  children?: readonly ChildRow[];
}

interface FirstConfiguration {
  config: Config;
  slices: Slices<Slice>;
}

export class Daemon {
  readonly #log: CoreLog;
  /** These follow from the first configuration too, until then from the command line. */
  #speaker: Speaker;
  #paths: PathSettings;
  #rows: readonly ChildRow[];
  #pidFiles: PidFiles | undefined;
  /** In force. */
  #global: GlobalConfig | undefined;
  /** The supervisor looks at them when it needs them. */
  readonly #limits = { start: 30 * SECOND, stop: 5 * SECOND, offer: 30 * SECOND, commit: 120 * SECOND };
  readonly #startedAt: number;
  readonly #outside: Outside;
  readonly #copies: ConfigurationCopies;
  #reloadTimer: ReloadTimer | undefined;
  /** A reload that was asked for while the startup script ran. */
  #reloadWanted = false;
  #begun = false;
  /** What a reload has read, until all children have taken it. */
  #offered: ReadOutcome | undefined;
  #notActedOn = "";

  constructor(
    readonly settings: DaemonSettings,
    readonly parts: DaemonParts,
  ) {
    const { addon } = parts;
    const { facility } = settings;
    this.#startedAt = addon.monotonicMicros();
    this.#paths = settings.paths;
    this.#speaker = { ident: `Keepalived${identSuffix(this.#paths)}`, pid: process.pid };
    this.#rows = parts.children ?? CHILDREN;
    this.#log = createLog({
      console: settings.logConsole && settings.foreground,
      ...(facility === undefined ? {} : { syslog: { addon, facility } }),
    });
    this.#copies = new ConfigurationCopies(parts.reader, (text) => this.#say("error", text));
    this.#outside = new Outside({ addon, log: (level, text) => this.#say(level, text) });
  }

  /** Returns once the children are being started; the process then lives on by its listeners. */
  run(): void {
    process.on("uncaughtException", (error) => this.#onBug(error));
    process.on("unhandledRejection", (error) => this.#onBug(error));
    process.umask(this.settings.umask ?? DEFAULT_UMASK);
    this.#sayHello();
    const first = this.#readFirstConfiguration();
    if (first === undefined) return;
    if (!this.#claimPidFiles()) return;
    const runtime = new CoreRuntime(this.#supervisor(), this.#ports(), this.#speaker, this.#rows);
    this.#listen(runtime);
    this.#pidFiles?.writeParent(process.pid);
    this.parts.onRunning();
    void this.#begin(runtime, first);
  }

  async #begin(runtime: CoreRuntime, { config, slices }: FirstConfiguration): Promise<void> {
    await this.#outside.begin(config);
    this.#begun = true;
    runtime.post({ kind: "started", slices });
    this.#reloadTimer = new ReloadTimer({
      now: () => Date.now(),
      log: (level, text) => this.#say(level, text),
      reload: () => this.#reload(runtime),
    });
    this.#reloadTimer.take(config.global.reload);
    if (this.#reloadWanted) runtime.post({ kind: "reloadRequested" });
  }

  #say(level: LogLevel, text: string): void {
    this.#log.write(this.#speaker, level, text);
  }

  #sayHello(): void {
    const { settings, parts } = this;
    this.#say("info", `Starting Keepalived v${parts.version}`);
    this.#say("info", `Running on Node.js ${process.version}, ${process.platform} ${process.arch}`);
    this.#say("info", `Command line: ${settings.commandLine}`);
    if (settings.withoutEffect.length > 0) {
      this.#say("warning", `Without effect in this version: ${settings.withoutEffect.join(", ")}`);
    }
  }

  #readFirstConfiguration(): FirstConfiguration | undefined {
    const read = this.#readWhereItCounts();
    if (read === undefined) return undefined;
    const outcome = this.#take(read);
    if (!outcome.usable) {
      const verdict = `Configuration cannot be used: ${outcome.refusals.join("; ")}. Exiting`;
      this.#say("error", verdict);
      this.#fail(outcome.exitStatus, [...outcome.problems, verdict].join("\n"));
      return undefined;
    }
    if (this.settings.dumpConfiguration === true && outcome.dump !== undefined)
      for (const line of hideSecrets(outcome.dump).split("\n")) if (line !== "") this.#say("info", line);
    this.#nameAfter(outcome.config.global);
    this.#adopt(outcome.config.global);
    this.#copies.keep(outcome, 0);
    return outcome;
  }

  /** What is said of interfaces is to be judged in the network namespace that the text itself may name. */
  #readWhereItCounts(): ReadOutcome | undefined {
    const outcome = this.#readFile();
    const { netNamespace } = outcome.config.global.daemon;
    if (netNamespace === undefined || this.settings.paths.namespace !== undefined) return outcome;
    try {
      this.parts.enterNamespace(netNamespace);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#sayAndFail(EXIT.ok, `Network namespace '${netNamespace}' cannot be entered: ${reason}`);
      return undefined;
    }
    return this.#readFile();
  }

  /** Names of files and log lines that last as long as the daemon. */
  #nameAfter({ daemon }: GlobalConfig): void {
    this.#paths = pathsWith(this.settings.paths, daemon);
    const suffix = identSuffix(this.#paths);
    this.#speaker = { ident: `Keepalived${suffix}`, pid: process.pid };
    this.#rows = this.#rows.map((row) => ({ ...row, ident: `${row.ident}${suffix}` }));
  }

  /** What core itself takes from a configuration that is in force. */
  #adopt(global: GlobalConfig): void {
    this.#global = global;
    process.umask(this.settings.umask ?? global.files.umask);
    this.#limits.stop = global.daemon.childWaitMicros;
    this.parts.addon.setProcessName(global.processes.parentName ?? "keepalived");
  }

  #readFile(): ReadOutcome {
    this.#say("info", `Opening file '${this.settings.configFile}'.`);
    const outcome = this.#copies.read();
    const { namespace } = this.settings.paths;
    if (namespace !== undefined) outcome.config.global.daemon.netNamespace = namespace;
    return outcome;
  }

  #readMarked(): ReadOutcome {
    const path = this.#global && markerFile(this.#global.reload, this.#paths);
    const refused = (reason: string): void => this.#say("warning", `Cannot make the reload file: ${reason}`);
    return whileMarked(path, () => this.#readFile(), refused);
  }

  /** Says what is to be said of a configuration, and divides it. */
  #take(outcome: ReadOutcome): ReadOutcome & { slices: Slices<Slice> } {
    for (const problem of outcome.problems) this.#say("warning", problem);
    this.#warnOnce(outcome.config.notActedOn);
    const slices = new Map<string, Slice>();
    for (const row of this.#rows) {
      const slice = row.slice(outcome.config, this.settings.switches);
      if (slice !== undefined) slices.set(row.name, slice);
    }
    return { ...outcome, slices };
  }

  /** Named again only when a reload changes the list. */
  #warnOnce(notActedOn: readonly string[]): void {
    const text = notActedOnText(notActedOn);
    if (notActedOn.length > 0 && text !== this.#notActedOn) this.#say("warning", text);
    this.#notActedOn = text;
  }

  #claimPidFiles(): boolean {
    try {
      this.#pidFiles = new PidFiles(this.#paths, (fd) => this.parts.addon.lockFile(fd));
      const held = this.#pidFiles.claim(this.#rows);
      if (held === undefined) return true;
      this.#sayAndFail(EXIT.ok, `daemon is already running (${held} is locked)`);
    } catch (error) {
      this.#sayAndFail(EXIT.fatal, error instanceof Error ? error.message : String(error));
    }
    return false;
  }

  #failsCheck(outcome: ReadOutcome): boolean {
    const logFile = this.#global?.reload.checkLog;
    const refusal = logFile === undefined ? undefined : refusedByCheck(logFile, outcome);
    if (refusal !== undefined) this.#say("error", refusal);
    return refusal !== undefined;
  }

  /** What lasts as long as the daemon cannot change with a reload. */
  #needsRestart({ daemon }: GlobalConfig): boolean {
    const before = this.#global?.daemon;
    const changed = (
      [
        ["net_namespace", "netNamespace"],
        ["net_namespace_ipvs", "ipvsNetNamespace"],
        ["instance", "instance"],
        ["use_pid_dir", "usePidDirectory"],
      ] as const
    ).filter(([, field]) => before !== undefined && before[field] !== daemon[field]);
    for (const [keyword] of changed)
      this.#say("error", `Cannot change ${keyword} at a reload: restart keepalived for that`);
    return changed.length > 0;
  }

  #supervisor(): Supervisor<Slice> {
    const keepAlive = keepAlivePeriod(this.parts.environment, process.pid);
    return new Supervisor<Slice>({
      children: this.#rows,
      limits: this.#limits,
      respawn: this.settings.respawn,
      keepOnStop: this.settings.keepOnStop,
      stall: BEAT,
      ...(keepAlive === undefined ? {} : { keepAlive }),
    });
  }

  #ports(): CoreRuntime["ports"] {
    const { addon, environment } = this.parts;
    const folder = dirname(fileURLToPath(import.meta.url));
    return {
      now: () => addon.monotonicMicros(),
      log: this.#log,
      spawn: (row, listener) =>
        new ChildProcess(
          { entry: resolve(folder, row.entry), inheritStderr: this.settings.foreground },
          listener,
        ),
      withdraw: (row) => {
        if (!row.withdrawn) return Promise.resolve();
        const journal = journalFile(childPidFile(this.#paths, row));
        return removeLeftovers(addon, journal, (level, text) => this.#say(level, text));
      },
      readConfiguration: () => {
        const outcome = this.#take(this.#readMarked());
        if (outcome.empty === true) this.#say("error", EMPTY_FILE);
        if (!outcome.reloadable || this.#failsCheck(outcome)) return undefined;
        if (this.#needsRestart(outcome.config.global)) return undefined;
        this.#offered = outcome;
        return outcome.slices;
      },
      adoptConfiguration: (generation) => {
        if (this.#offered === undefined) return;
        const { config } = this.#offered;
        this.#copies.keep(this.#offered, generation - 1);
        this.#adopt(config.global);
        this.#reloadTimer?.take(config.global.reload);
        this.#outside.take(config);
        this.#offered = undefined;
      },
      alert: (text) => this.#outside.alert(text),
      notifyService: (message) => notifyService(addon, environment, message),
      optionsFor: (row) => this.#optionsFor(row),
      recordPid: (row, pid) => this.#pidFiles?.record(row, pid),
      finish: (status) => void this.#outside.end().then(() => this.#finish(status)),
    };
  }

  #optionsFor(row: ChildRow): ChildOptions {
    const { settings } = this;
    const pidFile = childPidFile(this.#paths, row);
    return {
      detail: settings.detail,
      keepOnStop: settings.keepOnStop,
      keepIpvsOnStop: settings.keepIpvsOnStop,
      runDirectory: runDirectory(this.#paths),
      pidFile,
      journalFile: journalFile(pidFile),
      temporaryDirectory: this.parts.temporaryDirectory,
      ...(settings.umask !== undefined && { umask: settings.umask }),
    };
  }

  #listen(runtime: CoreRuntime): void {
    listenToSignals(this.parts.addon, this.settings.ignoreSigint, (meaning, name) => {
      if (meaning.kind === "reload") this.#reload(runtime);
      else if (meaning.kind === "stop") runtime.post({ kind: "stopRequested", cause: name });
      else {
        runtime.post({ kind: "dumpRequested", what: meaning.what });
        if (meaning.what === "data") this.#dump(runtime);
      }
    });
  }

  #reload(runtime: CoreRuntime): void {
    if (this.#begun) runtime.post({ kind: "reloadRequested" });
    else this.#reloadWanted = true;
  }

  #dump(runtime: CoreRuntime): void {
    const { reloads } = runtime.supervisor;
    const children = runtime.supervisor.describe();
    const state = { settings: this.settings, children, reloads, startedAt: this.#startedAt };
    if (this.#global === undefined) return;
    const path = stateDumpPath(this.parts.temporaryDirectory, this.#global, "parent");
    writeParentDump(path, state, this.parts.addon.monotonicMicros()).catch((error: Error) => {
      this.#say("error", `Cannot write the state: ${error.message}`);
    });
  }

  #sayAndFail(status: number, text: string): void {
    this.#say("error", text);
    this.#fail(status, text);
  }

  /** The daemon does not come up; `text` is for whoever waits, the log has it already. */
  #fail(status: number, text: string): void {
    this.parts.onFailed(status, text);
    this.#leave(status);
  }

  #finish(status: number): void {
    this.#say("info", `Stopped Keepalived v${this.parts.version}`);
    this.#leave(status);
  }

  #leave(status: number): void {
    this.#pidFiles?.removeAll();
    this.#log.flush(() => process.exit(status));
  }

  /** Core's own bug: say it and end; the children notice and withdraw. */
  #onBug(error: unknown): void {
    this.#say(
      "error",
      `internal error, leaving: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    this.#leave(EXIT.bug);
  }
}
