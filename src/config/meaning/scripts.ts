/** Scripts: who runs them, whether they can run, and the one security complaint (config-language reference, 3.3 and 3.4). */
import type { NotifyScripts, ScriptSetting } from "../model.js";
import { joinPath } from "../lexer/includes.js";
import { positionOf } from "../read-tree.js";
import { decodeBytes, type Word } from "../text.js";
import type { ScriptEntry } from "../values/script.js";
import type { ScriptRules } from "./global.js";
import { given } from "./given.js";
import type { Judge, ScriptFinding } from "./judge.js";

/** Used when it exists and nobody else is named. */
const DEFAULT_USER = "keepalived_script";

type NotifyKeyword = "notify_master" | "notify_backup" | "notify_fault" | "notify_stop" | "notify";
type Account = Pick<ScriptSetting, "user" | "group" | "supplementaryGroups">;
type DefaultAccount = NonNullable<ScriptRules["scriptUser"]>;

export class Scripts {
  /** The first one, for the complaint about security. */
  first: Word | undefined;

  constructor(
    readonly global: ScriptRules,
    readonly judge: Judge,
  ) {}

  /** The notify scripts of an instance or group. */
  notify(entry: (name: NotifyKeyword) => ScriptEntry | undefined): NotifyScripts {
    return given({
      master: this.#resolve(entry("notify_master")),
      backup: this.#resolve(entry("notify_backup")),
      fault: this.#resolve(entry("notify_fault")),
      stop: this.#resolve(entry("notify_stop")),
      any: this.#resolve(entry("notify")),
    });
  }

  /** One more notify script. */
  ofInstance(entry: ScriptEntry | undefined): ScriptSetting | undefined {
    return this.#resolve(entry);
  }

  /** A script that is tracked: that it cannot run counts. */
  ofTracker(entry: ScriptEntry): ScriptSetting | undefined {
    return this.#resolve(entry, { strict: true, missingCounts: true });
  }

  /** Whether the user of a script exists, which counts even for one that is not tracked. */
  hasUser(entry: ScriptEntry): boolean {
    return this.#account(entry, true) !== undefined;
  }

  /** startup_script and shutdown_script: that nobody can run them counts. */
  ofDaemon(entry: ScriptEntry | undefined): ScriptSetting | undefined {
    return this.#resolve(entry, { strict: true });
  }

  /** Of virtual servers and real servers. */
  ofServer(entry: ScriptEntry | undefined): ScriptSetting | undefined {
    return this.#resolve(entry);
  }

  /** misc_path: an unknown user counts. */
  ofChecker(entry: ScriptEntry): ScriptSetting | undefined {
    return this.#resolve(entry, { strict: true });
  }

  /** A reader of a pipe; upstream does not count it as a script when it complains about security. */
  ofPipe(entry: ScriptEntry | undefined): ScriptSetting | undefined {
    return this.#resolve(entry, { uncounted: true });
  }

  /** Said once for the whole configuration. */
  complain(skipped: Word | undefined): void {
    const at = this.first ?? skipped;
    if (at === undefined || this.global.enableScriptSecurity) return;
    const message =
      "scripts are configured, but script security is not; add enable_script_security (and script_user) to global_defs";
    this.judge.diagnostics.report("security", at, message);
  }

  #resolve(
    entry: ScriptEntry | undefined,
    how: { strict?: boolean; uncounted?: boolean; missingCounts?: boolean } = {},
  ): ScriptSetting | undefined {
    if (entry === undefined) return undefined;
    const [program = "", ...rest] = entry.args;
    const path = program.includes("/") ? joinPath(entry.directory, program) : program;
    const account = this.#account(entry, how.strict === true);
    if (account === undefined) return undefined;
    const finding = this.#examine(path, account);
    if (!this.#acceptable(entry, path, finding, account.user, how.missingCounts === true)) return undefined;
    if (how.uncounted !== true) this.first ??= entry.at;
    // Links resolved now: whoever changes one later changes nothing. A name in PATH is settled in any case.
    const { file } = finding;
    const settled =
      file !== undefined && file !== path && (!path.includes("/") || !this.global.useSymlinkPaths);
    return { args: [path, ...rest], ...(settled && { file }), ...account, position: positionOf(entry.at) };
  }

  #examine(path: string, account: Account): ScriptFinding {
    const found = this.judge.host.scriptStatus?.(path, account) ?? "ok";
    return typeof found === "string" ? { status: found } : found;
  }

  #acceptable(
    entry: ScriptEntry,
    path: string,
    { status, reason }: ScriptFinding,
    user: string | undefined,
    counts: boolean,
  ): boolean {
    if (status === "ok") return true;
    const because = reason === undefined ? "" : `: ${reason}`;
    if (status === "insecure") {
      const consequence = this.global.enableScriptSecurity ? "; it will not be run" : "";
      const message = `'${path}' would run as root and others may change it${because}${consequence}`;
      this.judge.mention(entry.at, message);
      return !this.global.enableScriptSecurity;
    }
    const what =
      status === "missing"
        ? "does not exist"
        : `cannot be executed${user === undefined ? "" : ` by '${user}'`}${because}`;
    const message = `script '${path}' ${what}; it will not be run`;
    if (counts) this.judge.error(entry.at, message);
    else this.judge.mention(entry.at, message);
    return false;
  }

  /** Who runs it; undefined when nobody can. */
  #account(entry: ScriptEntry, strict: boolean): Account | undefined {
    const { judge, global } = this;
    if (entry.user !== undefined) {
      const user = decodeBytes(entry.user.text);
      const written = entry.group === undefined ? "" : decodeBytes(entry.group.text);
      const group = written.replace(/^:/, "");
      if (judge.host.userExists?.(user, group || undefined) === false) {
        const message = `there is no user '${user}'${group ? ` or group '${group}'` : ""}; the script will not be run`;
        if (strict) judge.error(entry.user, message);
        else judge.mention(entry.user, message);
        return undefined;
      }
      const others = global.setSupplementaryGroups || written.startsWith(":");
      return { user, ...(group && { group }), ...(others && { supplementaryGroups: true }) };
    }
    if (global.scriptUser !== undefined) return this.#defaultAccount(global.scriptUser);
    const defaultExists = judge.host.userExists?.(DEFAULT_USER, undefined);
    if (defaultExists === true) return this.#defaultAccount({ user: DEFAULT_USER });
    if (defaultExists === undefined || !global.enableScriptSecurity) return {};
    const message = `nobody is named to run the script, and there is no user '${DEFAULT_USER}'; it will not be run (write script_user in global_defs)`;
    judge.error(entry.at, message);
    return undefined;
  }
  #defaultAccount({ user, group, supplementaryGroups = false }: DefaultAccount): Account {
    const others = supplementaryGroups || this.global.setSupplementaryGroups;
    return { user, ...given({ group }), ...(others && { supplementaryGroups: true }) };
  }
}
