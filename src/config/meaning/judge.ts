/** What the checks after reading share: the diagnostics, what is known of the host, and what forbids a start. */
import { type Diagnostics, type Extra, quoted } from "../diagnostic.js";
import { decodeBytes, type Word } from "../text.js";

/** What the caller knows of the host. What is absent is taken to be all right. */
export interface HostKnowledge {
  hostName: string;
  interfaceExists?(name: string): boolean;
  interfaceMtu?(name: string): number | undefined;
  userExists?(user: string, group: string | undefined): boolean;
  /** Absolute path, or a name to be looked for in PATH. */
  scriptStatus?(path: string, user: string | undefined): "ok" | "missing" | "notExecutable" | "insecure";
}

export class Judge {
  /** Why a daemon must not start with this. */
  readonly refusals: string[] = [];
  /** dynamic_interfaces. */
  dynamicInterfaces = false;
  readonly #interfaces = new Map<string, boolean>();

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

  /** An interface must exist, unless interfaces may come later. */
  needInterface(word: Word): void {
    const name = decodeBytes(word.text);
    let exists = this.#interfaces.get(name);
    if (exists === undefined) {
      exists = this.host.interfaceExists?.(name) ?? true;
      this.#interfaces.set(name, exists);
    }
    if (exists || this.dynamicInterfaces) return;
    this.refuse(
      word,
      `there is no interface ${quoted(word.text)} (dynamic_interfaces in global_defs allows that)`,
    );
  }
}
