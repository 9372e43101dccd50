/**
 * What core does for the world outside: the startup and shutdown scripts, the notify FIFOs with their readers, and the
 * mails of all processes. Begins before the children do, ends after them.
 */
import type { Config, FifoSetting, GlobalConfig, ScriptSetting } from "../config/model.js";
import type { Addon } from "../native/addon.js";
import type { AlertText } from "../notify/alert-text.js";
import { Accounts, ownIdentity } from "../platform/accounts.js";
import type { LogLevel } from "../platform/messages.js";
import { type RunningScript, ScriptRunner } from "../platform/script-runner.js";
import { FifoKeeper } from "./fifo-keeper.js";
import { loadMailTransport, Mailer } from "./mail.js";
import { mailRouteOf } from "./mail-settings.js";

/** How long mails may hold up the end of the daemon. */
const LAST_MAILS_MILLIS = 3000;
/** A script that KILL does not end (it hangs in the kernel) holds nothing up for longer than this. */
const UNKILLABLE_MILLIS = 15_000;

interface OutsidePorts {
  addon: Addon;
  log: (level: LogLevel, text: string) => void;
}

export class Outside {
  readonly #ports: OutsidePorts;
  readonly #runner: ScriptRunner;
  readonly #fifos: FifoKeeper;
  readonly #mailer: Mailer;
  #global: GlobalConfig | undefined;
  #starting: RunningScript | undefined;
  /** Resolves when the startup script has ended. */
  #started: Promise<void> = Promise.resolve();

  constructor(ports: OutsidePorts) {
    this.#ports = ports;
    const { addon, log } = ports;
    this.#runner = new ScriptRunner(addon);
    this.#fifos = new FifoKeeper({ addon, runner: this.#runner, accounts: () => new Accounts(), log });
    this.#mailer = new Mailer({
      now: () => performance.now(),
      log,
      load: loadMailTransport,
      instance: `${process.pid}.${Math.floor(Date.now() / 1000)}`,
    });
  }

  /** Resolves when the startup script has ended, one way or another, and the children may start. */
  async begin(config: Config): Promise<void> {
    this.take(config);
    const { startup, startupTimeoutMicros } = config.global.scripts;
    if (startup !== undefined)
      this.#started = this.#run("startup_script", startup, startupTimeoutMicros / 1000);
    await this.#started;
    this.#starting = undefined;
  }

  /** A configuration is in force, or about to be: FIFOs that are new must be there before the children look. */
  take({ global }: Config): void {
    this.#global = global;
    const { all, vrrp, checker } = global.fifos;
    this.#fifos.take([all, vrrp, checker].filter((fifo): fifo is FifoSetting => fifo !== undefined));
    this.#mailer.setRoute(mailRouteOf(global));
  }

  alert(text: AlertText): void {
    this.#mailer.add(text);
  }

  /** The children have ended. Resolves when everything has been told and the shutdown script has run. */
  async end(): Promise<void> {
    this.#starting?.terminate();
    await Promise.all([this.#started, this.#mailer.end(LAST_MAILS_MILLIS), this.#fifos.end()]);
    const { shutdown, shutdownTimeoutMicros = 0 } = this.#global?.scripts ?? {};
    if (shutdown !== undefined) await this.#run("shutdown_script", shutdown, shutdownTimeoutMicros / 1000);
  }

  #run(what: string, { args, file, ...account }: ScriptSetting, timeoutMillis: number): Promise<void> {
    const { log } = this.#ports;
    const words = args.join(" ");
    const identity = new Accounts().resolve(account, ownIdentity());
    if (identity === undefined) {
      log("error", `${what} '${words}' not run: its user or group does not exist`);
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const hopeless = setTimeout(() => {
        log("error", `${what} '${words}' cannot be killed: going on without its end`);
        resolve();
      }, timeoutMillis + UNKILLABLE_MILLIS);
      const request = { args, identity, timeoutMillis, ...(file !== undefined && { file }) };
      const running = this.#runner.run(request, ({ failure, stderr }) => {
        clearTimeout(hopeless);
        const said = stderr === "" ? "" : `; it said: ${stderr}`;
        if (failure === undefined) log("info", `${what} '${words}' has ended${said}`);
        else log("warning", `${what} '${words}' ${failure}${said}`);
        resolve();
      });
      if (what === "startup_script") this.#starting = running;
    });
  }
}
