/**
 * Outgoing TCP connections of the checkers: with source address, interface and mark, many at a time, on one descriptor
 * of the loop (`Connector` of the addon). A check that wants to talk gets the connected descriptor and is then its
 * owner (`new net.Socket({ fd })`); TCP_CHECK lets it be closed at once.
 */
import { closeSync } from "node:fs";
import { type Addon, CONNECT_FIELDS, CONNECT_STAGES, type Connector } from "../../native/addon.js";
import { errnoName } from "../../net/system-error.js";

/** How to connect; bytes are socket addresses. */
export interface ConnectPlan {
  destination: Uint8Array;
  source?: Uint8Array;
  interface?: string;
  /** SO_MARK; 0 for none. */
  mark: number;
  /** The connected descriptor goes to the caller; otherwise it is closed at once. */
  keep: boolean;
}

export type ConnectOutcome =
  /** `fd` is -1 unless the plan keeps it. */
  | { kind: "connected"; fd: number }
  /** The other side, or the way to it: a failed check. */
  | { kind: "refused"; code: string }
  /** Our own side: the check could not begin. */
  | { kind: "notRun"; call: string; code: string };

/** One prepared connection, used again and again, once at a time. */
export interface Connection {
  start(): void;
  /** No outcome comes any more, and the descriptor is closed. */
  cancel(): void;
  /** Cannot be started any more. */
  close(): void;
}

/** What connect(2) says about the other side; any other refusal is about ourselves (check-ipvs reference, 3.1). */
const ABOUT_THE_SERVER = new Set([
  "ENETUNREACH",
  "EHOSTUNREACH",
  "ECONNREFUSED",
  "EHOSTDOWN",
  "ENETDOWN",
  "ECONNRESET",
  "ECONNABORTED",
  "ETIMEDOUT",
]);

/** Whether an errno of connect(2), by name, tells of the server or the way to it. */
export const isAboutTheServer = (code: string): boolean => ABOUT_THE_SERVER.has(code);

const CONNECTED_AND_CLOSED: ConnectOutcome = { kind: "connected", fd: -1 };
/** Connections that begin, and outcomes that come, in one call. */
const OUTCOMES = 256;
const NOTHING = new Uint8Array(0);

export class Connections {
  readonly #connector: Connector;
  readonly #outcomes = new Int32Array(OUTCOMES * CONNECT_FIELDS);
  /** Numbers of the plans that are to begin at the next flush. */
  #batch = new Int32Array(64);
  #batchSize = 0;
  /** By number of the plan: whether somebody waits for its outcome, and who. */
  readonly #underWay: boolean[] = [];
  readonly #done: Array<(outcome: ConnectOutcome) => void> = [];

  constructor(addon: Addon) {
    this.#connector = new addon.Connector(() => {
      this.#collect();
      this.flush();
    });
  }

  prepare(plan: ConnectPlan, done: (outcome: ConnectOutcome) => void): Connection {
    const { destination, source = NOTHING, mark, keep } = plan;
    const id = this.#connector.addPlan(destination, source, plan.interface ?? "", mark, keep);
    this.#done[id] = done;
    return {
      start: () => this.#start(id),
      cancel: () => this.#cancel(id),
      close: () => {
        this.#cancel(id);
        this.#connector.removePlan(id);
      },
    };
  }

  /** Begins what was started since the last call, many in one go; some outcomes are there at once. */
  flush(): void {
    while (this.#batchSize > 0) {
      const count = Math.min(this.#batchSize, OUTCOMES);
      this.#connector.start(this.#batch, count);
      this.#batch.copyWithin(0, count, this.#batchSize);
      this.#batchSize -= count;
      this.#collect();
    }
  }

  close(): void {
    this.#connector.close();
  }

  #start(id: number): void {
    if (this.#batchSize === this.#batch.length) {
      const larger = new Int32Array(2 * this.#batchSize);
      larger.set(this.#batch);
      this.#batch = larger;
    }
    this.#batch[this.#batchSize++] = id;
    this.#underWay[id] = true;
  }

  #cancel(id: number): void {
    if (this.#underWay[id] !== true) return;
    this.#underWay[id] = false;
    const waiting = this.#batch.subarray(0, this.#batchSize).indexOf(id);
    if (waiting < 0) return this.#connector.cancel(id);
    this.#batch.copyWithin(waiting, waiting + 1, this.#batchSize);
    this.#batchSize--;
  }

  /** What there is more of is told again in the next turn of the loop. */
  #collect(): void {
    const count = this.#connector.collect(this.#outcomes);
    for (let at = 0; at < count * CONNECT_FIELDS; at += CONNECT_FIELDS) this.#deliver(at);
  }

  #deliver(at: number): void {
    const id = this.#outcomes[at] ?? 0;
    const fd = this.#outcomes[at + 3] ?? -1;
    // Cancelled by what an earlier outcome of the same batch led to.
    if (this.#underWay[id] !== true) return fd < 0 ? undefined : closeSync(fd);
    this.#underWay[id] = false;
    this.#done[id]?.(outcomeOf(this.#outcomes[at + 1] ?? 0, this.#outcomes[at + 2] ?? 0, fd));
  }
}

function outcomeOf(stage: number, errno: number, fd: number): ConnectOutcome {
  if (errno === 0) return fd < 0 ? CONNECTED_AND_CLOSED : { kind: "connected", fd };
  const code = errnoName(errno);
  const call = CONNECT_STAGES[stage] ?? "connect";
  const aboutTheServer = call === "answer" || (call === "connect" && isAboutTheServer(code));
  return aboutTheServer ? { kind: "refused", code } : { kind: "notRun", call, code };
}
