/**
 * Telling the outside about real servers and virtual servers: scripts, FIFOs and mails, in the order in which things
 * happened.
 */
import type { CheckConfig } from "../../config/check-model.js";
import type { ScriptSetting } from "../../config/vrrp-model.js";
import type { Addon } from "../../native/addon.js";
import { type AlertText, alertText } from "../../notify/alert-text.js";
import { serverLine, serviceLine } from "../../notify/fifo-lines.js";
import { Fifos } from "../../notify/fifos.js";
import { ScriptNotifier } from "../../notify/scripts.js";
import { Accounts, type Identity, loadAccounts, ownIdentity } from "../../platform/accounts.js";
import type { Log } from "../../platform/child-log.js";
import { ScriptRunner } from "../../platform/script-runner.js";
import type { CheckEffect } from "../events.js";
import type { AlertAbout } from "../wording.js";

type ServerNotice = Extract<CheckEffect, { kind: "notifyServer" }>;
type QuorumNotice = Extract<CheckEffect, { kind: "notifyQuorum" }>;

export interface NoticePorts {
  addon: Addon;
  log: Log;
  /** Hands a mail to core. */
  alert(text: AlertText): void;
}

/** At the stop: for a script that still runs, and then for each script of the stop. */
const STOP_LIMITS = { predecessor: 500, script: 1000 };

export class Notices {
  readonly runner: ScriptRunner;
  readonly #ports: NoticePorts;
  readonly #notifier: ScriptNotifier;
  readonly #fifos: Fifos;
  #accounts = new Accounts("", "");
  #routerId = "";
  #stopping = false;

  constructor(ports: NoticePorts) {
    const { addon, log } = ports;
    this.#ports = ports;
    this.runner = new ScriptRunner(addon);
    this.#fifos = new Fifos(log);
    this.#notifier = new ScriptNotifier({
      runner: this.runner,
      identityOf: (command) => this.identityOf(command),
      info: (text) => log.info(text),
      warn: (text) => log.warning(text),
    });
  }

  /** Takes a configuration. What has to be read for it is read now, without waiting: the loop reads no files. */
  async setConfig({ global }: CheckConfig): Promise<void> {
    const accounts = await loadAccounts();
    const { all, checker } = global.fifos;
    await this.#fifos.setTargets(
      [all, checker].flatMap((fifo) => {
        if (fifo === undefined) return [];
        const uid = accounts.resolve(fifo, undefined)?.uid;
        return [{ path: fifo.path, ...(uid !== undefined && { uid }) }];
      }),
    );
    this.#accounts = accounts;
    this.#routerId = global.routerId;
  }

  identityOf(command: ScriptSetting): Identity | undefined {
    return this.#accounts.resolve(command, ownIdentity());
  }

  onServer({ service, server, up }: ServerNotice): void {
    const { notifyUp, notifyDown } = server.config;
    this.#run(`RS ${server.name} of VS ${service.name}`, up ? notifyUp : notifyDown, up);
    this.#fifos.write(serverLine(server.name, service.name, up));
  }

  onQuorum({ service, up }: QuorumNotice): void {
    const { quorumUp, quorumDown } = service.config;
    this.#run(`VS ${service.name}`, up ? quorumUp : quorumDown, up);
    this.#fifos.write(serviceLine(service.name, up));
  }

  onAlert({ subject, body }: AlertAbout): void {
    this.#ports.alert(alertText(this.#routerId, subject, body));
  }

  #run(key: string, command: ScriptSetting | undefined, up: boolean): void {
    const commands = command === undefined ? [] : [command];
    this.#notifier.tellState(key, commands, up ? "UP" : "DOWN", this.#stopping);
  }

  /** From now on what is told is told last. */
  beginStop(): void {
    this.#stopping = true;
  }

  /** Resolves when the scripts of the stop have run or their limits have passed. The last thing that is asked. */
  async drain(): Promise<void> {
    await new Promise<void>((resolve) => this.#notifier.drain(STOP_LIMITS, resolve));
    await this.#fifos.close();
  }
}
