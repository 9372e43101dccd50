/** What the checks after reading share: the diagnostics, what is known of the host, and what forbids a start. */
import { type Diagnostics, type Extra, quoted } from "../diagnostic.js";
import { didYouMean } from "../did-you-mean.js";
import type { ScriptSetting } from "../vrrp-model.js";
import { decodeBytes, detached, type Word } from "../text.js";
import type { RoutingKind } from "../values/routing.js";

/** Who is to run a script; without a user, who runs the daemon. */
type ScriptAccount = Pick<ScriptSetting, "user" | "group" | "supplementaryGroups">;

/** What became of the look at a script. */
export interface ScriptFinding {
  status: "ok" | "missing" | "notExecutable" | "insecure";
  /** What the name stands for, links resolved. */
  file?: string;
  /** The component of the path that is to blame, with its mode. */
  reason?: string;
}

/** What the caller knows of the host. What is absent is taken to be all right. */
export interface HostKnowledge {
  hostName: string;
  interfaceExists?(name: string): boolean;
  interfaceMtu?(name: string): number | undefined;
  /** All of them, for a hint. */
  interfaceNames?(): readonly string[];
  userExists?(user: string, group: string | undefined): boolean;
  /** Absolute path, or a name to be looked for in PATH. */
  scriptStatus?(path: string, account: ScriptAccount): ScriptFinding["status"] | ScriptFinding;
  /** Number of a name in the routing name files (rt_tables ...) of the first of the directories that has it. */
  routingName?(kind: RoutingKind, name: string, directories: readonly string[]): number | undefined;
  /** Content of a key file (latin1), and whether others than its owner may read it. */
  keyFile?(path: string): { text: string; exposed: boolean } | { problem: string };
}

/** What the host said about interfaces. */
export interface HostAnswers {
  readonly interfaces: ReadonlyMap<string, boolean>;
  readonly mtus: ReadonlyMap<string, number | undefined>;
}

/** A longer list does not help. */
const MOST_NAMED = 8;

export class Judge {
  /** Why a daemon must not start with this. */
  readonly refusals: string[] = [];
  /** Something must be said about a block that was recognised and not read (`recollection.ts`). */
  isDoubtful = false;
  /** dynamic_interfaces. */
  dynamicInterfaces = false;
  /** Where the routing name files are; set with the global settings. */
  routingDirectories: readonly string[] = [];
  readonly #interfaces = new Map<string, boolean>();
  readonly #mtus = new Map<string, number | undefined>();

  constructor(
    readonly diagnostics: Diagnostics,
    readonly host: HostKnowledge,
  ) {}

  /** The meaning is not what was written. */
  error(at: Word | undefined, message: string, extra?: Extra): void {
    this.diagnostics.report("general", at, message, extra);
  }

  /** A setting is adjusted, as documented. */
  repair(at: Word | undefined, message: string): void {
    this.diagnostics.report("general", at, message, { severity: "warning" });
  }

  /** Upstream says nothing, or says it to the log only: it does not count. */
  mention(at: Word | undefined, message: string): void {
    this.diagnostics.report("logged", at, message, { severity: "warning" });
  }

  /** Upstream would not start with this. */
  refuse(at: Word | undefined, message: string, extra?: Extra): void {
    this.diagnostics.report("general", at, message, extra);
    this.refusals.push(message);
  }

  /** Something is missing, which need not be said when a line that was meant to give it has been complained about. */
  lacks(said: boolean, at: Word | undefined, message: string): void {
    if (said) this.refusals.push(message);
    else this.refuse(at, message);
  }

  /** An interface must exist, unless interfaces may come later. */
  needInterface(word: Word): void {
    if (this.#mayBeUsed(word)) return;
    this.refuse(
      word,
      `${noInterface(word)}${this.#hint(word)} (dynamic_interfaces in global_defs allows it to come later)`,
    );
  }

  /** The same where a daemon goes on without the entry. */
  knowsInterface(word: Word): boolean {
    if (this.#mayBeUsed(word)) return true;
    const message = `${noInterface(word)}${this.#hint(word)}; the entry is ignored (dynamic_interfaces in global_defs allows it)`;
    this.diagnostics.report("fatal", word, message);
    return false;
  }

  /** The interface that was meant, else the ones there are when these are few. */
  #hint(word: Word): string {
    const names = this.host.interfaceNames?.() ?? [];
    const hint = didYouMean(decodeBytes(word.text), names);
    if (hint !== "" || names.length === 0 || names.length > MOST_NAMED) return hint;
    return `; there ${names.length === 1 ? "is" : "are"} ${names.join(", ")}`;
  }

  /** Asked of the host once per interface. */
  mtuOf(name: string): number | undefined {
    if (!this.#mtus.has(name)) this.#mtus.set(detached(name), this.host.interfaceMtu?.(name));
    return this.#mtus.get(name);
  }

  /** All that was asked so far. */
  get answers(): HostAnswers {
    return { interfaces: this.#interfaces, mtus: this.#mtus };
  }

  /** Whether the host still answers as it did; asks it again. */
  confirms({ interfaces, mtus }: HostAnswers): boolean {
    for (const [name, exists] of interfaces) if (this.hasInterface(name) !== exists) return false;
    for (const [name, mtu] of mtus) if (this.mtuOf(name) !== mtu) return false;
    return true;
  }

  #mayBeUsed(word: Word): boolean {
    return this.hasInterface(decodeBytes(word.text));
  }

  /** Whether an interface is there, or may come later. */
  hasInterface(name: string): boolean {
    if (this.dynamicInterfaces) return true;
    let exists = this.#interfaces.get(name);
    if (exists === undefined) {
      exists = this.host.interfaceExists?.(name) ?? true;
      this.#interfaces.set(detached(name), exists);
    }
    return exists;
  }
}

function noInterface(word: Word): string {
  return `there is no interface ${quoted(word.text)}`;
}
