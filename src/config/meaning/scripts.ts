/** Scripts: who runs them, whether they can run, and the one security complaint (config-language reference, 3.3 and 3.4). */
import type { GlobalConfig, NotifyScripts, ScriptSetting } from "../model.js";
import { joinPath } from "../lexer/includes.js";
import { positionOf } from "../read-tree.js";
import { decodeBytes, type Word } from "../text.js";
import type { ScriptEntry } from "../values/script.js";
import type { Judge } from "./judge.js";

/** Used when it exists and nobody else is named. */
const DEFAULT_USER = "keepalived_script";

export class Scripts {
  /** The first one, for the complaint about security. */
  first: Word | undefined;

  constructor(
    readonly global: GlobalConfig,
    readonly judge: Judge,
  ) {}

  /** The five notify scripts of an instance or group. */
  notify(
    entry: (
      name: "notify_master" | "notify_backup" | "notify_fault" | "notify_stop" | "notify",
    ) => ScriptEntry | undefined,
  ): NotifyScripts {
    const master = this.#resolve(entry("notify_master"));
    const backup = this.#resolve(entry("notify_backup"));
    const fault = this.#resolve(entry("notify_fault"));
    const stop = this.#resolve(entry("notify_stop"));
    const any = this.#resolve(entry("notify"));
    return {
      ...(master && { master }),
      ...(backup && { backup }),
      ...(fault && { fault }),
      ...(stop && { stop }),
      ...(any && { any }),
    };
  }

  /** Said once for the whole configuration. */
  complain(skipped: Word | undefined): void {
    const at = this.first ?? skipped;
    if (at === undefined || this.global.enableScriptSecurity) return;
    const message =
      "scripts are configured, but script security is not; add enable_script_security (and script_user) to global_defs";
    this.judge.diagnostics.report("security", at, message);
  }

  #resolve(entry: ScriptEntry | undefined): ScriptSetting | undefined {
    if (entry === undefined) return undefined;
    const [program = "", ...rest] = entry.args;
    const path = program.includes("/") ? joinPath(entry.directory, program) : program;
    const account = this.#account(entry);
    if (account === undefined) return undefined;
    const status = this.judge.host.scriptStatus?.(path, account.user) ?? "ok";
    if (status !== "ok" && !this.#acceptable(entry, path, status, account.user)) return undefined;
    this.first ??= entry.at;
    return { args: [path, ...rest], ...account, position: positionOf(entry.at) };
  }

  #acceptable(
    entry: ScriptEntry,
    path: string,
    status: "missing" | "notExecutable" | "insecure",
    user: string | undefined,
  ): boolean {
    if (status === "insecure") {
      const consequence = this.global.enableScriptSecurity ? "; it will not be run" : "";
      this.judge.mention(entry.at, `'${path}' would run as root and others may change it${consequence}`);
      return !this.global.enableScriptSecurity;
    }
    const reason =
      status === "missing"
        ? "does not exist"
        : `cannot be executed${user === undefined ? "" : ` by '${user}'`}`;
    this.judge.mention(entry.at, `script '${path}' ${reason}; it will not be run`);
    return false;
  }

  /** Who runs it; undefined when nobody can. */
  #account(entry: ScriptEntry): { user?: string; group?: string } | undefined {
    const { judge, global } = this;
    if (entry.user !== undefined) {
      const user = decodeBytes(entry.user.text);
      const group = entry.group === undefined ? undefined : decodeBytes(entry.group.text).replace(/^:/, "");
      if (judge.host.userExists?.(user, group || undefined) === false) {
        this.judge.mention(
          entry.user,
          `there is no user '${user}'${group ? ` or group '${group}'` : ""}; the script will not be run`,
        );
        return undefined;
      }
      return { user, ...(group ? { group } : {}) };
    }
    if (global.scriptUser !== undefined) return global.scriptUser;
    if (judge.host.userExists?.(DEFAULT_USER, undefined) === true) return { user: DEFAULT_USER };
    return {};
  }
}
