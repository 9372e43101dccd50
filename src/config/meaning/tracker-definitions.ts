/** What can be tracked: `vrrp_script`, `vrrp_track_process`, `track_file` and `bfd_instance` by name. */
import type { BfdInstanceConfig } from "../bfd-model.js";
import type { trackFile } from "../blocks/track-file.js";
import type { vrrpTrackProcess } from "../blocks/track-process.js";
import type { vrrpScript } from "../blocks/vrrp-script.js";
import { joinPath } from "../lexer/includes.js";
import type { ScriptSetting, TrackFileConfig, TrackProcessConfig, TrackScriptConfig } from "../model.js";
import { positionOf } from "../read-tree.js";
import type { Block, Table } from "../schema.js";
import { decodeBytes, type Word } from "../text.js";
import type { ScriptEntry } from "../values/script.js";
import { Definitions } from "./definitions.js";
import { given } from "./given.js";
import type { Judge } from "./judge.js";
import type { RootBlock } from "./meaning.js";
import type { Scripts } from "./scripts.js";

type Settings<T> = T extends Table<infer S> ? S : never;
type ScriptBlock = Block<Settings<typeof vrrpScript>>;
type ProcessBlock = Block<Settings<typeof vrrpTrackProcess>>;
type FileBlock = Block<Settings<typeof trackFile>>;

/** The kernel's name of a process without its NUL. */
const LONGEST_PROCESS = 15;

/** The default weight that a definition gives to its trackers. */
export interface Weighted {
  weight: number;
  reverse: boolean;
}

/** A script before it is known whether anybody tracks it. */
interface ScriptDefinition extends Weighted {
  name: Word;
  entry: ScriptEntry;
  finish(command: ScriptSetting): TrackScriptConfig;
}

interface FileDefinition extends Weighted {
  config: TrackFileConfig;
}

/** Who can be tracked, by kind. */
export class TrackerDefinitions {
  readonly scripts: Definitions<ScriptDefinition>;
  readonly processes: Definitions<TrackProcessConfig>;
  readonly files: Definitions<FileDefinition>;
  readonly bfds: Definitions<Weighted>;
  /** Scripts that were looked at, and whether they can run. */
  readonly #commands = new Map<ScriptDefinition, ScriptSetting | undefined>();

  constructor(
    root: RootBlock,
    sessions: readonly BfdInstanceConfig[],
    readonly runner: Scripts,
    readonly judge: Judge,
  ) {
    this.scripts = new Definitions("vrrp_script", judge);
    this.processes = new Definitions("vrrp_track_process", judge);
    this.files = new Definitions("track_file", judge);
    this.bfds = new Definitions("bfd_instance", judge);
    for (const block of root.value("vrrp_script")) this.#addScript(block);
    for (const block of root.value("vrrp_track_process")) this.#addProcess(block);
    const files = [...root.value("track_file"), ...root.value("vrrp_track_file")];
    files.sort((a, b) => (a.head?.order ?? 0) - (b.head?.order ?? 0));
    for (const block of files) this.#addFile(block);
    const byName = new Map(sessions.map((session) => [session.name, session]));
    for (const block of root.value("bfd_instance")) this.#addSession(block.args[0], byName);
  }

  /** Whether a script that is tracked can run; said once. */
  canRun(script: ScriptDefinition): boolean {
    if (!this.#commands.has(script)) {
      const { entry } = script;
      const command = opensFile(entry) === undefined ? this.runner.ofTracker(entry) : nobody(entry);
      this.#commands.set(script, command);
    }
    return this.#commands.get(script) !== undefined;
  }

  /** Scripts that somebody tracks and that can run. */
  scriptsInUse(): TrackScriptConfig[] {
    for (const { at } of this.scripts.unused())
      this.judge.mention(at, `nobody tracks the script '${decodeBytes(at.text)}'; it will not be run`);
    const list: TrackScriptConfig[] = [];
    for (const script of this.scripts.used()) {
      const command = this.#commands.get(script);
      if (command !== undefined) list.push(script.finish(command));
    }
    return list;
  }

  #addScript(block: ScriptBlock): void {
    const [name] = block.args;
    if (name === undefined) return;
    const written = block.value("script");
    if (written === undefined) {
      this.judge.error(name, `the vrrp_script '${decodeBytes(name.text)}' has no 'script' and is ignored`);
      return;
    }
    const identity = block.value("user");
    const entry = { ...written, user: identity?.user, group: identity?.group };
    if (!this.runner.hasUser(entry)) return;
    const { value: weight, reverse } = block.value("weight");
    const intervalMicros = block.value("interval");
    const opens = opensFile(entry);
    const finish = (command: ScriptSetting): TrackScriptConfig => ({
      name: decodeBytes(name.text),
      command,
      ...(opens !== undefined && { opens }),
      intervalMicros,
      timeoutMicros: block.value("timeout") ?? intervalMicros,
      weight,
      reverse,
      rise: block.value("rise"),
      fall: block.value("fall"),
      initFail: block.value("init_fail"),
      position: positionOf(name),
    });
    this.scripts.add(name, { name, entry, weight, reverse, finish });
  }

  #addProcess(block: ProcessBlock): void {
    const [name] = block.args;
    if (name === undefined) return;
    const [process, ...parameters] = block.value("process") ?? [];
    if (process === undefined || process === "") {
      const message = `the vrrp_track_process '${decodeBytes(name.text)}' has no 'process' and is ignored`;
      this.judge.error(name, message);
      return;
    }
    const match = block.value("param_match") ?? (parameters.length > 0 ? "exact" : "any");
    const { value: weight, reverse } = block.value("weight");
    const fullCommand = block.value("full_command") || match !== "any";
    if (!fullCommand && process.length > LONGEST_PROCESS) {
      const message = `the short name of a process has at most ${LONGEST_PROCESS} characters: '${process.slice(0, LONGEST_PROCESS)}' is looked for ('full_command' compares all of it)`;
      this.judge.mention(block.where("process"), message);
    }
    this.processes.add(name, {
      name: decodeBytes(name.text),
      process: fullCommand ? process : process.slice(0, LONGEST_PROCESS),
      parameters,
      parameterMatch: match,
      fullCommand,
      weight,
      reverse,
      ...readQuorum(block, this.judge),
      forkDelayMicros: delayOf(block, "fork_delay"),
      terminateDelayMicros: delayOf(block, "terminate_delay"),
      position: positionOf(name),
    });
  }

  #addFile(block: FileBlock): void {
    const [name] = block.args;
    const file = block.value("file");
    if (name === undefined) return;
    if (file === undefined) {
      this.judge.error(name, `the track_file '${decodeBytes(name.text)}' has no 'file' and is ignored`);
      return;
    }
    const path = joinPath(file.directory, file.path);
    const { value: weight, reverse } = block.value("weight");
    const init = block.value("init_file");
    const position = positionOf(name);
    const config = { name: decodeBytes(name.text), path, weight, reverse, ...given({ init }), position };
    this.files.add(name, { config, weight, reverse });
  }

  #addSession(name: Word | undefined, sessions: ReadonlyMap<string, BfdInstanceConfig>): void {
    if (name === undefined) return;
    const text = decodeBytes(name.text);
    const session = sessions.get(text);
    if (this.bfds.has(text)) return;
    if (session?.toVrrp === true)
      this.bfds.add(name, { weight: session.weight, reverse: session.weightReverse });
  }
}

/** `< /PATH`, as one word or two. */
function opensFile(entry: ScriptEntry): string | undefined {
  return /^<\s*(\/.*)$/.exec(entry.args.join(" "))?.[1];
}

/** Nothing is run, so nobody has to. */
function nobody(entry: ScriptEntry): ScriptSetting {
  return { args: entry.args, position: positionOf(entry.at) };
}

/** A greatest number of 0 means that no such process may run. */
function readQuorum(block: ProcessBlock, judge: Judge): { quorum: number; quorumMax?: number } {
  const most = block.value("quorum_max");
  const least = block.value("quorum") ?? (most === 0 ? 0 : 1);
  if (most === undefined) return { quorum: least };
  if (least <= most) return { quorum: least, quorumMax: most };
  const late = block.isLast("quorum", "quorum_max") ? "quorum" : "quorum_max";
  judge.error(block.where(late), `'quorum ${least}' is more than 'quorum_max ${most}'; '${late}' is ignored`);
  return late === "quorum" ? { quorum: most === 0 ? 0 : 1, quorumMax: most } : { quorum: least };
}

/** `delay` stands for both; of the two the last one counts. */
function delayOf(block: ProcessBlock, name: "fork_delay" | "terminate_delay"): number {
  return (block.isLast(name, "delay") ? block.value(name) : block.value("delay")) ?? 0;
}
